"""Is a planted slowdown found? Two benchmarks of the same, then one whose network takes 10 % longer, each compared with the first.

    python -m benchmarks.planted clips/busy.mp4

After each answer the slower one sleeps for a tenth of the time that it took. It takes some ten minutes, and wants the machine for itself.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from stream.bench.whole import FRONT_DOOR

SLOWER = """
import sys, time
from models.classifier import Classifier

answer = Classifier.probabilities

def slower(self, pictures):
    began = time.perf_counter()
    answers = answer(self, pictures)
    time.sleep({share} * (time.perf_counter() - began))
    return answers

Classifier.probabilities = slower
"""


def measure(clip: Path, out: Path, share: float, options: list[str]) -> None:
    """A benchmark whose network takes longer by this share."""
    code = (SLOWER.format(share=share) if share else "") + FRONT_DOOR
    given = ["bench", "--clip", str(clip), "--batch", "4", "--threads", "2", "--out", str(out), *options]
    subprocess.run([sys.executable, "-P", "-c", code, *given], check=True, stderr=subprocess.DEVNULL)  # noqa: S603 - our own


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("options", nargs="*", help="for rivereye bench, after --")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        runs = {"first": 0.0, "the same again": 0.0, f"slower by {given.share:.0%}": given.share}
        for number, (name, share) in enumerate(runs.items()):
            measure(given.clip, Path(folder) / str(number), share, given.options)
            if number:
                print(f"\nfirst, against {name}", flush=True)  # noqa: T201
                compare = ["bench", "compare", str(Path(folder) / "0"), str(Path(folder) / str(number))]
                subprocess.run([sys.executable, "-P", "-c", FRONT_DOOR, *compare], check=True)  # noqa: S603 - our own


if __name__ == "__main__":
    main()
