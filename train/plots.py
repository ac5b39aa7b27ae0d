"""Figures of a report as `<svg>` elements. What they are drawn from is what report.json and run.json hold."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter

from train.svg import FIRST, MUTED, SECOND, styled, to_svg

PERCENT = PercentFormatter(1, decimals=0)


def roc_plot(roc: Mapping[str, Sequence[float]], at: tuple[float, float]) -> str:
    """`roc` as in report.json; `at`: false alarm rate and recall at the threshold."""
    with styled():
        figure, axes = _square("false alarms, share of pictures without a ship", "ships found, share of all ships")
        axes.set_title("ROC")
        axes.plot([0, 1], [0, 1], color=MUTED, linestyle="--", linewidth=1.5, label="guessing")
        axes.plot(roc["false_alarm_rate"], roc["recall"], color=FIRST, label="the network", clip_on=False)
        axes.plot(*at, "o", color=SECOND, markersize=8, label="at the threshold", clip_on=False, zorder=3)
        axes.legend(loc="lower right")
        return to_svg(figure, "ROC curve: ships found against false alarms")


def precision_recall_plot(curve: Mapping[str, Sequence[float]], at: tuple[float, float] | None, ships: float) -> str:
    """`curve` as in report.json; `at`: recall and precision at the threshold, None where no ship is seen; `ships`: their share of all pictures."""
    with styled():
        figure, axes = _square("ships found, share of all ships", "ships among pictures taken for one")
        axes.set_title("precision and recall")
        axes.plot([0, 1], [ships, ships], color=MUTED, linestyle="--", linewidth=1.5, label="guessing")
        axes.plot(curve["recall"], curve["precision"], color=FIRST, label="the network", clip_on=False)
        if at is not None:
            axes.plot(*at, "o", color=SECOND, markersize=8, label="at the threshold", clip_on=False, zorder=3)
        axes.legend(loc="lower left")
        return to_svg(figure, "precision against recall")


def calibration_plot(bins: Sequence[Mapping[str, Any]], threshold: float) -> str:
    """`bins` as in report.json: what was said against what was, and how many pictures each bin holds."""
    with styled():
        figure = Figure(figsize=(4.6, 5.4), layout="constrained")
        grid = figure.add_gridspec(2, 1, height_ratios=(3, 1))
        axes, counts = figure.add_subplot(grid[0]), figure.add_subplot(grid[1])
        filled = [each for each in bins if each["n"]]
        axes.plot([0, 1], [0, 1], color=MUTED, linestyle="--", linewidth=1.5, label="as it should be")
        axes.plot(
            *zip(*((each["probability"], each["ships"]) for each in filled), strict=True),
            "o-",
            color=FIRST,
            label="the network",
            clip_on=False,
        )
        counts.bar(
            [each["from"] for each in bins],
            [each["n"] for each in bins],
            width=0.9 / len(bins),
            align="edge",
            color=FIRST,
        )
        for each in (axes, counts):
            each.axvline(threshold, color=SECOND, linewidth=1.2, linestyle=":")
            each.set_xlim(0, 1)
        axes.text(threshold, 0.02, " threshold", color=SECOND)
        axes.set_ylim(0, 1)
        axes.set_ylabel("ships, share of these pictures")
        axes.legend(loc="upper left")
        counts.yaxis.set_major_locator(MaxNLocator(3, integer=True))
        counts.set_xlabel("probability of a ship, as stated")
        counts.set_ylabel("pictures")
        return to_svg(figure, "calibration: stated probability against the share of ships")


def confusion_plot(confusion: Mapping[str, Mapping[str, int]]) -> str:
    """`confusion` as in report.json; shades are shares of a row."""
    rows, columns = ("ship", "no_ship"), ("taken_for_ship", "taken_for_no_ship")
    counts = np.array([[confusion[row][column] for column in columns] for row in rows])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with styled():
        figure = Figure(figsize=(4.6, 3.4), layout="constrained")
        axes = figure.add_subplot()
        for (row, column), n in np.ndenumerate(counts):
            colour = FIRST if row == column else SECOND
            corner = (column - 0.48, row - 0.48)
            axes.add_patch(Rectangle(corner, 0.96, 0.96, color=colour, alpha=0.08 + 0.4 * shares[row, column]))
            axes.text(column, row - 0.06, f"{n}", ha="center", va="center", fontsize=20)
            axes.text(column, row + 0.24, f"{shares[row, column]:.1%} of row", ha="center", va="center")
        axes.set_xlim(-0.5, 1.5)
        axes.set_ylim(1.5, -0.5)
        axes.set_xticks([0, 1], ["taken for a ship", "for none"])
        axes.set_yticks([0, 1], ["a ship\nis there", "no ship\nis there"])
        axes.tick_params(length=0)
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        axes.xaxis.tick_top()
        return to_svg(figure, "confusion matrix")


def training_plot(name: Literal["loss", "accuracy"], histories: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """One figure of Keras' history, and the same on validation (`val_...`), a value an epoch, stage after stage."""
    with styled():
        figure = Figure(figsize=(4.6, 3.6), layout="constrained")
        axes = figure.add_subplot()
        for key, colour, style, title in (
            (name, FIRST, "o-", "training"),
            (f"val_{name}", SECOND, "s--", "validation"),
        ):
            values = [value for _, history in histories for value in history.get(key, ())]
            axes.plot(range(1, len(values) + 1), values, style, color=colour, markersize=4, label=title)
        _mark_stages(axes, [(title, len(history.get(name, ()))) for title, history in histories])
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if name == "accuracy":
            axes.yaxis.set_major_formatter(PercentFormatter(1))
            axes.set_ylabel("right, at a threshold of 0.5")
        else:
            axes.set_ylim(bottom=0)
            axes.set_ylabel("loss (cross-entropy, nats)")
        axes.legend(loc="best")
        return to_svg(figure, f"{name}, epoch by epoch")


def groups_plot(groups: Sequence[Mapping[str, Any]]) -> str:
    """Accuracy of each group with its 95 % interval; rows as in report.json, at least one."""
    with styled():
        figure = Figure(figsize=(9.2, 0.9 + 0.34 * len(groups)), layout="constrained")
        axes = figure.add_subplot()
        for row, each in enumerate(groups):
            axes.plot([each["accuracy_low"], each["accuracy_high"]], [row, row], color=FIRST, alpha=0.5)
            axes.plot(each["accuracy"], row, "o", color=FIRST, clip_on=False)
        axes.set_yticks(range(len(groups)), [f"{_short(each['group'])} ({each['n']})" for each in groups])
        axes.set_ylim(len(groups) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_formatter(PERCENT)
        axes.set_xlabel("accuracy, with its 95 % interval")
        return to_svg(figure, "accuracy of each group of pictures")


def _square(across: str, up: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(4.6, 4.4), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.005)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PERCENT)
    return figure, axes


def _mark_stages(axes: Axes, stages: Sequence[tuple[str, int]]) -> None:
    """A line where a stage ends, its name above."""
    begun = 0.5
    for title, epochs in stages:
        axes.text(begun, 1.02, f" {title}", transform=axes.get_xaxis_transform())
        if begun > 1:
            axes.axvline(begun, color=MUTED, linestyle=":", linewidth=1.5)
        begun += epochs


def _short(name: str, longest: int = 40) -> str:
    """The end of a long name: of a path it is the telling part. Letters that cannot be printed become `?`."""
    plain = "".join(each if each.isprintable() else "?" for each in name)
    return plain if len(plain) <= longest else f"…{plain[1 - longest :]}"
