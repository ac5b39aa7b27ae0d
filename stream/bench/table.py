"""What a benchmark came to, in the terminal."""

from collections.abc import Sequence
from dataclasses import replace

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from models.say import say
from stream.bench.report import Report
from stream.bench.sections import sections
from stream.bench.words import UNSTABLE, Cell, Section, found, notes, plain, spread_note, unstable, unstable_note

BAR = 16
"""Letters that a share of one takes."""

ENDLESS = 1000
"""Columns; no table needs more."""


def show(report: Report, console: Console) -> None:
    """Prints the machine, notes, and a table for each part that was measured; what was not, with the reason, comes last."""
    for line in found(report):
        say(console, plain(line))
    for note in notes(report):
        say(console, plain(note), "yellow")
    for section in sections(report):
        console.print()
        say(console, section.title, "bold")
        if section.said:
            console.print(Text(plain(section.said), style="dim"))
        console.print(_fitting(section, console))
    console.print()
    console.print(Text(spread_note(report.plan), style="dim"))
    if unstable(report):
        console.print(Text(f"{UNSTABLE} {unstable_note(report.plan)}", style="yellow"))


def _fitting(section: Section, console: Console) -> Table:
    """With spreads beside their values where there is room, else with those of the main column only, else below the values."""
    beside = [_table(section, console, " ")]
    if section.main is not None:
        rows = tuple(replace(row, cells=_only(row.cells, section.main)) for row in section.rows)
        beside.append(_table(replace(section, rows=rows), console, " "))
    endless = console.options.update_width(ENDLESS)
    fitting = (each for each in beside if console.measure(each, options=endless).maximum <= console.width)
    return next(fitting, None) or _table(section, console, "\n")


def _only(cells: Sequence[Cell], kept: int) -> tuple[Cell, ...]:
    return tuple(each if index == kept else replace(each, spread="") for index, each in enumerate(cells))


def _table(section: Section, console: Console, between: str) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False)
    shares = {index for row in section.rows for index, each in enumerate(row.cells) if each.share is not None}
    for index, name in enumerate(section.columns):
        numeric = index >= section.names and index not in shares
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row, after in zip(section.rows, (*section.rows[1:], None), strict=True):
        cells = (_text(each, console, between) for each in row.cells)
        table.add_row(*cells, style="bold" if row.strong else None, end_section=after is not None and after.begins)
    return table


def _text(cell: Cell, console: Console, between: str) -> Text:
    if cell.share is not None:
        letter = "#" if console.options.ascii_only else "█"
        return Text(f"{cell.text:>6} ").append(letter * round(BAR * cell.share), style="cyan")
    text = Text(plain(cell.text))
    if cell.text.startswith(UNSTABLE):
        text.stylize("yellow")
    if cell.spread:
        text.append(f"{between}({cell.spread})", style="dim not bold")
    return text
