"""`rivereye bench compare`: what differs between two reports, and whether by more than the noise."""

import sys
from pathlib import Path

from rich.console import Console

from stream.bench.changes import show
from stream.bench.comparison import Comparison, FailOn, check_common, compared
from stream.bench.report import read_report


def compare(
    a: Path, b: Path, as_json: bool, console: Console, everything: bool = False, fail_on: FailOn | None = None
) -> Comparison:
    """Says what is better or worse in B than in A; the rule is that of `stream.bench.verdict.judge`.

    Args:
        a: `bench.json`, or the folder that holds it.
        b: the other.
        as_json: print one object to standard output instead.
        console: for the table.
        everything: show figures that are the same as well, and those of one report only.
        fail_on: what must not be. What the machine itself explains does not count.

    Raises:
        DataError: a report cannot be read.
        UsageError: they have no figure in common.
        GateNotMet: by `fail_on`; all is printed before.
    """
    one, other = read_report(a), read_report(b)
    comparison = compared(one, other, a, b)
    if as_json:
        sys.stdout.write(comparison.model_dump_json(by_alias=True) + "\n")
    else:
        show(comparison, console, everything)
    check_common(comparison, one, other)
    if fail_on is not None:
        comparison.check(fail_on)
    return comparison
