"""What differs between two benchmarks, in the terminal or in a pipe."""

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from models.say import say
from stream.bench.comparison import Comparison
from stream.bench.figure import Figure
from stream.bench.verdict import ALONE, Compared
from stream.bench.words import UNSTABLE, cell, counted, plain

COLOURS = {"better": "green", "worse": "red"}
MACHINE = " (machine)"
"""After a verdict that the machine's own speed explains."""
HASH = 12
"""Letters of a hash that are shown: they tell two apart."""


def show(comparison: Comparison, console: Console, everything: bool = False) -> None:
    """What differs besides the figures; then those that changed, the largest change first."""
    say(console, f"A is {plain(comparison.a)}, B is {plain(comparison.b)}")
    for line in _besides(comparison):
        _tell(console, line, "yellow")
    listed = [each for each in comparison.figures if everything or each.changed]
    listed.sort(key=lambda each: (not each.changed, each.machine, -each.size))
    if not comparison.in_common:
        return
    if listed:
        _figures(listed, console)
    if any(not figure.stable for each in listed for figure in (each.a, each.b) if figure is not None):
        _tell(console, f"{UNSTABLE} before a value: it never came to rest")
    _tell(console, _sentence(comparison))
    if any(each.machine for each in comparison.figures):
        _tell(
            console,
            "what the machine explains may hide what rivereye does: measure again while it is at rest",
            "yellow",
        )


def _tell(console: Console, text: str, style: str = "") -> None:
    """Broken between words on a terminal, and nowhere in a pipe."""
    if console.is_terminal:
        console.print(Text(text, style))
    else:
        say(console, text)


def _besides(comparison: Comparison) -> Iterator[str]:
    """What is not the same, in one line; what of it, in lines of its own; and the machine's own speed."""
    if comparison.differences:
        which = ", ".join(dict.fromkeys(each.of for each in comparison.differences))
        yield plain(f"not the same in A and B: {which}; figures tell of that, too")
    for each in comparison.differences:
        a, b = ((value[:HASH] if each.field == "sha256" else value) for value in (each.a, each.b))
        yield plain(f"  {each.of}: {each.field}: {a} in A, {b} in B")
    if comparison.yardstick is not None:
        change = 100 * (comparison.yardstick - 1)
        how = f"{abs(change):.1f} % {'faster' if change > 0 else 'slower'}"
        yield f"the machine itself was {how} in B, by fixed arithmetic; changes no larger than that, the same way, are marked{MACHINE}"


def _figures(listed: list[Compared], console: Console) -> None:
    """A line a figure, in columns; on a terminal that is too narrow for that, its name, and its values below it."""
    heads = _column([each.verdict + (MACHINE if each.machine else "") for each in listed])
    changes = [f"{each.change:>8}" for each in listed]
    names = [plain(each.shown) for each in listed]
    a, b = (
        _column([_value(figure) for figure in each]) for each in zip(*((row.a, row.b) for row in listed), strict=True)
    )
    units = [plain(each.either.unit) for each in listed]
    columns = zip(heads, changes, _column(names), a, b, units, strict=True)
    lines = ["  ".join(each) for each in columns]
    fits = not console.is_terminal or max(map(cell_len, lines)) <= console.width
    for index, each in enumerate(listed):
        style = "dim" if each.machine else COLOURS.get(each.verdict)
        values = [
            f"  {heads[index].rstrip()} {each.change}",
            f"  A {a[index].rstrip()}",
            f"  B {b[index].rstrip()} {units[index]}",
        ]
        parts = [names[index].replace(",", ",\0").split("\0"), values]
        for line in [lines[index]] if fits else (line for part in parts for line in _broken(part, console.width)):
            say(console, line.rstrip(), style)


def _column(texts: Sequence[str]) -> list[str]:
    """Of one width."""
    return [set_cell_size(each, max(map(cell_len, texts))) for each in texts]


def _broken(parts: Sequence[str], width: int) -> Iterator[str]:
    """These parts, beside each other where there is room."""
    line = ""
    for part in parts:
        if line and cell_len(line + part) > width:
            yield line
            line = "  "
        line += part
    yield line


def _value(figure: Figure | None) -> str:
    """With its spread, and marked where it never came to rest."""
    words = cell(figure)
    return f"{words.text} ({words.spread})" if words.spread else words.text


def _sentence(comparison: Comparison) -> str:
    count = Counter[str](each.verdict for each in comparison.figures)
    changed = sum(each.changed for each in comparison.figures)
    machine = sum(each.machine for each in comparison.figures)
    chance = f" (by chance alone up to {comparison.by_chance:.1f} would have)" if changed else ""
    its = f", {machine} of them no more than the machine itself" if machine else ""
    alone = "".join(f", {count[name]} {name}" for name in ALONE if count[name])
    listed = "; --all lists them" if alone else ""
    same = f"{counted(count['same'], 'figure')} {'is' if count['same'] == 1 else 'are'} the same"
    return f"{counted(changed, 'figure')} changed by more than the noise{chance}{its}, {same}{alone}{listed}"
