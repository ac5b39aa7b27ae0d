"""Counts of passages and their coverage, by minute, hour or day: what a page or a chart shows."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Literal

from stream.store.tallied import Tallied

By = Literal["minute", "hour", "day"]
LENGTH_S = {"minute": 60, "hour": 3600}


@dataclass(frozen=True, slots=True)
class Span:
    """From `begin` to before `end`, seconds since 1970. The rest, in seconds of media time: see `Hour`. `passages`: that ended in it.

    Of several cameras all are sums: two that watched for an hour make two hours.
    """

    begin: float
    end: float
    seconds: float
    unknown: Mapping[str, float]
    ship_s: float
    frames: int
    passages: int

    @property
    def coverage(self) -> float | None:
        """Share of the seconds in which it could be seen; None where there are none."""
        return round(1 - sum(self.unknown.values()) / self.seconds, 4) if self.seconds else None


def spans(rows: Iterable[Sequence[Any]], by: By, zone: tzinfo) -> list[Span]:
    """In order of time; where nothing was watched there is none.

    Args:
        rows: whole minutes or hours since 1970; seconds, blind ones, those with a ship, frames, passages; and blind seconds by reason, as JSON
            objects with commas between them. In order of time, which is faster.
        by: days are made of hours, the others of themselves.
        zone: in which a day begins at midnight.
    """
    found: dict[float, tuple[Tallied, list[str]]] = {}
    begins = _midnight(zone) if by == "day" else _multiple(LENGTH_S[by])
    for number, *numbers, unknown in rows:
        begin = begins(number)
        if begin not in found:
            found[begin] = (Tallied(), [])
        tally, texts = found[begin]
        tally.add(*numbers)
        texts.append(unknown)
    for tally, texts in found.values():
        for each in json.loads(f"[{','.join(texts)}]"):  # all at once: a year has as many as it has hours
            tally.blind(each)
    return [_span(begin, tally, by, zone) for begin, (tally, _) in sorted(found.items(), key=lambda item: item[0])]


def _multiple(length: int) -> Callable[[int], float]:
    return lambda number: float(number * length)


def _midnight(zone: tzinfo) -> Callable[[int], float]:
    """Of the day that an hour begins in. Hours come in order, mostly: the day of the one before is tried first."""
    begin = end = 0.0

    def begins(hour: int) -> float:
        nonlocal begin, end
        if not begin <= 3600 * hour < end:
            there = datetime.fromtimestamp(3600 * hour, UTC).astimezone(zone)
            begin = there.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).timestamp()
            end = _next_midnight(begin, zone)
        return begin

    return begins


def _next_midnight(begin: float, zone: tzinfo) -> float:
    """After 23, 24 or 25 hours."""
    there = datetime.fromtimestamp(begin, UTC).astimezone(zone)
    return (there.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=zone).timestamp()


def _span(begin: float, tally: Tallied, by: By, zone: tzinfo) -> Span:
    end = _next_midnight(begin, zone) if by == "day" else begin + LENGTH_S[by]
    return Span(
        begin=begin,
        end=end,
        seconds=round(tally.seconds, 3),
        unknown=tally.reasons,
        ship_s=round(tally.ship_s, 3),
        frames=tally.frames,
        passages=tally.passages,
    )
