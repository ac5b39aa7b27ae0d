"""`make demo`, as a new user runs it: on a fresh clone, with nothing of this environment."""

import json
import os
import subprocess
from pathlib import Path

import cv2
import pytest

from models.bundle import CARD, DEFAULT, RELEASED

ROOT = Path(__file__).parent.parent
needs_model = pytest.mark.skipif(not (RELEASED / DEFAULT / CARD).is_file(), reason="no released model yet")
DEMO = ROOT / "stream" / "demo"


def make(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    bare = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH", "MAKEFLAGS")}
    return subprocess.run(["make", *arguments], cwd=clone, env=bare, capture_output=True, text=True)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the last commit and what is staged; the rest of the working tree stays out, as it would for a user."""
    folder = tmp_path_factory.mktemp("fresh") / "rivereye"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    make(folder, "demo", "CLIP=nothing-here.mp4")  # installs the base
    return folder


@needs_model
def test_demo_on_a_fresh_clone(clone: Path) -> None:
    done = make(clone, "demo")
    assert done.returncode == 0, done.stderr
    assert "1 passage" in done.stderr
    records = [json.loads(line) for line in (clone / "demo" / "detections.jsonl").read_text().splitlines()]
    truth = json.loads((DEMO / "river.json").read_text())
    assert len(records) == truth["frames"]
    video = cv2.VideoCapture(str(clone / "demo" / "annotated.mp4"))
    assert sum(iter(video.grab, False)) == truth["frames"]
    assert cv2.imread(str(clone / "demo" / "passages.jpg")) is not None
    for name in ("annotated.mp4", "detections.jsonl", "passages.jpg"):
        assert f"demo/{name}" in done.stderr


@needs_model
def test_demo_sees_the_vessel_come_and_go(clone: Path) -> None:
    """Where the vessel is fully in sight and where there is none; at the edges of the picture it may be missed."""
    records = [json.loads(line) for line in (clone / "demo" / "detections.jsonl").read_text().splitlines()]
    ((begin, end),) = json.loads((DEMO / "river.json").read_text())["vessel_in_sight_s"]
    inside = [each["state"] for each in records if begin + 3 <= each["media_time"] <= end - 3]
    outside = [each["state"] for each in records if not begin <= each["media_time"] <= end + 2]
    assert inside.count("ship") > 0.95 * len(inside)
    assert outside.count("no_ship") > 0.95 * len(outside)


def test_demo_installs_no_tensorflow(clone: Path) -> None:
    found = {path.name.split("-")[0].lower() for path in (clone / ".venv-base").rglob("*.dist-info")}
    assert {"numpy", "onnxruntime_gpu"} <= found or {"numpy", "onnxruntime"} <= found
    assert not found & {"tensorflow", "keras", "onnx", "tf2onnx", "pandas", "opencv_python"}


def test_demo_of_another_clip(clone: Path) -> None:
    done = make(clone, "demo", "CLIP=nothing-here.mp4")
    assert done.returncode != 0
    assert "rivereye: no " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("verb", ["train", "export"])
def test_a_verb_that_is_not_installed_says_how(clone: Path, verb: str, tmp_path: Path) -> None:
    command: list[str | Path] = [clone / ".venv-base" / "bin" / "rivereye", verb, tmp_path, "--out", tmp_path / "out"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "pip install" in done.stderr
    assert "Traceback" not in done.stderr
