"""rivereye as it is used: the whole command, so that its start-up is in the time, and there is no warm-up.

python -m benchmarks.peers.ours_command CLIP
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.peers.timing import Timed, tell, versions

PACKAGES = ("rivereye", "onnxruntime", "onnxruntime-gpu", "opencv-python-headless", "numpy")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("clip")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        lines = Path(folder) / "detections.jsonl"
        command = [Path(sys.executable).with_name("rivereye"), "stream", given.clip, "--output", lines]
        began = time.monotonic()
        subprocess.run([*command, "--provider", "cpu"], check=True)  # noqa: S603 - our own command
        seconds = time.monotonic() - began
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        frames = len(lines.read_text(encoding="utf-8").splitlines())
    tell(Timed(frames, seconds, spent.ru_utime + spent.ru_stime, spent.ru_maxrss / 1024, 0.0, 0.0, versions(PACKAGES)))


if __name__ == "__main__":
    main()
