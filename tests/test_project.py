"""What the project says of itself agrees with what it is."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_version_of_project_changelog_and_installation_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert project == newest[1] == version("rivereye")


def test_only_one_onnx_runtime_can_be_installed() -> None:
    """Both unpack into one folder; every machine must be on exactly one side of the markers."""
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [Requirement(each) for each in project["dependencies"]]
    runtimes = [each for each in wanted if each.name.startswith("onnxruntime")]
    machines = [("linux", "x86_64"), ("linux", "aarch64"), ("win32", "AMD64"), ("win32", "ARM64"), ("darwin", "arm64")]
    for platform, machine in machines:
        here = {"sys_platform": platform, "platform_machine": machine}
        assert len([each for each in runtimes if each.marker and each.marker.evaluate(here)]) == 1


def test_modules_stay_small() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in ("models", "train", "deploy", "stream")
        for path in (ROOT / folder).rglob("*.py")
        if path.parent.name != "demo" and (lines := len(path.read_text().splitlines())) > 220
    }
    assert not long
