"""`rivereye bench compare`: what differs between two reports, and whether by more than the noise."""

import math
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from models.errors import DataError
from models.say import say
from stream.bench.figure import Figure
from stream.bench.report import Part, Report, read_report

FLOOR = 0.02
"""Medians that differ by less are the same, however close their samples lie: two runs differ in what one run has only once, such as where
memory lay."""
ONCE = 0.10
"""The same where there are too few samples for a spread."""
RARE = 0.05
"""Samples are enough to show a spread if those of two equal figures lie apart more rarely than this: from 4 against 4, or 3 against 5."""
YARDSTICK = "machine_matmul_gflops"
CHANGED = ("better", "worse", "differs")

Verdict = Literal["better", "worse", "differs", "same", "only in A", "only in B"]


class Compared(Part):
    """One figure of both reports. `ratio`: B / A, None where there is none. `differs`: beyond the noise, of what is neither better nor worse.

    `by_chance`: how probable it is that samples of two equal figures lie apart, as they have to; None of a figure in one report only.
    """

    a: Figure | None
    b: Figure | None
    ratio: float | None
    verdict: Verdict
    by_chance: float | None

    @property
    def shown(self) -> str:
        return next(each.shown for each in (self.a, self.b) if each is not None)

    @property
    def size(self) -> float:
        """Of the change, whichever way."""
        return abs(math.log(self.ratio)) if self.ratio is not None and self.ratio > 0 else math.inf


class Difference(Part):
    """Something besides the figures that is not the same; figures tell of it as well. `of`: machine, model, clip or plan."""

    of: str
    field: str
    a: str
    b: str


class Comparison(Part):
    """`a`, `b`: the files. `yardstick`: B / A of arithmetic that no version of rivereye changes; None where it is the same, or was not measured.

    `by_chance`: how many figures are expected to lie apart though nothing changed; at most, as they have to differ by `FLOOR` besides.
    """

    schema_: Annotated[Literal["rivereye/bench-compare/1"], Field(alias="schema")] = "rivereye/bench-compare/1"
    a: str
    b: str
    differences: tuple[Difference, ...]
    yardstick: float | None
    by_chance: float
    figures: tuple[Compared, ...]


def compare(a: Path, b: Path, as_json: bool, console: Console, everything: bool = False) -> Comparison:
    """Says what is better or worse in B than in A. A figure differs if

    - the ranges of its samples (of a share its 95 % interval) do not overlap. Samples of a run are interleaved over the whole of it, so that
      drift of the machine is within their range. Of 5 against 5 that are equal, 2 in 252 lie apart by chance: of 60 figures one in two
      comparisons. No rule on so few samples does better without supposing how they are distributed; so their number is said; and
    - the medians differ by more than 2 % of the larger, if it is no share. Where there are too few samples to show a spread, such as one
      each: by more than 10 %, and whole numbers, such as of cameras, by more than 1.

    Args:
        a: `bench.json`, or the folder that holds it.
        b: the other.
        as_json: print one object to standard output instead.
        console: for the table.
        everything: show figures that are the same as well.

    Raises:
        DataError: a report cannot be read.
    """
    one, other = read_report(a), read_report(b)
    figures = tuple(_compared(one, other, (a, b)))
    changed = [each for each in figures if each.verdict in CHANGED]
    comparison = Comparison(
        a=str(a),
        b=str(b),
        differences=tuple(_differences(one, other)),
        yardstick=next((each.ratio for each in changed if each.shown == YARDSTICK), None),
        by_chance=sum(each.by_chance or 0 for each in figures),
        figures=figures,
    )
    if as_json:
        sys.stdout.write(comparison.model_dump_json(by_alias=True) + "\n")
    else:
        show(comparison, console, everything)
    return comparison


def judge(a: Figure, b: Figure) -> Compared:
    """Two measurements of one figure; the rule is that of `compare`."""
    chance = 2 / math.comb(len(a.samples) + len(b.samples), len(a.samples))
    share = all(len(each.samples) == 1 and each.low < each.high for each in (a, b))
    floor = 0.0 if share else FLOOR if chance <= RARE else ONCE
    gap, larger = abs(b.value - a.value), max(abs(a.value), abs(b.value))
    apart = a.high < b.low or b.high < a.low
    step = 1.0 if floor == ONCE and a.value.is_integer() and b.value.is_integer() else 0.0
    verdict: Verdict = "same"
    if apart and gap > max(floor * larger, step):
        good = (b.value > a.value) == (b.better == "higher")
        verdict = "differs" if b.better == "neither" else "better" if good else "worse"
    ratio = b.value / a.value if a.value else None
    return Compared(a=a, b=b, ratio=ratio, verdict=verdict, by_chance=chance)


