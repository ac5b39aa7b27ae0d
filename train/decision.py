"""How a trained network decides: probabilities that mean what they say, and a threshold chosen for an aim.

Both from the answers on the validation part, or from those of other networks on what was held out from them; the test
part only says how well that went.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from models.card import VALIDATION
from models.errors import UsageError
from models.say import say
from train.calibration import (
    Aim,
    aim_named,
    calibrated,
    calibration_error,
    temperature,
    temperature_and_shift,
    threshold,
)
from train.dataset import LABELS
from train.metrics import measure
from train.run import finished, read_pictures, write_json
from train.split import Part

Answers = Mapping[Part, tuple[NDArray[np.int64], NDArray[np.float32]]]
"""Labels and probabilities, both (n,), of the parts `validation` and `test`."""

AIMS = ("miss<=2%", "miss<=5%", "balanced", "false-alarms<=3%", "false-alarms<=1%")
"""Thresholds for these go with every network, from the most watchful to the most reserved."""

PAPERS = 0.5
"""The paper's threshold; it names none, and a sigmoid's is this."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """Answers of networks to groups held out from them. `labels` int64, `probabilities` float32, both (n,)."""

    groups: tuple[str, ...]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]

    def __str__(self) -> str:
        return f"{len(self.labels)} pictures of {', '.join(self.groups)}, each judged by a network trained without its group"


def decide(answers: Answers, aim: str | None, unseen: Unseen | None = None) -> dict[str, Any]:
    """What run.json holds as `decision`.

    Args:
        answers: of the last stage, as the network gives them.
        aim: see `train.calibration.aim_named`; None for the paper's threshold, and probabilities as they are.
        unseen: to choose on instead of the validation part; there the logits are shifted too.

    Raises:
        UsageError: there is no such aim.
    """
    wanted = None if aim is None else aim_named(aim)
    chosen_on, given = answers["validation"] if unseen is None else (unseen.labels, unseen.probabilities)
    divisor, shift = 1.0, 0.0
    if wanted is not None:
        divisor, shift = (
            (temperature(chosen_on, given), 0.0) if unseen is None else temperature_and_shift(chosen_on, given)
        )
    choice = chosen_on, calibrated(given, divisor, shift)
    labels, before = answers["test"]
    after = before if wanted is None else calibrated(before, divisor, shift)

    def point(at: float) -> dict[str, Any]:
        return {"threshold": at, "test": asdict(measure(labels, after, at))}

    return {
        "aim": aim,
        "chosen_on": VALIDATION if unseen is None else str(unseen),
        "doubt": None if wanted is None else doubt(wanted, chosen_on),
        "temperature": divisor,
        "shift": shift,
        **point(PAPERS if wanted is None else threshold(*choice, wanted)),
        "aims": {each: point(threshold(*choice, aim_named(each))) for each in AIMS},
        "calibration_error": {
            "before": calibration_error(labels, before),
            "after": calibration_error(labels, after),
        },
    }


def doubt(aim: Aim, labels: NDArray[np.int64]) -> str | None:
    """Why the aim may be missed: a limit below one of the pictures it is chosen on cannot be told from none."""
    if aim.limit is None:
        return None
    kind, n = ("with", int((labels == 1).sum())) if aim.kind == "miss" else ("without", int((labels == 0).sum()))
    if aim.limit * n >= 1:
        return None
    allowed = f"one in {1 / aim.limit:.3g}" if aim.limit else "none of the"
    return (
        f"{aim.text} allows {allowed} pictures {kind} a ship, and only {n} are there to choose on: "
        f"the threshold is set so that none of them is wrong, which promises (95 %) no more than three in {n} elsewhere"
    )


def decide_anew(folder: Path, aim: str, others: Sequence[Path], console: Console) -> dict[str, Any]:
    """Chooses the threshold of a finished run for another aim; writes and returns what its run.json then holds.

    Args:
        folder: of the run.
        aim: see `train.calibration.aim_named`.
        others: runs of the same recipe, from each of which other groups were held out: to choose on what networks answer
            to cameras they have not seen. None: to choose on the run's validation part.
        console: for the result.

    Raises:
        UsageError: no finished run there, or no such aim; another run is none, or has no part to choose on.
        OutputError: run.json cannot be written.
    """
    with finished(folder) as record:
        answers = read_answers(folder / "pictures.csv", record["stages"][-1]["name"])
        own = tested(folder) if others else {}
    record["decision"] = decide(answers, aim, read_unseen(others, record, own) if others else None)
    write_json(folder / "run.json", record)
    say(console, in_words(record["decision"]))
    say(
        console,
        f"written to {folder / 'run.json'}; export again to use it (report.html still shows the former threshold)",
    )
    return dict(record)


def tested(folder: Path) -> dict[str, str]:
    """The pictures of a run's test part, by path, and the group of each. Raises OSError, KeyError or csv.Error."""
    return {row["path"]: row["group"] for row in read_pictures(folder / "pictures.csv") if row["part"] == "test"}


def read_unseen(folders: Sequence[Path], record: Mapping[str, Any], own: Mapping[str, str]) -> Unseen:
    """What networks like that of `record`, whose test part is `own`, answered to groups that were held out from them.

    Raises:
        UsageError: one of the folders has no finished run, was trained otherwise, nothing was held out from it, the
            same as from another, or what judges the run itself.
    """
    groups: Counter[str] = Counter()
    answers = []
    for folder in folders:
        with finished(folder) as other:
            if (other["network"], other["recipe"]) != (record["network"], record["recipe"]):
                raise UsageError(
                    f"--unseen {folder}: {other['network']} by the recipe {other['recipe']['name']}; the run is {record['network']} by {record['recipe']['name']}, and both must be trained alike"
                )
            if not other["holdout"]:
                raise UsageError(f"--unseen {folder}: nothing was held out from it; train it with --holdout-group")
            answers.append(read_answers(folder / "pictures.csv", other["stages"][-1]["name"])["test"])
            pictures = tested(folder)
            groups.update(sorted(set(pictures.values())))
        if pictures.keys() & own.keys():
            raise UsageError(
                f"--unseen {folder}: its held-out pictures are in the run's own test part, and would judge what they chose; leave it out"
            )
    if twice := [group for group, times in groups.items() if times > 1]:
        raise UsageError(f"--unseen: {twice[0]} was held out from two of the runs; give one run for each group")
    labels, probabilities = (np.concatenate(each) for each in zip(*answers, strict=True))
    return Unseen(tuple(groups), labels, probabilities)


def read_answers(path: Path, stage: str) -> Answers:
    """From a run's pictures.csv. Raises OSError, ValueError, KeyError or csv.Error."""
    rows = read_pictures(path)
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
    if decision["chosen_on"] != VALIDATION:
        aim += f", on {decision['chosen_on']}"
    return (
        f"threshold {decision['threshold']:.3f} ({aim}), temperature {decision['temperature']:.3f}"
        + (f", shift {decision['shift']:.3f}" if decision["shift"] else "")
        + f": "
        f"{test['accuracy']['share']:.2%} of test pictures right, {test['recall']['share']:.1%} of ships found, "
        f"{test['false_alarms']['share']:.1%} false alarms; calibration error {error['before']:.3f} before, {error['after']:.3f} after"
        + (f"\n{decision['doubt']}" if decision["doubt"] else "")
    )
