"""How well a network does, as a page for people: one file that opens without a network connection.

FOLDER/report.json   the figures (see train.evaluation), and of a run as `run` all that run.json holds
FOLDER/report.html   the same in words, tables, curves and pictures
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from models.choosing import how_chosen
from models.outputs import replace_text
from train.plots import (
    calibration_plot,
    confusion_plot,
    groups_plot,
    precision_recall_plot,
    roc_plot,
    training_plot,
)
from train.shares import DARK, DUSK, together
from train.thumbnails import thumbnail

TEMPLATE = "report.html.j2"
LARGE = 5
"""Pictures from which on a group has a row of its own; the intervals of smaller ones say nothing."""
SHOWN = 30
"""Groups at most; all are in report.json."""
CHANCE = 0.05
LISTED = 50
"""Paths at most, of pictures set aside or alike."""


def write_report(folder: Path, report: Mapping[str, Any], run: Mapping[str, Any] | None = None) -> None:
    """Writes `report.json` and `report.html` into a folder that is there.

    Args:
        folder: of the run, or of the report alone.
        report: what `train.evaluation.evaluate` gives. Some more is shown where it is there: `model` (its name),
            `judged_on` (which pictures, in words; the run's test part where it is missing), `threshold_chosen` (why this threshold), `learnt`
            (how many of the pictures it was trained on), `quarantined` (those that could not be read: path and reason).
        run: what run.json holds; None where nothing is known of the training.

    Raises:
        OutputError: a file cannot be written.
    """
    replace_text(folder / "report.json", json.dumps({**report, "run": run}, indent=2, allow_nan=False) + "\n")
    replace_text(folder / "report.html", _page(report, run))


def _page(report: Mapping[str, Any], run: Mapping[str, Any] | None) -> str:
    """Names that are not UTF-8 have a `?` in them here; in report.json they are whole."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    environment.tests["plain"] = lambda value: isinstance(value, str | int | float | bool)
    groups = _groups(report["groups"])
    page = environment.get_template(TEMPLATE).render(
        report=report,
        run=run,
        chosen=threshold_chosen(report, run),
        gain=gain(report),
        groups=groups,
        plots=_plots(report, run, groups["shown"]),
        worst=[row | {"picture": thumbnail(Path(row["path"]))} for row in report["worst"]],
        examples=[row | {"picture": thumbnail(Path(row["path"]))} for row in report["examples"]],
        limits={"dark": DARK, "dusk": DUSK, "large": LARGE, "listed": LISTED},
    )
    return page.encode("utf-8", "replace").decode("utf-8")


def percent(share: float | None, digits: int = 1) -> str:
    """A share in words; a dash where there is none."""
    return "\N{EN DASH}" if share is None else f"{share * 100:.{digits}f}\N{NO-BREAK SPACE}%"


def threshold_chosen(report: Mapping[str, Any], run: Mapping[str, Any] | None) -> str:
    """How the threshold was chosen, in words."""
    if "threshold_chosen" in report:
        return str(report["threshold_chosen"])
    if run is None or report["threshold"] != run["decision"]["threshold"]:
        return "by whoever asked"
    return how_chosen(run["decision"])


def gain(report: Mapping[str, Any]) -> str | None:
    """What the last stage adds to the first, and whether that may be chance; None where there is one stage only."""
    test = report["mcnemar"]
    if test is None:
        return None
    points = 100 * (report["stages"][-1]["accuracy"] - report["stages"][0]["accuracy"])
    won, lost, p = test["only_last_right"], test["only_first_right"], test["p"]
    verdict = (
        "No picture is decided differently in the end."
        if not won + lost
        else f"If both were equally good, a difference this large would come about in {'100 %' if p == 1 else percent(p) if p >= 0.001 else 'less than 0.1 %'} of cases "
        f"(McNemar's test, exact, two-sided: p = {p:.2g}), so {'that may be chance' if p >= CHANCE else 'it is hardly chance'}."
    )
    return (
        f"From {test['first']} to {test['last']}, accuracy changes by {points:+.2f} percentage points: "
        f"{won} {'picture is' if won == 1 else 'pictures are'} right only after {test['last']}, {lost} only after {test['first']}. {verdict}"
    )


def _groups(groups: list[dict[str, Any]]) -> dict[str, Any]:
    """Groups with a row of their own, and all others as one."""
    shown = [row for row in groups if row["n"] >= LARGE][:SHOWN]
    others = groups[len(shown) :]  # the largest come first
    return {"shown": shown, "others": len(others), "rest": together(others) if others else None}


def _plots(
    report: Mapping[str, Any], run: Mapping[str, Any] | None, shown: Sequence[Mapping[str, Any]]
) -> dict[str, Markup | None]:
    seen = report["ships_found"] + report["false_alarms"]
    at = (report["recall"], report["ships_found"] / seen) if seen else None
    histories = [(stage["name"], stage["history"]) for stage in run["stages"]] if run else []
    both = report["roc"] is not None
    drawn = {
        "roc": roc_plot(report["roc"], (report["false_alarm_rate"], report["recall"])) if both else None,
        "precision_recall": precision_recall_plot(report["precision_recall"], at, report["ships"] / report["n"])
        if both
        else None,
        "calibration": calibration_plot(report["calibration"], report["threshold"]),
        "confusion": confusion_plot(report["confusion"]),
        "groups": groups_plot(shown) if shown else None,
        "loss": training_plot("loss", histories) if histories else None,
        "accuracy": training_plot("accuracy", histories) if histories else None,
    }
    # Matplotlib has escaped all text in them.
    return {name: Markup(svg) if svg else None for name, svg in drawn.items()}  # noqa: S704
