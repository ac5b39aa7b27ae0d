"""Is a planted slowdown found? Two benchmarks of the same, then one whose network takes 10 % longer, each compared with the first.

    python -m benchmarks.planted clips/busy.mp4 --json benchmarks/results/planted.json

After each answer the slower one sleeps for a tenth of the time that it took. It takes some ten minutes, and wants the machine for itself.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.outcome import Planted, told
from stream.bench.comparison import compared
from stream.bench.report import read_report
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
    command = [sys.executable, "-P", "-c", code, *given]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - our own


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--json", type=Path, help="file for what was found, as `benchmarks.outcome` reads it")
    parser.add_argument("options", nargs="*", help="for rivereye bench, after --")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        runs = {"first": 0.0, "the same again": 0.0, f"slower by {given.share:.0%}": given.share}
        for number, share in enumerate(runs.values()):
            measure(given.clip, Path(folder) / str(number), share, given.options)
        first, *others = (read_report(Path(folder) / str(number)) for number in range(len(runs)))
        same, slower = (
            compared(first, other, Path("first"), Path(name))
            for other, name in zip(others, list(runs)[1:], strict=True)
        )
        planted = Planted.model_validate(
            {"schema": "rivereye/planted/1", "share": given.share, "same": same, "slower": slower}
        )
        print(told(planted))  # noqa: T201
        if given.json is not None:
            given.json.write_text(planted.model_dump_json(by_alias=True, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
