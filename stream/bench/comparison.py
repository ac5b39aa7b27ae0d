"""Two benchmarks side by side, as data: `rivereye bench compare --json` prints it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from models.errors import DataError, GateNotMet, UsageError
from stream.bench.difference import Difference, differences, measured
from stream.bench.figure import Figure
from stream.bench.report import Part, Report
from stream.bench.verdict import ALONE, YARDSTICK, Compared, Verdict, judge
from stream.bench.words import counted

NAMED = 3
"""So many figures at most are named in a sentence; all are in the table."""

FailOn = Literal["worse", "different"]


class Comparison(Part):
    """`a`, `b`: the files. `yardstick`: B / A of arithmetic that no version of rivereye changes; None where it is the same, was not stable in both, or was not measured.

    `by_chance`: how many figures are expected to lie apart though nothing changed; at most, as they have to differ by 2 % besides.
    """

    schema_: Annotated[Literal["rivereye/bench-compare/1"], Field(alias="schema")] = "rivereye/bench-compare/1"
    a: str
    b: str
    differences: tuple[Difference, ...]
    yardstick: float | None
    by_chance: float
    figures: tuple[Compared, ...]

    @property
    def in_common(self) -> int:
        """Figures of both, besides the yardstick, which all reports have."""
        return sum(each.verdict not in ALONE and each.shown != YARDSTICK for each in self.figures)

    def beyond(self, fail_on: FailOn) -> list[Compared]:
        """Figures that are worse, or changed at all, or are missing in one report, and not by the machine's doing; the largest change first."""
        counts = ("worse",) if fail_on == "worse" else ("better", "worse", "differs", *ALONE)
        return sorted(
            (each for each in self.figures if each.verdict in counts and not each.machine), key=lambda each: -each.size
        )

    def check(self, fail_on: FailOn) -> None:
        """Raises GateNotMet: there is such a figure."""
        found = self.beyond(fail_on)
        if found:
            named = ", ".join(
                f"{each.shown} ({each.verdict}{f', {each.change}' if each.change else ''})" for each in found[:NAMED]
            )
            more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
            raise GateNotMet(
                f"bench compare {self.a} {self.b}: --fail-on {fail_on} is not kept by {counted(len(found), 'figure')}: {named}{more}"
            )


def compared(one: Report, other: Report, a: Path, b: Path) -> Comparison:
    """Report `one`, read from `a`, with `other`, read from `b`. Raises DataError: a report has a figure twice."""
    figures = list(_judged(_by_name(one, a), _by_name(other, b)))
    yardstick = next((each.ratio for each in figures if each.tells and each.shown == YARDSTICK), None)
    return Comparison(
        a=str(a),
        b=str(b),
        differences=tuple(differences(one, other)),
        yardstick=yardstick,
        by_chance=sum(each.by_chance or 0 for each in figures),
        figures=tuple(each.beside(yardstick) if yardstick else each for each in figures),
    )


def check_common(comparison: Comparison, one: Report, other: Report) -> None:
    """Raises UsageError: nothing was measured in both."""
    if not comparison.in_common:
        raise UsageError(
            f"cannot compare {comparison.a} with {comparison.b}: they have no figure in common; "
            f"A measured {measured(one, other)}; B measured {measured(other, one)}; measure both with the same clips, precision and parts"
        )


def _judged(a: dict[tuple[str, ...], Figure], b: dict[tuple[str, ...], Figure]) -> Iterator[Compared]:
    """Figures of both, in A's order, then those that only B has."""
    for key in a | b:
        if key in a and key in b:
            yield judge(a[key], b[key])
        else:
            verdict: Verdict = "only in A" if key in a else "only in B"
            yield Compared(a=a.get(key), b=b.get(key), ratio=None, verdict=verdict, by_chance=None)


def _by_name(report: Report, path: Path) -> dict[tuple[str, ...], Figure]:
    """Those in another unit are others."""
    found: dict[tuple[str, ...], Figure] = {}
    for figure in report.figures:
        labels = (f"{key}={value}" for key, value in sorted(figure.labels.items()))
        key = (figure.name, figure.unit, *labels)
        if key in found:
            raise DataError(f"cannot compare {path}: it has {figure.shown} twice; run `rivereye bench` again")
        found[key] = figure
    return found
