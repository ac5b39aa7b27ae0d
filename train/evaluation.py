"""How well a network does on labelled pictures, as plain data: what report.json holds."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from models.errors import DataError
from train.calibration import calibration_error
from train.curves import calibration, precision_recall, roc
from train.dataset import LABELS
from train.metrics import PAPERS, area, mcnemar
from train.shares import balanced_accuracy, by_group, by_light, by_size, figures_of

SCHEMA = "rivereye/report/1"
WORST = 24
EXAMPLES = 4
"""Of each class, rightly decided."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Labelled pictures and what a network said of them.

    `labels`: int64, (n,), 1 for a ship. `probabilities`: float32, (n,), of each stage in order, as the network gave
    them; `deployed`: float32, (n,), of the last one, calibrated. `brightness`: float32, (n,), see
    `models.looks.brightness_of`. `ship_share`: float32, (n,), how much of the picture's longer side the ship takes; nan
    where unknown.
    """

    paths: tuple[Path, ...]
    labels: NDArray[np.int64]
    groups: tuple[str, ...]
    probabilities: dict[str, NDArray[np.float32]]
    deployed: NDArray[np.float32]
    brightness: NDArray[np.float32]
    ship_share: NDArray[np.float32]

    def __post_init__(self) -> None:
        sizes = {len(each) for each in (self.paths, self.labels, self.groups, self.brightness, self.ship_share)}
        sizes |= {len(each) for each in (self.deployed, *self.probabilities.values())}
        if len(sizes) != 1 or not self.probabilities:
            raise ValueError(
                f"judged pictures need a stage, and as many of everything; received {list(self.probabilities)}, {sizes}"
            )


def evaluate(judged: Judged, threshold: float) -> dict[str, Any]:
    """Figures, curves and mistakes; a probability of the threshold or more decides for a ship.

    Where only one class is present, `auc`, `average_precision`, `balanced_accuracy`, `roc` and
    `precision_recall` are None, and of `recall` and `false_alarm_rate` the one of the missing class.
    `mcnemar` is None where there is one stage only.

    Raises:
        DataError: no pictures.
    """
    labels, deployed = judged.labels, judged.deployed
    if not len(labels):
        raise DataError("no pictures to judge; give folders that hold some")
    decided = deployed >= threshold
    both = len(np.unique(labels)) == len(LABELS)
    whole = figures_of(labels, decided)
    found, alarms, ships, n = (whole[name] for name in ("ships_found", "false_alarms", "ships", "n"))
    return {
        "schema": SCHEMA,
        "threshold": float(threshold),
        **whole,
        "balanced_accuracy": balanced_accuracy(whole),
        "auc": area(labels, deployed),
        "average_precision": float(average_precision_score(labels, deployed)) if both else None,
        "ece": calibration_error(labels, deployed),
        "confusion": {
            "ship": {"taken_for_ship": found, "taken_for_no_ship": ships - found},
            "no_ship": {"taken_for_ship": alarms, "taken_for_no_ship": n - ships - alarms},
        },
        "stages": _stages(judged, threshold),
        "mcnemar": _mcnemar(judged),
        "roc": roc(labels, deployed) if both else None,
        "precision_recall": precision_recall(labels, deployed) if both else None,
        "calibration": calibration(labels, deployed),
        "groups": by_group(judged.groups, labels, decided),
        "conditions": {
            "light": by_light(judged.brightness, labels, decided),
            "size": by_size(judged.ship_share, labels, decided),
        },
        "worst": _rows(judged, _surest_mistakes(labels, deployed, decided)),
        "examples": _rows(judged, _examples(labels, decided)),
    }


def _stages(judged: Judged, threshold: float) -> list[dict[str, Any]]:
    """Each stage at the paper's threshold; the last one also at the one that was chosen."""
    rows = [
        {
            "name": name,
            "threshold": PAPERS,
            **figures_of(judged.labels, each >= PAPERS),
            "auc": area(judged.labels, each),
        }
        for name, each in judged.probabilities.items()
    ]
    chosen = {"threshold": float(threshold), **figures_of(judged.labels, judged.deployed >= threshold)}
    return [*rows[:-1], rows[-1] | {"at_threshold": chosen}]


def _mcnemar(judged: Judged) -> dict[str, Any] | None:
    """Of the last stage and the first, at the paper's threshold."""
    if len(judged.probabilities) < 2:
        return None
    first, *_, last = judged.probabilities
    gained = mcnemar(judged.labels, judged.probabilities[first], judged.probabilities[last])
    return {"first": first, "last": last, **gained}


def _surest_mistakes(
    labels: NDArray[np.int64], probabilities: NDArray[np.float32], decided: NDArray[np.bool_]
) -> NDArray[np.intp]:
    wrong = np.flatnonzero(decided != (labels == 1))
    return wrong[np.argsort(-np.abs(labels - probabilities)[wrong], kind="stable")][:WORST]


def _examples(labels: NDArray[np.int64], decided: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Some right answers of each class, evenly spread over all of them."""
    right = [np.flatnonzero((labels == label) & (decided == (label == 1))) for label in (1, 0)]
    return np.concatenate(
        [each[np.unique(np.linspace(0, len(each) - 1, min(len(each), EXAMPLES)).astype(np.intp))] for each in right]
    )


def _rows(judged: Judged, chosen: NDArray[np.intp]) -> list[dict[str, Any]]:
    return [
        {
            "path": str(judged.paths[row]),
            "label": LABELS[judged.labels[row]],
            "probability": float(judged.deployed[row]),
            "group": judged.groups[row],
        }
        for row in chosen
    ]