def show(comparison: Comparison, console: Console, everything: bool = False) -> None:
    """What differs besides the figures; then those that changed, the largest change first."""
    for each in comparison.differences:
        say(console, f"{each.of}: {each.field}: {each.a} in A, {each.b} in B", "yellow")
    if comparison.differences:
        say(console, "figures below tell of these differences, too", "yellow")
    if comparison.yardstick is not None:
        change = 100 * (comparison.yardstick - 1)
        how = f"{abs(change):.1f} % {'faster' if change > 0 else 'slower'}"
        say(console, f"the machine itself was {how} in B, by fixed arithmetic; so much may be its doing", "yellow")
    changed = [each for each in comparison.figures if each.verdict in CHANGED]
    listed = list(comparison.figures) if everything else changed
    if listed:
        table = Table(Column("figure", overflow="fold"), "A", "B", "change", "")
        for row in sorted(listed, key=lambda each: (each not in changed, -each.size)):
            table.add_row(Text(row.shown), _cell(row.a), _cell(row.b), _change(row), row.verdict)
        console.print(table)
    say(console, _sentence(comparison, len(changed)))


def _sentence(comparison: Comparison, changed: int) -> str:
    count = Counter(each.verdict for each in comparison.figures)
    alone = "".join(f", {count[name]} {name}" for name in ("only in A", "only in B") if count[name])
    chance = f" (by chance alone up to {comparison.by_chance:.1f} would have)" if changed else ""
    return f"{changed} figures changed by more than the noise{chance}, {count['same']} are the same{alone}"


def _cell(figure: Figure | None) -> Text:
    """A value with its spread, marked where it never came to rest."""
    if figure is None:
        return Text("-")
    spread = f" ({figure.low:.4g} to {figure.high:.4g})" if figure.low < figure.high else ""
    return Text(f"{figure.value:.4g} {figure.unit}{spread}{'' if figure.stable else ', unstable'}")


def _change(each: Compared) -> str:
    return "" if each.ratio is None else f"{100 * (each.ratio - 1):+.1f} %"


def _compared(one: Report, other: Report, paths: tuple[Path, Path]) -> Iterator[Compared]:
    """Figures of both, in A's order, then those that only B has. Those in another unit are others."""
    a, b = (_by_name(report, path) for report, path in zip((one, other), paths, strict=True))
    for key in a | b:
        if key in a and key in b:
            yield judge(a[key], b[key])
        else:
            verdict: Verdict = "only in A" if key in a else "only in B"
            yield Compared(a=a.get(key), b=b.get(key), ratio=None, verdict=verdict, by_chance=None)


def _by_name(report: Report, path: Path) -> dict[tuple[str, ...], Figure]:
    found: dict[tuple[str, ...], Figure] = {}
    for figure in report.figures:
        labels = (f"{key}={value}" for key, value in sorted(figure.labels.items()))
        key = (figure.name, figure.unit, *labels)
        if key in found:
            raise DataError(f"cannot compare {path}: it has {figure.shown} twice; run `rivereye bench` again")
        found[key] = figure
    return found


def _differences(one: Report, other: Report) -> Iterator[Difference]:
    """Whatever speed hangs on besides rivereye. The machine's free memory and what it lacks are not among it."""
    parts: list[tuple[str, Part | None, Part | None]] = [("machine", one.machine, other.machine)]
    parts += [("model", one.model, other.model), ("plan", one.plan, other.plan)]
    clips, others = ({clip.name: clip for clip in report.clips} for report in (one, other))
    parts += [(f"clip {name}", clips.get(name), others.get(name)) for name in clips | others]
    for of, a, b in parts:
        if a is None or b is None:
            flat, same = ({"measured with": "no" if each is None else "yes"} for each in (a, b))
        else:
            flat, same = _flat(a), _flat(b)
        for field in flat | same:
            if flat.get(field) != same.get(field):
                yield Difference(of=of, field=field, a=flat.get(field, "none"), b=same.get(field, "none"))


def _flat(part: Part) -> dict[str, str]:
    """Fields as text; one for each library of `versions`."""
    fields = part.model_dump(mode="json", exclude={"memory_free_mb", "absent"})
    fields |= {f"version of {name}": version for name, version in fields.pop("versions", {}).items()}
    return {name: _text(value) for name, value in fields.items()}


def _text(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(map(_text, value.values()))
    return (", ".join(map(_text, value)) or "none") if isinstance(value, list) else str(value)
