"""Figures of merit, with intervals."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

PAPERS = 0.5
"""The paper's threshold; it names none, and a sigmoid's is this."""


@dataclass(frozen=True, slots=True)
class Share:
    """`right` of `n`, and the 95 % interval of the share by Wilson's method (1927)."""

    right: int
    n: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Metrics:
    """`recall`: ships found. `false_alarms`: pictures without a ship in which one was seen."""

    accuracy: Share
    recall: Share
    false_alarms: Share


def share(right: int, n: int) -> Share:
    """Raises ValueError where n is 0: there is no share of nothing."""
    if n < 1:
        raise ValueError(f"a share needs n >= 1; received n={n}")
    interval = binomtest(right, n).proportion_ci(0.95, method="wilson")
    return Share(right, n, right / n, float(interval.low), float(interval.high))


def measure(labels: NDArray[np.int64], probabilities: NDArray[np.float32], threshold: float) -> Metrics:
    """Compares decisions with the truth; a probability of the threshold or more decides for a ship.

    Args:
        labels: int, (n,), 1 for a ship; both classes present.
        probabilities: float, (n,).
        threshold: between 0 and 1.
    """
    decided = probabilities >= threshold
    ship = labels == 1
    return Metrics(
        accuracy=share(int((decided == ship).sum()), len(labels)),
        recall=share(int(decided[ship].sum()), int(ship.sum())),
        false_alarms=share(int(decided[~ship].sum()), int((~ship).sum())),
    )


def mcnemar(first_right: NDArray[np.bool_], last_right: NDArray[np.bool_]) -> dict[str, Any]:
    """Whether the last of two networks is better than the first by more than chance; both (n,), on the same pictures.

    Q. McNemar (1947), exact and two-sided: of the pictures that only one of them gets right, each is as likely to be the one.
    """
    lost, won = int((first_right & ~last_right).sum()), int((last_right & ~first_right).sum())
    p = float(binomtest(won, won + lost).pvalue) if won + lost else 1.0
    return {"only_first_right": lost, "only_last_right": won, "p": p}
