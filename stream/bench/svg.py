"""A chart of pygal's as an `<svg>` element, to be put into a page as it is.

Of what pygal writes, shapes and text stay. Its style sheet, which loads no font but restyles by numbers, its script and its ids go: the page's own style
sheet colours all charts by CSS variables, so that they follow light and dark, and do not touch each other.
"""

from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as Tree

from markupsafe import Markup

SPACE = "{http://www.w3.org/2000/svg}"
GONE = {"defs", "script", "style", "desc"}
COLOURS, DASHES = 8, 3
"""Classes `s0` to `s7` and `d0` to `d2` of the style sheet."""


def looks(first: int, second: int = 0) -> str:
    """Classes of a series: colour and dashes tell it from the others."""
    return f"s{first % COLOURS} d{(second + first // COLOURS) % DASHES}"


def inline(chart: Any, title: str, classes: Sequence[str]) -> Markup:
    """The chart as an element that takes its size and its colours from the page.

    Args:
        chart: of pygal.
        title: what it shows, for who cannot see it.
        classes: of each series, in the order in which they were added.
    """
    # Read and written as XML, all text in it is escaped.
    root = Tree.fromstring(chart.render(is_unicode=True, disable_xml_declaration=True))  # noqa: S314 (pygal's own text)
    _clean(root, classes)
    root.attrib = {"viewBox": root.attrib["viewBox"], "class": "chart", "role": "img", "aria-label": title}
    return Markup(Tree.tostring(root, encoding="unicode"))  # noqa: S704


def _clean(parent: Tree.Element, classes: Sequence[str]) -> None:
    parent.tag = parent.tag.removeprefix(SPACE)
    parent.attrib.pop("id", None)
    names = parent.get("class", "").split()
    series = [each.removeprefix("serie-") for each in names if each.startswith("serie-")]
    if series:
        parent.set("class", f"series {classes[int(series[0])]}")
    named = "guides" not in names and parent.tag != "svg"
    for child in list(parent):
        tag = child.tag.removeprefix(SPACE)
        # A title tells a mouse what a mark is; of the chart and of lines of its grid it repeats what is written there.
        if tag in GONE or (tag == "title" and not named) or "tooltip-overlay" in child.get("class", ""):
            parent.remove(child)
        else:
            _clean(child, classes)
