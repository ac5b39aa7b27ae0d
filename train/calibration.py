"""Probabilities that mean what they say, and a threshold chosen for an aim. Never on the pictures that judge them."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, logit

from models.errors import UsageError

BINS = 15
"""Of the calibration curve; Guo et al. use as many."""
COLDEST, HOTTEST = 0.05, 20.0
"""Temperatures sought between; beyond them a network knows nothing, or everything."""
FARTHEST = (-10.0, 10.0)
"""Shifts sought between."""
SMALLEST = 1e-7
"""float32 cannot tell probabilities nearer to 0 or 1 apart."""
BALANCED = "balanced"


@dataclass(frozen=True, slots=True)
class Aim:
    """What the threshold is for: as few mistakes as can be in both classes alike, or a limit on one kind of them.

    `kind` is `balanced`, `miss` (share of ships not seen) or `false-alarms` (share of pictures without a
    ship in which one is seen); `limit` is that share, None for `balanced`.
    """

    text: str
    kind: str
    limit: float | None


def aim_named(text: str) -> Aim:
    """Reads `balanced`, `miss<=2%`, `false-alarms<=1%` or `false-alarms<=1/hour@2fps`.

    Raises:
        UsageError: anything else.
    """
    plain = text.replace(" ", "")
    if plain == BALANCED:
        return Aim(plain, BALANCED, None)
    if match := re.fullmatch(r"(miss|false-alarms)<=(\d+(?:\.\d+)?)%", plain):
        limit = float(match[2]) / 100
    elif match := re.fullmatch(r"(false-alarms)<=(\d+(?:\.\d+)?)/(hour|day)@(\d+(?:\.\d+)?)fps", plain):
        looks = {"hour": 3600, "day": 86400}[match[3]] * float(match[4])
        limit = float(match[2]) / looks if looks else 1.0
    else:
        raise UsageError(
            f"unknown aim {text!r}; give balanced, miss<=2%, false-alarms<=1% or false-alarms<=1/hour@1fps (numbers of your own)"
        )
    if limit >= 1:
        raise UsageError(f"aim {text!r} allows every picture to be wrong; give a smaller limit")
    return Aim(plain, match[1], limit)


def temperature(labels: NDArray[np.int64] | NDArray[np.float32], probabilities: NDArray[np.float32]) -> float:
    """The number to divide logits by, for the smallest loss (Guo et al., "On Calibration of Modern Neural Networks", 2017).

    1 where no finite number is best: too few pictures, or all of them right.

    Args:
        labels: int, (n,), 1 for a ship.
        probabilities: float, (n,), before calibration.
    """
    logits = logits_of(probabilities)

    def loss(log_temperature: float) -> float:
        return cross_entropy(labels, logits / np.exp(log_temperature))

    found = minimize_scalar(loss, bounds=np.log((COLDEST, HOTTEST)), method="bounded")
    best = float(np.exp(found.x))
    return best if 1.01 * COLDEST < best < HOTTEST / 1.01 else 1.0


def temperature_and_shift(
    labels: NDArray[np.int64] | NDArray[np.float32], probabilities: NDArray[np.float32]
) -> tuple[float, float]:
    """Numbers to divide logits by, and then to take off them, for the smallest loss.

    On cameras that a network has not seen its logits are not only too large, but too high: much there is new, and taken
    for a ship. J. Platt, "Probabilistic Outputs for Support Vector Machines" (1999). As `temperature`, without a shift, where
    no finite numbers are best.

    Args:
        labels: (n,), 1 for a ship; both classes present. Or probabilities of another network, to come near to.
        probabilities: float, (n,), before calibration.
    """
    logits = logits_of(probabilities)

    def loss(numbers: NDArray[np.float64]) -> float:
        return cross_entropy(labels, logits / np.exp(numbers[0]) - numbers[1])

    found = minimize(
        loss, [np.log(temperature(labels, probabilities)), 0.0], bounds=[np.log((COLDEST, HOTTEST)), FARTHEST]
    )
    divisor, shift = float(np.exp(found.x[0])), float(found.x[1])
    settled = 1.01 * COLDEST < divisor < HOTTEST / 1.01 and abs(shift) < 0.99 * FARTHEST[1]
    return (divisor, shift) if settled else (temperature(labels, probabilities), 0.0)


def cross_entropy(labels: NDArray[Any], logits: NDArray[np.float64]) -> float:
    """Mean loss of the logits, (n,), where labels, (n,), are 0, 1 or in between."""
    return float((np.logaddexp(0, logits) - labels * logits).mean())


def calibrated(probabilities: NDArray[np.float32], at: float, shift: float = 0.0) -> NDArray[np.float32]:
    """Probabilities at another temperature, their logits then less `shift`: float32, (n,)."""
    return np.asarray(expit(logits_of(probabilities) / at - shift), np.float32)


def logits_of(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.asarray(logit(np.clip(probabilities.astype(np.float64), SMALLEST, 1 - SMALLEST)), np.float64)


def threshold(labels: NDArray[np.int64], probabilities: NDArray[np.float32], aim: Aim) -> float:
    """The probability from which on a ship is taken to be in sight.

    For `balanced` the one with the highest mean of ships found and empty pictures left alone. For
    `miss` the highest one that keeps the limit, for `false-alarms` the lowest: the other kind of
    mistake is then as rare as the limit allows. It lies half-way between two neighbouring answers.

    Args:
        labels: int, (n,), 1 for a ship; both classes present.
        probabilities: float, (n,), calibrated.
        aim: see Aim.
    """
    probabilities = np.clip(probabilities.astype(np.float64), SMALLEST, 1 - SMALLEST)
    values = np.unique(probabilities)
    candidates = np.concatenate([[values[0] / 2], (values[:-1] + values[1:]) / 2, [(values[-1] + 1) / 2]])
    ships, others = np.sort(probabilities[labels == 1]), np.sort(probabilities[labels == 0])
    missed = np.searchsorted(ships, candidates) / len(ships)
    alarms = 1 - np.searchsorted(others, candidates) / len(others)
    if aim.limit is None:
        return float(_middle_of_best(candidates, -(missed + alarms)))
    if aim.kind == "miss":
        return float(candidates[missed <= aim.limit].max())
    return float(candidates[alarms <= aim.limit].min())


def _middle_of_best(candidates: NDArray[np.float64], scores: NDArray[np.float64]) -> float:
    """The middle one of equally good candidates: the ends of a plateau are chance."""
    best = np.flatnonzero(np.isclose(scores, scores.max(), rtol=0, atol=1e-12))
    return float(candidates[best[len(best) // 2]])


def calibration_error(labels: NDArray[np.int64], probabilities: NDArray[np.float32]) -> float:
    """Expected calibration error: how far stated and real shares of ships are apart, over equal bins of probability.

    Naeini et al., "Obtaining Well Calibrated Probabilities Using Bayesian Binning" (2015).

    Args:
        labels: int, (n,), 1 for a ship.
        probabilities: float, (n,).
    """
    bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    gaps = [abs(float((labels - probabilities)[bins == each].sum())) for each in range(BINS)]
    return sum(gaps) / len(labels)
