"""Counts of passages and their coverage, by minute, hour or day: what a page or a chart shows."""

from collections.abc import Callable, Iterable, Mapping
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


def spans(
    numbers: Iterable[tuple[Any, ...]], reasons: Iterable[tuple[int, Mapping[str, float]]], by: By, zone: tzinfo
) -> list[Span]:
    """In order of time; where nothing was watched there is none.

    Args:
        numbers: whole minutes or hours since 1970, and seconds, blind ones, those with a ship, frames, passages.
        reasons: the same minutes or hours, and blind seconds by reason.
        by: days are made of hours, the others of themselves.
        zone: in which a day begins at midnight.
    """
    found: dict[float, Tallied] = {}
    begins = _midnight(zone) if by == "day" else _multiple(LENGTH_S[by])
    for number, *rest in numbers:
        found.setdefault(begins(number), Tallied()).add(*rest)
    for number, unknown in reasons:
        found[begins(number)].blind(unknown)
    return [_span(begin, tally, by, zone) for begin, tally in sorted(found.items())]


def _multiple(length: int) -> Callable[[int], float]:
    return lambda number: float(number * length)


def _midnight(zone: tzinfo) -> Callable[[int], float]:
    """Of the day that an hour begins in."""
    known: dict[int, float] = {}

    def begins(hour: int) -> float:
        if hour not in known:
            there = datetime.fromtimestamp(3600 * hour, UTC).astimezone(zone)
            known[hour] = there.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).timestamp()
        return known[hour]

    return begins


def _span(begin: float, tally: Tallied, by: By, zone: tzinfo) -> Span:
    if by == "day":  # of 23, 24 or 25 hours
        there = datetime.fromtimestamp(begin, UTC).astimezone(zone)
        end = (there.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=zone).timestamp()
    else:
        end = begin + LENGTH_S[by]
    return Span(
        begin=begin,
        end=end,
        seconds=round(tally.seconds, 3),
        unknown=tally.reasons,
        ship_s=round(tally.ship_s, 3),
        frames=tally.frames,
        passages=tally.passages,
    )
