"""`rivereye across`: how networks do on groups held out from them, which says most about the next camera."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from models.errors import UsageError
from train.calibration import aim_named, calibrated, calibration_error, temperature_and_shift, threshold
from train.metrics import PAPERS, area, mcnemar
from train.report import percent
from train.run import finished
from train.shares import balanced_accuracy, figures_of
from train.unseen import HeldOut, read_held_out, together

SCHEMA = "rivereye/across/1"


def look_across(folders: Sequence[Path], aim: str, as_json: bool, console: Console) -> dict[str, Any]:
    """Judges every group held out from one of the runs; threshold and calibration are chosen on all the others.

    Args:
        folders: of runs that were trained alike, from each of which something else was held out.
        aim: see `train.calibration.aim_named`.
        as_json: one JSON object to standard output, instead of a table.
        console: for the table.

    Returns:
        `groups`: a row each; `mean`: of the groups that have both classes; `pooled`: over all pictures.

    Raises:
        UsageError: see `train.unseen.read_held_out`; there are fewer than two groups; there is no such aim.
    """
    with finished(folders[0]) as record:
        held_out = read_held_out(folders, record)
    if len(held_out) < 2:
        raise UsageError(
            f"one group alone was held out from the runs, {held_out[0].group}; give a run for each of several, or there is nothing to choose a threshold on"
        )
    found = {"schema": SCHEMA, "aim": aim, **_figures(held_out, aim)}
    if as_json:
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        console.print(_table(found))
        console.print(_in_words(found["pooled"]))
    return found


def _figures(held_out: Sequence[HeldOut], aim: str) -> dict[str, Any]:
    wanted = aim_named(aim)
    rows, deployed, decided = [], [], []
    for each in held_out:
        others = together([other for other in held_out if other is not each])
        divisor, shift = temperature_and_shift(others.labels, others.probabilities)
        at = threshold(others.labels, calibrated(others.probabilities, divisor, shift), wanted)
        deployed.append(calibrated(each.last, divisor, shift))
        decided.append(deployed[-1] >= at)
        chosen = figures_of(each.labels, decided[-1])
        rows.append(
            {"group": each.group, **chosen, "balanced_accuracy": balanced_accuracy(chosen), "threshold": at}
            | {"temperature": divisor, "shift": shift, "ece": calibration_error(each.labels, deployed[-1])}
            | {"stages": [_stage(name, each.labels, given) for name, given in each.probabilities.items()]}
        )
    labels = np.concatenate([each.labels for each in held_out])
    first, last = (np.concatenate([list(each.probabilities.values())[at] for each in held_out]) for at in (0, -1))
    said, decisions = np.concatenate(deployed), np.concatenate(decided)
    return {
        "groups": rows,
        "mean": _mean(rows),
        "pooled": {
            **figures_of(labels, decisions),
            "ece": calibration_error(labels, said),
            "mcnemar": mcnemar(labels, first, last),
        },
    }


def _stage(name: str, labels: NDArray[np.int64], given: NDArray[np.float32]) -> dict[str, Any]:
    """At the paper's threshold, as the network gave them."""
    at_half = balanced_accuracy(figures_of(labels, given >= PAPERS))
    return {"name": name, "balanced_accuracy": at_half, "auc": area(labels, given)}


def _mean(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Each group counts alike, however many pictures it has."""
    whole = [row for row in rows if row["balanced_accuracy"] is not None]
    names = [stage["name"] for stage in rows[0]["stages"]]
    return {
        "balanced_accuracy": _average([row["balanced_accuracy"] for row in whole]),
        "stages": [
            {"name": name}
            | {
                figure: _average([row["stages"][at][figure] for row in whole])
                for figure in ("balanced_accuracy", "auc")
            }
            for at, name in enumerate(names)
        ],
    }


def _average(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _table(found: dict[str, Any]) -> Table:
    table = Table(
        Column("held out", overflow="fold"),
        "n",
        *(f"stage {number}" for number in range(1, 1 + len(found["mean"]["stages"]))),
        "chosen",
        "found",
        "false",
        "ECE",
        box=box.SIMPLE,
        collapse_padding=True,
        pad_edge=False,
        title="balanced accuracy in %, and area under the ROC curve",
        caption=f"stages at {PAPERS}; chosen, found (ships), false (alarms), ECE: {found['aim']}, with threshold and calibration from the other groups",
    )
    for row in (*found["groups"], {"group": "mean"} | found["mean"]):
        stages = [f"{_hundredths(stage['balanced_accuracy'])} {_number(stage['auc'])}" for stage in row["stages"]]
        rates = (_hundredths(row[name]) if name in row else "" for name in ("recall", "false_alarm_rate"))
        chosen, ece = _hundredths(row["balanced_accuracy"]), _number(row["ece"]) if "ece" in row else ""
        table.add_row(escape(row["group"]), str(row.get("n", "")), *stages, chosen, *rates, ece)
    return table


def _hundredths(share: float | None) -> str:
    return "\N{EN DASH}" if share is None else f"{100 * share:.1f}"


def _number(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else f"{value:.3f}"


def _in_words(pooled: dict[str, Any]) -> str:
    test = pooled["mcnemar"]
    return (
        f"over all {pooled['n']} pictures: {percent(pooled['accuracy'])} right, calibration error {pooled['ece']:.3f}; "
        f"at {PAPERS}, {test['only_last_right']} pictures are right only after the last stage and {test['only_first_right']} only after the first "
        f"(McNemar's test: p = {test['p']:.2g})"
    )
