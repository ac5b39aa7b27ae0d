"""`rivereye evaluate`: how well a model does on labelled pictures, its own or anybody's."""

import hashlib
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from models.command import typed
from models.errors import DataError, UsageError
from models.outputs import new_folder
from models.say import say
from train.dataset import list_samples, sha256_of
from train.evaluation import evaluate
from train.groups import Grouping
from train.judge import Judge, opened
from train.judging import judge_samples
from train.report import write_report
from train.run import listed


def evaluate_model(
    model: str,
    folders: Sequence[Path],
    positive: str,
    groups: str,
    threshold: float | None,
    out: Path | None,
    as_json: bool,
    overwrite: bool,
    console: Console,
) -> dict[str, Any]:
    """Judges every picture of the folders and compares with its label. Returns what report.json holds.

    Args:
        model: folder of a bundle or of a run, or the name of a released model.
        folders: each with one sub-folder a class; one class alone will do.
        positive: the sub-folder whose pictures show a ship; all others show none.
        groups: see Grouping.
        threshold: the model's own where None.
        out: folder for report.json and report.html.
        as_json: one JSON object of the plain figures to standard output, instead of a table.
        overwrite: replace a report that is there.
        console: where progress and the table go.

    Raises:
        BundleError, UsageError, DataError, MissingExtra: see train.judge.opened.
        UsageError: a folder is missing or has no classes, or the threshold is none.
        DataError: there are no pictures, or none can be used.
        OutputError: `out` exists or cannot be written.
    """
    if threshold is not None and not 0 <= threshold <= 1:
        raise UsageError(f"threshold must lie between 0 and 1; received {threshold}")
    samples = list_samples(folders, positive, Grouping(groups))
    if not samples:
        raise DataError(f"no pictures in {', '.join(str(folder) for folder in folders)}")
    with ExitStack() as stack:
        draft = None if out is None else stack.enter_context(new_folder(out, overwrite, marker="report.json"))
        judge = stack.enter_context(opened(model))
        judged, quarantined = judge_samples(samples, judge, console)
        for _, reason in quarantined:
            say(console, f"set aside: {reason}", "yellow")
        if not judged.paths:
            raise DataError(f"none of {len(quarantined)} pictures can be used; the first: {quarantined[0][1]}")
        hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in judged.paths]
        report = evaluate(judged, judge.threshold if threshold is None else threshold) | {
            "model": judge.name,
            "judged_on": ", ".join(str(folder) for folder in folders),
            "threshold_chosen": judge.chosen if threshold is None else "by hand, on the command line",
            "learnt": _learnt(judged.paths, hashes, judge),
            "command": typed(),
            "pictures_sha256": sha256_of(zip(judged.labels, hashes, strict=True)),
            "quarantined": listed(quarantined),
        }
        _warn(report, positive, console)
        if draft is not None:
            write_report(draft, report, judge.run)
    if as_json:
        sys.stdout.write(json.dumps(plain_figures(report)) + "\n")
    else:
        console.print(_table(report))
    if out is not None:
        say(console, f"report written to {out / 'report.html'}")
    return report


def _learnt(paths: Sequence[Path], hashes: Sequence[str], judge: Judge) -> int | None:
    """How many of the pictures the model was trained on, wherever they lie now; None where nobody knows."""
    if judge.run is None:
        return None
    return sum(
        path.resolve() in judge.learnt or sha256 in judge.learnt for path, sha256 in zip(paths, hashes, strict=True)
    )


def plain_figures(report: dict[str, Any]) -> dict[str, Any]:
    """What fits on one line: figures that are one number, names, and how many pictures could not be used."""
    plain = {name: value for name, value in report.items() if not isinstance(value, list | dict)}
    curves = ("mcnemar", "roc", "precision_recall")  # None where they cannot be told
    return {name: value for name, value in plain.items() if name not in curves} | {
        "unreadable": len(report["quarantined"])
    }


def _warn(report: dict[str, Any], positive: str, console: Console) -> None:
    if not report["ships"]:
        say(console, f"no pictures in a sub-folder named {positive!r}: all count as showing no ship", "yellow")
    if report["learnt"] is None:
        say(console, "whether the model was trained on some of these pictures, its bundle does not say", "yellow")
    elif report["learnt"]:
        say(
            console,
            f"the network was trained on {report['learnt']} of these {report['n']} pictures: the figures flatter it",
            "yellow",
        )


def _table(report: dict[str, Any]) -> Table:
    table = Table(
        "", "share", "95 % interval", "pictures", title=f"{report['model']}, from {report['threshold']:.3f} on"
    )
    ships, others = report["ships"], report["n"] - report["ships"]
    right = report["ships_found"] + others - report["false_alarms"]
    for title, name, count, n in (
        ("right", "accuracy", right, report["n"]),
        ("ships found", "recall", report["ships_found"], ships),
        ("false alarms", "false_alarm_rate", report["false_alarms"], others),
    ):
        if n:
            interval = f"{report[f'{name}_low']:.1%} to {report[f'{name}_high']:.1%}"
            table.add_row(title, f"{report[name]:.1%}", interval, f"{count} of {n}")
    auc = "" if report["auc"] is None else f"area under ROC {report['auc']:.3f}, "
    table.caption = f"{auc}calibration error {report['ece']:.3f}"
    return table
