"""Empty charts of pygal's that share one look, and marks to be put into them."""

import sys
from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any

import pygal
from pygal.style import Style

from stream.bench.figure import Figure
from stream.bench.words import cell, plain

# pygal takes part in every import from now on, for maps that it does not have, in a way that Python has given up: each would come with a warning.
sys.meta_path[:] = [each for each in sys.meta_path if not isinstance(each, pygal.PluginImportFixer)]

WIDTH, HEIGHT = 460, 320
SIZE = 11
"""Of letters, in the chart's pixels; pygal leaves room by it, the page's style sheet sets it."""
MANTISSAS = (1, 2, 5)
LONGEST = 40
"""Letters of a name beside a bar: what is longer would leave no room for bars."""
ROW = 28
"""Pixels of a bar that lies."""


def options(**changes: Any) -> dict[str, Any]:
    """What all charts have in common, and these changes."""
    sizes = {f"{name}_font_size": SIZE for name in ("label", "major_label", "value", "title", "legend")}
    return {
        "style": Style(**sizes, font_family="inherit"),
        "js": (),
        "css": (),
        "width": WIDTH,
        "height": HEIGHT,
        "margin": 6,
        "spacing": 8,
        "show_legend": False,
        "truncate_label": -1,
        "dots_size": 3.5,
        "no_data_text": "",
    } | changes


def upright(across: str, up: str, names: Sequence[str], top: float) -> dict[str, Any]:
    """Of a chart with a linear scale from 0 to `top`."""
    marks = ticks(top)
    labels = [{"value": each, "label": f"{each:g}"} for each in marks]
    return options(
        x_title=across, y_title=up, x_labels=[short(each) for each in names], y_labels=labels, range=(0, marks[-1])
    )


def lying(names: Sequence[str], along: str, top: float) -> dict[str, Any]:
    """Of a chart whose bars lie, one a name, the first one at the bottom."""
    return upright("", "", names, top) | {"x_title": along, "height": 60 + ROW * len(names), "rounded_bars": 0}


def logarithmic(across: str, up: str, low: float, high: float) -> dict[str, Any]:
    """Of a chart whose values are logarithms. pygal's own scale of this sort marks powers of ten alone."""
    marks = decades(low, high)
    return options(x_title=across, y_title=up, y_labels=marks, range=(marks[0]["value"], marks[-1]["value"]))


def mark(figure: Figure | None, name: str) -> dict[str, Any] | None:
    """A value with its spread as whiskers; the mouse is told both."""
    if figure is None:
        return None
    words = cell(figure)
    spread = f" ({words.spread})" if words.spread else ""
    told = told_as(figure.value, f"{name}: {words.text}{spread} {figure.unit}")
    return told | ({"ci": {"low": figure.low, "high": figure.high}} if words.spread else {})


def highest(figures: Sequence[Figure]) -> float:
    return max(each.high for each in figures)


def told_as(value: object, words: str) -> dict[str, Any]:
    """A value, and what the mouse is told of it."""
    return {"value": value, "tooltip": plain(words)}


def short(name: str) -> str:
    """The end of a long name: of a path it is the telling part."""
    name = plain(name)
    return name if len(name) <= LONGEST else f"…{name[1 - LONGEST :]}"


def ticks(top: float) -> list[float]:
    """From 0 to `top` or a little more, in steps that are easy to read."""
    top = top if top > 0 else 1.0
    rough = top / 5
    power = 10.0 ** floor(log10(rough))
    step = power * next(each for each in (1, 2, 2.5, 5, 10) if each * power >= rough * 0.999)
    return [step * index for index in range(ceil(top / step - 1e-9) + 1)]


def decades(low: float, high: float) -> list[dict[str, Any]]:
    """Marks of a logarithmic scale, from below `low` to above `high`, as pygal takes them: the scale itself is of logarithms."""
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    marks = [each * 10.0**power for power in powers for each in MANTISSAS]
    below = max(each for each in marks if each <= low)
    above = min(each for each in marks if each >= high and each > below)
    return [{"value": log10(each), "label": f"{each:g}"} for each in marks if below <= each <= above]
