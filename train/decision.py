"""How a trained network decides: probabilities that mean what they say, and a threshold chosen for an aim.

Both from the answers on the validation part; the test part only says how well that went.
"""

import csv
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from models.say import say
from train.calibration import Aim, aim_named, calibrated, calibration_error, temperature, threshold
from train.dataset import LABELS
from train.metrics import measure
from train.run import finished, write_json
from train.split import Part

Answers = Mapping[Part, tuple[NDArray[np.int64], NDArray[np.float32]]]
"""Labels and probabilities, both (n,), of the parts `validation` and `test`."""

AIMS = ("miss<=2%", "miss<=5%", "balanced", "false-alarms<=3%", "false-alarms<=1%")
"""Thresholds for these go with every network, from the most watchful to the most reserved."""

PAPERS = 0.5
"""The paper's threshold; it names none, and a sigmoid's is this."""


def decide(answers: Answers, aim: str | None) -> dict[str, Any]:
    """What run.json holds as `decision`.

    Args:
        answers: of the last stage, as the network gives them.
        aim: see `train.calibration.aim_named`; None for the paper's threshold, and probabilities as they are.

    Raises:
        UsageError: there is no such aim.
    """
    wanted = None if aim is None else aim_named(aim)
    chosen_on, given = answers["validation"]
    divisor = 1.0 if wanted is None else temperature(chosen_on, given)
    validation = chosen_on, calibrated(given, divisor)
    labels, before = answers["test"]
    after = before if wanted is None else calibrated(before, divisor)

    def point(at: float) -> dict[str, Any]:
        return {"threshold": at, "test": asdict(measure(labels, after, at))}

    return {
        "aim": aim,
        "doubt": None if wanted is None else doubt(wanted, chosen_on),
        "temperature": divisor,
        **point(PAPERS if wanted is None else threshold(*validation, wanted)),
        "aims": {each: point(threshold(*validation, aim_named(each))) for each in AIMS},
        "calibration_error": {
            "before": calibration_error(labels, before),
            "after": calibration_error(labels, after),
        },
    }


def doubt(aim: Aim, labels: NDArray[np.int64]) -> str | None:
    """Why the aim may be missed: a limit below one of the validation pictures it is about cannot be told from none."""
    if aim.limit is None:
        return None
    kind, n = ("with", int((labels == 1).sum())) if aim.kind == "miss" else ("without", int((labels == 0).sum()))
    if aim.limit * n >= 1:
        return None
    allowed = f"one in {1 / aim.limit:.3g}" if aim.limit else "none of the"
    return (
        f"{aim.text} allows {allowed} pictures {kind} a ship, and validation has only {n}: "
        f"the threshold is set so that none of them is wrong, which promises (95 %) no more than three in {n} elsewhere"
    )


def decide_anew(folder: Path, aim: str, console: Console) -> dict[str, Any]:
    """Chooses the threshold of a finished run for another aim; writes and returns what its run.json then holds.

    Raises:
        UsageError: no finished run there, or no such aim.
        OutputError: run.json cannot be written.
    """
    with finished(folder) as record:
        answers = read_answers(folder / "pictures.csv", record["stages"][-1]["name"])
    record["decision"] = decide(answers, aim)
    write_json(folder / "run.json", record)
    say(console, in_words(record["decision"]))
    say(console, f"written to {folder / 'run.json'}; export again to use it")
    return dict(record)


def read_answers(path: Path, stage: str) -> Answers:
    """From a run's pictures.csv. Raises OSError, ValueError, KeyError or csv.Error."""
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        rows = list(csv.DictReader(file))
    parts: tuple[Part, ...] = ("validation", "test")
    answers: dict[Part, tuple[NDArray[np.int64], NDArray[np.float32]]] = {}
    for part in parts:
        chosen = [row for row in rows if row["part"] == part]
        if strange := {row["label"] for row in chosen} - set(LABELS):
            raise ValueError(f"{path.name} has labels that are none: {', '.join(sorted(strange))}")
        probabilities = np.array([float(row[stage]) for row in chosen], np.float32)
        if not ((probabilities >= 0) & (probabilities <= 1)).all():
            raise ValueError(f"{path.name} has probabilities that are none, in column {stage}")
        labels = np.array([LABELS.index(row["label"]) for row in chosen], np.int64)
        answers[part] = labels, probabilities
        if len(set(labels.tolist())) < len(LABELS):
            raise ValueError(f"{path.name} holds no {part} pictures of both classes")
    return answers


def in_words(decision: Mapping[str, Any]) -> str:
    """One line for people, and one more where there is doubt."""
    test, error = decision["test"], decision["calibration_error"]
    aim = "the paper's" if decision["aim"] is None else f"aim {decision['aim']}"
    return (
        f"threshold {decision['threshold']:.3f} ({aim}), temperature {decision['temperature']:.3f}: "
        f"{test['accuracy']['share']:.2%} of test pictures right, {test['recall']['share']:.1%} of ships found, "
        f"{test['false_alarms']['share']:.1%} false alarms; calibration error {error['before']:.3f} before, {error['after']:.3f} after"
        + (f"\n{decision['doubt']}" if decision["doubt"] else "")
    )
