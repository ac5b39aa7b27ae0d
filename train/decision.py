"""How a trained network decides: probabilities that mean what they say, and a threshold chosen for an aim.

Both from the answers on the validation part, or from those of other networks on what was held out from them; the test
part only says how well that went.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.choosing import VALIDATION
from train.answers import Answers
from train.calibration import (
    Aim,
    aim_named,
    calibrated,
    calibration_error,
    temperature,
    temperature_and_shift,
    threshold,
)
from train.metrics import PAPERS, measure
from train.unseen import Unseen

AIMS = ("miss<=2%", "miss<=5%", "balanced", "false-alarms<=3%", "false-alarms<=1%")
"""Thresholds for these go with every network, from the most watchful to the most reserved."""
FEW = 50
"""Pictures of a class below which a share of 5 % moves by more than 6 points from one sample to the next (95 %)."""


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


def inherited(
    decision: Mapping[str, Any], full: NDArray[np.float32], slim: NDArray[np.float32], answers: Answers
) -> dict[str, Any]:
    """The decision of a full network, for the slim one that learnt to answer like it.

    Temperature and shift are those with which the slim network's probabilities come nearest to the full one's, and from each of its thresholds on it
    takes as many pictures for ships as the full one does. No label is looked at.

    Args:
        decision: the full network's, for an aim.
        full: its answers, as it gives them, (n,), to pictures that neither has learnt from.
        slim: the slim network's to the same.
        answers: of the slim network, as it gives them.
    """
    wanted = calibrated(full, decision["temperature"], decision.get("shift", 0.0))
    divisor, shift = temperature_and_shift(wanted, slim)
    given = calibrated(slim, divisor, shift)
    labels, before = answers["test"]
    after = calibrated(before, divisor, shift)

    def point(of_full: float) -> dict[str, Any]:
        at = float(np.quantile(given, (wanted < of_full).mean()))
        return {"threshold": at, "test": asdict(measure(labels, after, at))}

    said = {name: value for name, value in decision.items() if name != "command"}
    as_many = f"of {len(full)} pictures that neither has learnt from this one takes as many for ships"
    return {
        **said,
        "chosen_on": f"{decision['chosen_on']}, for the full network; {as_many}",
        "temperature": divisor,
        "shift": shift,
        **point(decision["threshold"]),
        "aims": {name: point(each["threshold"]) for name, each in decision["aims"].items()},
        "calibration_error": {"before": calibration_error(labels, before), "after": calibration_error(labels, after)},
    }


def doubt(aim: Aim, labels: NDArray[np.int64]) -> str | None:
    """Why the aim may be missed, in words: too few pictures to choose on. None where there are enough."""
    if too_tight := _too_tight(aim, labels):
        return too_tight
    ships = int((labels == 1).sum())
    fewest, kind = min((ships, "with"), (len(labels) - ships, "without"))
    if fewest >= FEW:
        return None
    return f"only {fewest} pictures {kind} a ship are there to choose on: threshold and calibration could be quite others on other pictures"


def _too_tight(aim: Aim, labels: NDArray[np.int64]) -> str | None:
    """A limit below one of the pictures it is chosen on cannot be told from none."""
    if aim.limit is None:
        return None
    kind, n = ("with", int((labels == 1).sum())) if aim.kind == "miss" else ("without", int((labels == 0).sum()))
    if aim.limit * n >= 1:
        return None
    allowed = f"one in {round(1 / aim.limit)}" if aim.limit else "none of the"
    return (
        f"{aim.text} allows {allowed} pictures {kind} a ship, and only {n} are there to choose on: "
        f"the threshold is set so that none of them is wrong, which promises (95 %) no more than three in {n} elsewhere"
    )


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
