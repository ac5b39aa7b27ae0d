"""A day as rows of marks: units are minutes from midnight, so that a browser can draw it at any size."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stream.store.page import Stored
from stream.store.seen import Camera
from stream.web.dayseen import DaySeen, Gap, Stretch
from stream.web.moments import Zone

MINUTE_S, HOUR_S = 60, 3600
NARROWEST = 3.0
"""Minutes: a shorter mark could not be seen, nor hit with a finger."""
TICKS_EVERY = 2
"""Hours."""


@dataclass(frozen=True, slots=True)
class Mark:
    """`x`, `width`: minutes. `stretch`: what it stands for, without being made wider. `stored`: of a passage."""

    x: float
    width: float
    stretch: Stretch | Gap
    stored: Stored | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Of one camera. `first`: minutes before its first record. `over`: minutes after that, so far. `passages` are empty where there were too many, `ships` where there were not: the minutes with a ship."""

    day: DaySeen
    first: float
    over: float
    gaps: tuple[Mark, ...]
    ships: tuple[Mark, ...]
    passages: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """`minutes`: length of the day. `ticks`: position and name of hours."""

    minutes: float
    ticks: tuple[tuple[float, str], ...]
    rows: tuple[Row, ...]


def timeline(
    days: Sequence[DaySeen], passages: Sequence[Stored] | None, begin: float, end: float, zone: Zone
) -> Timeline:
    """`passages`: of all cameras, None where they are too many to be drawn by themselves. `begin`, `end`: seconds since 1970."""
    mine: dict[Camera, list[Stored]] = {}
    for each in passages or ():
        mine.setdefault(Camera(each.box, each.passage.camera), []).append(each)
    rows = tuple(
        Row(
            day,
            (day.first - begin) / MINUTE_S,
            day.length / MINUTE_S,
            tuple(_marks(day.gaps, begin)),
            tuple(_marks(day.ships, begin)) if passages is None else (),
            tuple(_of_passages(mine, day.camera, begin, end)),
        )
        for day in days
    )
    return Timeline((end - begin) / MINUTE_S, tuple(_ticks(begin, end, zone)), rows)


def _marks(stretches: Iterable[Stretch | Gap], begin: float) -> Iterator[Mark]:
    for each in stretches:
        yield Mark(round((each.begin - begin) / MINUTE_S, 2), round((each.end - each.begin) / MINUTE_S, 2), each)


def _of_passages(mine: Mapping[Camera, Sequence[Stored]], camera: Camera, begin: float, end: float) -> Iterator[Mark]:
    for each in sorted(mine.get(camera, ()), key=lambda one: one.passage.start_time):
        passage = each.passage
        whole = Stretch(passage.start_time, passage.start_time + passage.length_s)
        width = (min(whole.end, end) - whole.begin) / MINUTE_S
        x = (whole.begin - begin) / MINUTE_S
        yield Mark(round(x, 2), round(max(NARROWEST, width), 2), whole, each)


def _ticks(begin: float, end: float, zone: Zone) -> Iterator[tuple[float, str]]:
    moment = begin
    while moment < end:
        there = zone.there(moment)
        if there.hour % TICKS_EVERY == 0 and there.minute == 0:
            yield (moment - begin) / MINUTE_S, f"{there:%H}"
        moment += HOUR_S
