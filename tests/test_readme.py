"""Every `rivereye` command in the README is run as it stands there, in the order it stands there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pictures import draw_dataset

ROOT = Path(__file__).parent.parent


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("rivereye ")]


@pytest.mark.timeout(1800)  # five minutes, with a core to itself
def test_readme_commands_run(tmp_path: Path) -> None:
    """In a folder that looks to them like the repository, with a folder `pictures` as the README describes it."""
    (tmp_path / "stream").symlink_to(ROOT / "stream")
    draw_dataset(tmp_path / "pictures", 40)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    assert len(commands()) >= 3
    for command in commands():
        done = subprocess.run(
            shlex.split(command), cwd=tmp_path, env=os.environ | {"PATH": path}, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
