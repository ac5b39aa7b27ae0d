"""What the test part of a run says: the material of its report."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.choosing import how_chosen
from train.answers import WINDOWS, Row, labels_of, probabilities_of, read_rows, read_tested
from train.calibration import calibrated
from train.evaluation import Judged, evaluate

OF_WINDOWS = ("n", "ships", "accuracy", "recall", "false_alarm_rate", "auc", "ece", "groups")


def report_of(folder: Path, record: Mapping[str, Any]) -> dict[str, Any]:
    """What report.json holds (see `train.evaluation.evaluate`).

    `windows` in it has the figures on windows cut from boxed frames of the test part's cameras, where there
    are any: there the size of each ship is known.

    Args:
        folder: that holds the answers (see `train.answers`).
        record: what run.json holds.

    Raises:
        OSError, ValueError, KeyError, csv.Error: they are missing or broken.
    """
    decision = record["decision"]
    stages = [stage["name"] for stage in record["stages"]]
    report = evaluate(_judged(read_tested(folder), stages, decision), decision["threshold"])
    report |= {
        "model": record["network"],
        "threshold_chosen": how_chosen(decision),
        "windows": None,
    }
    if (folder / WINDOWS).is_file():
        windows = _judged(read_rows(folder / WINDOWS), stages[-1:], decision)
        found = evaluate(windows, decision["threshold"])
        report["windows"] = {name: found[name] for name in OF_WINDOWS} | {"size": found["conditions"]["size"]}
    return report


def _judged(rows: Sequence[Row], stages: Sequence[str], decision: Mapping[str, Any]) -> Judged:
    probabilities = {stage: probabilities_of(rows, stage) for stage in stages}
    return Judged(
        paths=tuple(Path(row["path"]) for row in rows),
        labels=labels_of(rows),
        groups=tuple(row["group"] for row in rows),
        probabilities=probabilities,
        deployed=calibrated(probabilities[stages[-1]], decision["temperature"], decision["shift"]),
        brightness=np.array([float(row["brightness"]) for row in rows], np.float32),
        ship_share=np.array([float(row.get("ship_share") or np.nan) for row in rows], np.float32),
    )
