"""Nothing is reported to anybody."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HUSHING = ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME", "CI")
"""With CI set, it is silent by itself."""
OPEN = """
import onnxruntime
import sys, time
onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
time.sleep(1)
"""


def left_behind(code: str, home: Path, bundle: Path) -> list[str]:
    """Files of ONNX Runtime's telemetry in the home of whoever runs this."""
    known = {name: value for name, value in os.environ.items() if name not in HUSHING}
    subprocess.run(
        [sys.executable, "-c", code, bundle / "model.onnx"], env={**known, "HOME": str(home)}, check=True, timeout=120
    )
    return [path.name for path in home.rglob("*") if path.is_file() and "onnxruntime" in str(path)]


def test_the_runtime_would_report_if_it_were_left_to(tmp_path: Path, bundle: Path) -> None:
    """Else the next test would prove nothing. Once this fails, ONNX Runtime has changed for the better, or hides what it does elsewhere."""
    if sys.platform != "linux":
        pytest.skip("seen on Linux only")
    assert "deviceid" in left_behind(OPEN, tmp_path, bundle)


@pytest.mark.parametrize(
    "stage",
    ["models.providers", "stream.stream", "stream.bench.machine", "deploy.verify", "deploy.asking", "train.judge"],
)
def test_no_stage_lets_it_report(stage: str, tmp_path: Path, bundle: Path) -> None:
    assert not left_behind(f"import {stage}\n{OPEN}", tmp_path, bundle)
