"""ROC, precision-recall and calibration curves as plain data."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

from train.calibration import BINS

POINTS = 200
"""At most so many of a curve are kept."""


def roc(labels: NDArray[np.int64], probabilities: NDArray[np.float32]) -> dict[str, list[float | None]]:
    """The first threshold is None: no probability reaches it."""
    alarms, recall, thresholds = roc_curve(labels, probabilities)
    kept = _thinned(len(alarms))
    return {
        "false_alarm_rate": [float(each) for each in alarms[kept]],
        "recall": [float(each) for each in recall[kept]],
        "threshold": [float(each) if np.isfinite(each) else None for each in thresholds[kept]],
    }


def precision_recall(labels: NDArray[np.int64], probabilities: NDArray[np.float32]) -> dict[str, list[float | None]]:
    """The last threshold is None: scikit-learn ends the curve at a recall of 0, which no threshold gives."""
    precision, recall, thresholds = precision_recall_curve(labels, probabilities)
    kept = _thinned(len(precision))
    return {
        "precision": [float(each) for each in precision[kept]],
        "recall": [float(each) for each in recall[kept]],
        "threshold": [float(thresholds[each]) if each < len(thresholds) else None for each in kept],
    }


def _thinned(n: int) -> NDArray[np.intp]:
    """Which of n points to keep: evenly spread, with both ends."""
    return np.unique(np.linspace(0, n - 1, min(n, POINTS)).round().astype(np.intp))


def calibration(labels: NDArray[np.int64], probabilities: NDArray[np.float32]) -> list[dict[str, Any]]:
    """The bins of `calibration_error`: what was said on average, and how many were ships."""
    numbers = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    rows = []
    for number in range(BINS):
        chosen = numbers == number
        n = int(chosen.sum())
        rows.append(
            {
                "from": number / BINS,
                "to": (number + 1) / BINS,
                "n": n,
                "probability": float(probabilities[chosen].mean(dtype=np.float64)) if n else None,
                "ships": float(labels[chosen].mean()) if n else None,
            }
        )
    return rows
