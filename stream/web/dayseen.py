"""A day of one camera: when it could not see and why, and when a ship was there."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stream.store.seen import Camera
from stream.store.watched import Watched

MINUTE_S = 60.0
CARRIED_S = 600.0
"""A camera that is looked at seldom sees on between two looks; the store counts all of that in the minute of the first."""
SETTLED_S = 10.0
"""What is younger may not be in the store yet."""
UNWATCHED = "unwatched"
"""The reason of a gap in which nothing was recorded at all: rivereye did not run, or the camera was not among its own."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `begin` to `end`, seconds since 1970. `reason`: of a gap."""

    begin: float
    end: float
    reason: str = ""

    @property
    def seconds(self) -> float:
        return self.end - self.begin


@dataclass(frozen=True, slots=True)
class DaySeen:
    """`length`: seconds of the day that are over. `gaps`: whole minutes of which less than half was seen. `ships`: minutes with a ship in sight.

    `seen_s`, `blind` by reason, and `ship_s` are to the second, with moments that are too short to be gaps.
    """

    camera: Camera
    length: float
    seen_s: float = 0.0
    ship_s: float = 0.0
    passages: int = 0
    blind: Mapping[str, float] = field(default_factory=dict)
    gaps: tuple[Stretch, ...] = ()
    ships: tuple[Stretch, ...] = ()

    @property
    def share(self) -> float | None:
        """Of the day so far, what was seen: 0 to 1. None where it has not begun."""
        return min(1.0, self.seen_s / self.length) if self.length else None


@dataclass(slots=True)
class _Minute:
    seen: float = 0.0
    ship: float = 0.0
    blind: Counter[str] = field(default_factory=Counter)


def day_seen(camera: Camera, rows: Iterable[Watched], begin: float, end: float, now: float) -> DaySeen:
    """From its minutes between `begin` and `end`; of what comes after `now` nothing is said. All in seconds since 1970."""
    minutes: dict[float, _Minute] = {}
    passages = 0
    for row in rows:
        minute = minutes.setdefault(row.begin, _Minute())
        minute.seen += row.seconds - row.blind_s
        minute.ship += row.ship_s
        passages += row.passages
        for reason, seconds in row.unknown.items():
            minute.blind[reason] += seconds  # type: ignore[assignment]  # floats are counted, too
    over = max(begin, min(end, now))
    blind: Counter[str] = Counter()
    for minute in minutes.values():
        blind.update(minute.blind)
    return DaySeen(
        camera=camera,
        length=over - begin,
        seen_s=sum(each.seen for each in minutes.values()),
        ship_s=sum(each.ship for each in minutes.values()),
        passages=passages,
        blind=dict(blind.most_common()),
        gaps=tuple(_joined(_gaps(minutes, begin, over))),
        ships=tuple(_joined(Stretch(at, at + MINUTE_S) for at in sorted(minutes) if minutes[at].ship > 0)),
    )


def days_seen(
    cameras: Sequence[Camera], rows: Iterable[Watched], begin: float, end: float, now: float
) -> list[DaySeen]:
    """One of each camera, in their order."""
    mine: dict[Camera, list[Watched]] = {each: [] for each in cameras}
    for row in rows:
        if row.camera in mine:
            mine[row.camera].append(row)
    return [day_seen(camera, mine[camera], begin, end, now) for camera in cameras]


def _gaps(minutes: Mapping[float, _Minute], begin: float, over: float) -> Iterable[Stretch]:
    carried, at = 0.0, begin
    while at < over:
        until = min(at + MINUTE_S, over)
        minute = minutes.get(at)
        seen = carried + (minute.seen if minute else 0.0)
        young = until == over and until - at < SETTLED_S
        if seen < (until - at) / 2 and not young:
            reason = minute.blind.most_common(1)[0][0] if minute and minute.blind else UNWATCHED
            yield Stretch(at, until, reason)
        carried = min(CARRIED_S, max(0.0, seen - MINUTE_S))
        at = until


def _joined(stretches: Iterable[Stretch]) -> Iterable[Stretch]:
    """Neighbours of the same reason are one."""
    last: Stretch | None = None
    for each in stretches:
        if last is not None and last.end == each.begin and last.reason == each.reason:
            last = Stretch(last.begin, each.end, last.reason)
            continue
        if last is not None:
            yield last
        last = each
    if last is not None:
        yield last
