"""Two measurements of one figure, and whether they differ by more than the noise."""

import math
from typing import Literal

from stream.bench.figure import Figure
from stream.bench.report import Part

FLOOR = 0.02
"""Medians that differ by less are the same, however close their samples lie: two runs differ in what one run has only once, such as where
memory lay."""
ONCE = 0.10
"""The same where there are too few samples for a spread."""
RARE = 0.05
"""Samples are enough to show a spread if those of two equal figures lie apart more rarely than this: from 4 against 4, or 3 against 5."""
YARDSTICK = "machine_matmul_gflops"
"""The figure that is none of rivereye's, but of the machine; all reports have it."""
TIMES = ("s", "ms", "cameras")
"""Units of what a slower machine does worse, besides those that end in "/s". Memory, shares and decisions are none of its speed."""

Verdict = Literal["better", "worse", "differs", "same", "only in A", "only in B"]
CHANGED = ("better", "worse", "differs")
ALONE = ("only in A", "only in B")


class Compared(Part):
    """One figure of both reports. `ratio`: B / A, None where there is none. `differs`: beyond the noise, of what is neither better nor worse.

    `by_chance`: how probable it is that samples of two equal figures lie apart, as they have to; None of a figure in one report only.
    `machine`: it changed, but no more than the machine itself did, and the same way.
    """

    a: Figure | None
    b: Figure | None
    ratio: float | None
    verdict: Verdict
    by_chance: float | None
    machine: bool = False

    @property
    def either(self) -> Figure:
        return next(each for each in (self.a, self.b) if each is not None)

    @property
    def shown(self) -> str:
        return self.either.shown

    @property
    def size(self) -> float:
        """Of the change, whichever way."""
        return abs(math.log(self.ratio)) if self.ratio is not None and self.ratio > 0 else math.inf

    @property
    def change(self) -> str:
        """In percent of A; empty where there is none."""
        return "" if self.ratio is None else f"{100 * (self.ratio - 1):+.1f} %"

    @property
    def changed(self) -> bool:
        return self.verdict in CHANGED

    @property
    def tells(self) -> bool:
        """Changed, and stable in both: else it explains nothing, as something else came and went on the machine."""
        return self.changed and self.a is not None and self.b is not None and self.a.stable and self.b.stable

    def beside(self, yardstick: float) -> "Compared":
        """The same, where the machine itself went `yardstick` times as fast in B."""
        speed = self.either.unit in TIMES or self.either.unit.endswith("/s")
        its = self.verdict == ("better" if yardstick > 1 else "worse") and self.size <= abs(math.log(yardstick))
        return self.model_copy(update={"machine": speed and its})


def judge(a: Figure, b: Figure) -> Compared:
    """A figure differs if

    - the ranges of its samples (of a share its 95 % interval) do not overlap. Samples of a run are interleaved over the whole of it, so that
      drift of the machine is within their range. Of 5 against 5 that are equal, 2 in 252 lie apart by chance: of 60 figures one in two
      comparisons. No rule on so few samples does better without supposing how they are distributed; so their number is said; and
    - the medians differ by more than 2 % of the larger, if it is no share. Where there are too few samples to show a spread, such as one
      each: by more than 10 %, and whole numbers, such as of cameras, by more than 1.
    """
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
