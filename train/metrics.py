"""Figures of merit, with intervals."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score

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


def area(labels: NDArray[np.int64], probabilities: NDArray[np.float32]) -> float | None:
    """Under the ROC curve; None where one class is missing. Both (n,)."""
    return float(roc_auc_score(labels, probabilities)) if len(np.unique(labels)) > 1 else None


def mcnemar(labels: NDArray[np.int64], first: NDArray[np.float32], last: NDArray[np.float32]) -> dict[str, Any]:
    """Whether the last of two networks is better than the first by more than chance, at the paper's threshold.

    Q. McNemar (1947), exact and two-sided: of the pictures that only one of them gets right, each is as likely to be the one.

    Args:
        labels: int, (n,), 1 for a ship.
        first: probabilities, (n,).
        last: the same, of the same pictures.
    """
    first_right, last_right = ((given >= PAPERS) == (labels == 1) for given in (first, last))
    lost, won = int((first_right & ~last_right).sum()), int((last_right & ~first_right).sum())
    p = float(binomtest(won, won + lost).pvalue) if won + lost else 1.0
    return {"only_first_right": lost, "only_last_right": won, "p": p}
