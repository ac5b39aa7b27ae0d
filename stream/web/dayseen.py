"""A day of one camera: when it could not see and why, and when a ship was there."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from stream.store.seen import Camera
from stream.store.watched import Watched

MINUTE_S = 60.0
CARRIED_S = 600.0
"""A camera that is looked at seldom sees on between two looks; the store counts all of that in the minute of the first."""
SETTLED_S = 20.0
"""What is younger may not be in the store yet: while a camera is tried again, for 10 s or more, nothing is said of it."""
LEAST_S = 1.0
"""Minutes are recorded to within less of their length: a shorter time in which nothing was recorded is none."""
UNWATCHED = "unwatched"
"""The reason of a gap in which nothing was recorded at all: rivereye did not run, or the camera was not among its own."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `begin` to `end`, seconds since 1970."""

    begin: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.begin


@dataclass(frozen=True, slots=True)
class Gap:
    """From `begin` to `end`, seconds since 1970: whole minutes of which less than half was seen. `reason`: what most of that was due to.

    `seconds`: for how long it was, to the second; with what of the minutes beside it was due to the same.
    """

    begin: float
    end: float
    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class DaySeen:
    """`first`: when what can be said of the day begins: with it, or with the first record of the camera. `length`: seconds since then that are over, without the last ones that the store may not have yet.

    `ships`: minutes with a ship in sight. `seen_s`, `blind` by reason, and `ship_s` are to the second, with moments that are too short to be gaps: together they are `length`.
    """

    camera: Camera
    first: float
    length: float
    seen_s: float = 0.0
    ship_s: float = 0.0
    passages: int = 0
    blind: Mapping[str, float] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    ships: tuple[Stretch, ...] = ()

    @property
    def share(self) -> float | None:
        """Of these seconds, what was seen: 0 to 1. None where there are none."""
        return min(1.0, self.seen_s / self.length) if self.length else None


@dataclass(slots=True)
class _Minute:
    seen: float = 0.0
    ship: float = 0.0
    blind: dict[str, float] = field(default_factory=dict)

    @property
    def told(self) -> float:
        return self.seen + sum(self.blind.values())


def day_seen(
    camera: Camera, rows: Iterable[Watched], begin: float, end: float, now: float, first: float | None
) -> DaySeen:
    """From its minutes between `begin` and `end`; of what comes after `now`, or before `first`, nothing is said. All in seconds since 1970.

    Args:
        first: see `CameraSeen`. Before it, nobody had set the camera up, or it was long ago.
    """
    minutes: dict[float, _Minute] = {}
    passages = 0
    for row in rows:
        minute = minutes.setdefault(row.begin, _Minute())
        minute.seen += row.seconds - row.blind_s
        minute.ship += row.ship_s
        passages += row.passages
        for reason, seconds in row.unknown.items():
            minute.blind[reason] = minute.blind.get(reason, 0.0) + seconds
    over = max(begin, min(end, now))
    since = over if first is None else min(over, max(begin, first))
    told = max((at + minute.told for at, minute in minutes.items()), default=since)
    if now < end and 0 < now - told < SETTLED_S:
        over = max(since, told)
    seen_s = sum(each.seen for each in minutes.values())
    blind: dict[str, float] = {}
    for minute in minutes.values():
        for reason, seconds in minute.blind.items():
            blind[reason] = blind.get(reason, 0.0) + seconds
    unwatched = over - since - seen_s - sum(blind.values())
    if unwatched >= LEAST_S:
        blind[UNWATCHED] = unwatched
    return DaySeen(
        camera=camera,
        first=since,
        length=over - since,
        seen_s=seen_s,
        ship_s=sum(each.ship for each in minutes.values()),
        passages=passages,
        blind=dict(sorted(blind.items(), key=_seconds, reverse=True)),
        gaps=tuple(_gaps(minutes, since, over)),
        ships=tuple(_ships(minutes)),
    )


def days_seen(
    cameras: Mapping[Camera, float | None], rows: Iterable[Watched], begin: float, end: float, now: float
) -> list[DaySeen]:
    """One of each camera, in their order; to each belongs its `first`."""
    mine: dict[Camera, list[Watched]] = {each: [] for each in cameras}
    for row in rows:
        if row.camera in mine:
            mine[row.camera].append(row)
    return [day_seen(camera, mine[camera], begin, end, now, first) for camera, first in cameras.items()]


def _gaps(minutes: Mapping[float, _Minute], begin: float, over: float) -> Iterator[Gap]:
    """Neighbours of the same reason are one. A gap began within the minute before, and ended within the one after it, where its reason counts there."""
    found: list[Gap] = []
    for each in _lost(minutes, begin, over):
        if found and found[-1].end == each.begin and found[-1].reason == each.reason:
            last = found.pop()
            each = Gap(last.begin, each.end, last.reason, last.seconds + each.seconds)
        found.append(each)
    counted: set[tuple[float, str]] = set()
    for gap in found:
        beside = {(at, gap.reason) for at in (gap.begin - MINUTE_S, gap.end) if at in minutes} - counted
        counted |= beside
        yield replace(
            gap, seconds=gap.seconds + sum(_due(minutes[at], at, reason, begin, over) for at, reason in beside)
        )


def _due(minute: _Minute, at: float, reason: str, begin: float, over: float) -> float:
    """Seconds of a minute that were lost for this reason."""
    if reason != UNWATCHED:
        return minute.blind.get(reason, 0.0)
    return max(0.0, min(at + MINUTE_S, over) - max(at, begin) - minute.told)


def _lost(minutes: Mapping[float, _Minute], begin: float, over: float) -> Iterator[Gap]:
    """Minute by minute."""
    carried, at = 0.0, begin
    while at < over:
        start = at // MINUTE_S * MINUTE_S  # of a camera that is new, the first minute is shorter
        until = min(start + MINUTE_S, over)
        minute = minutes.get(start)
        seen = carried + (minute.seen if minute else 0.0)
        if seen < (until - at) / 2:
            if minute and minute.blind:
                yield Gap(at, until, *max(minute.blind.items(), key=_seconds))
            else:
                yield Gap(at, until, UNWATCHED, until - at - seen)
        carried = min(CARRIED_S, max(0.0, seen - MINUTE_S))
        at = until


def _ships(minutes: Mapping[float, _Minute]) -> Iterator[Stretch]:
    """Neighbours are one."""
    last: Stretch | None = None
    for at in sorted(at for at, minute in minutes.items() if minute.ship > 0):
        if last is not None and last.end == at:
            last = Stretch(last.begin, at + MINUTE_S)
            continue
        if last is not None:
            yield last
        last = Stretch(at, at + MINUTE_S)
    if last is not None:
        yield last


def _seconds(counted: tuple[str, float]) -> float:
    return counted[1]
