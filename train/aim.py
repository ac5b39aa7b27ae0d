"""`rivereye aim`: another threshold for a network that is trained."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from models.command import typed
from models.say import say
from train.answers import read_answers, read_tested
from train.decision import decide, in_words
from train.report import write_report
from train.run import finished, write_json
from train.tested import report_of
from train.unseen import read_held_out, together


def decide_anew(folder: Path, aim: str, others: Sequence[Path], console: Console) -> dict[str, Any]:
    """Chooses the threshold of a finished run for another aim; writes it, and the report; returns what run.json then holds.

    Args:
        folder: of the run.
        aim: see `train.calibration.aim_named`.
        others: runs of the same recipe, from each of which other groups were held out: to choose on what networks answer
            to cameras they have not seen. None: to choose on the run's validation part.
        console: for the result.

    Raises:
        UsageError: no finished run there, or no such aim; another run is none, or has no part to choose on.
        OutputError: a file cannot be written.
    """
    with finished(folder) as record:
        answers = read_answers(folder, record["stages"][-1]["name"])
        tested = read_tested(folder)
        own = {row["path"] for row in tested}
        unseen = together(read_held_out(others, record, own, "--unseen ")) if others else None
        record["decision"] = decide(answers, aim, unseen) | {"command": typed()}
        report = report_of(folder, record) if "brightness" in tested[0] else None
    write_json(folder / "run.json", record)
    if report is not None:
        write_report(folder, report, record)
    say(console, in_words(record["decision"]))
    said = (
        "report.html shows it" if report else "the run is of an older version: report.html shows the former threshold"
    )
    say(console, f"written to {folder / 'run.json'}; {said}; export again to use it")
    return dict(record)
