"""One quiet look for all figures, and the figure as an `<svg>` element, to be put into a page as it is.

Text stays text, and all takes the page's colours: each is a CSS variable (`--ink`, `--muted`, `--line`, `--first`,
`--second`) with a value of its own where the page sets none. The two series colours are Okabe and Ito's blue and
vermillion (2008), which colour-blind people tell apart; dashes and markers tell them apart in grey too.
"""

import re
import warnings
from contextlib import AbstractContextManager
from html import escape
from io import StringIO
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

INK, MUTED, LINE, FIRST, SECOND = "#1f2429", "#7d8790", "#d3d8dd", "#0072b2", "#d55e00"
VARIABLES = {INK: "--ink", MUTED: "--muted", LINE: "--line", FIRST: "--first", SECOND: "--second"}
STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "rivereye",  # the same figures give the same file
    "font.size": 11,
    "text.color": INK,
    "text.parse_math": False,  # a `$` in a name begins no formula
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "lines.linewidth": 2,
}


def styled() -> AbstractContextManager[None]:
    """Inside, figures are drawn in this look; afterwards matplotlib is as it was."""
    return mpl.rc_context(STYLE)


def to_svg(figure: Figure, title: str) -> str:
    """The figure as an `<svg>` element that takes its size from the page."""
    file = StringIO()
    with warnings.catch_warnings():
        # Of letters that its own font lacks; the page's has them.
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    svg = file.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    head, body = svg.split(">", 1)
    box = re.search(r'viewBox="[^"]*"', head)
    for colour, variable in VARIABLES.items():
        body = body.replace(colour, f"var({variable}, {colour})")
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", body, flags=re.DOTALL)  # would hold for the whole page
    body = re.sub(r'<g id="[^"]*">', "<g>", body)  # the same in every figure
    body = re.sub(r'(style="[^"]*)font-family: [^;"]*', r"\1font-family: system-ui, sans-serif", body)
    body = body.replace("xlink:href", "href")
    look = 'style="stroke-linejoin: round; stroke-linecap: butt"'
    name = escape(title)
    return f'<svg {box[0] if box else ""} role="img" aria-label="{name}" {look}><title>{name}</title>{body.strip()}'
