"""The daily log of one camera: passages and gaps, in order of time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stream.store.page import Stored
from stream.web.dayseen import DaySeen, Stretch
from stream.web.exports import line
from stream.web.moments import Zone

COLUMNS = (
    "kind",
    "begin",
    "end",
    "seconds",
    "reason",
    "box",
    "camera",
    "passage",
    "top_score",
    "zones",
    "ended",
    "unseen_s",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """Either a passage or a gap."""

    stretch: Stretch
    stored: Stored | None = None


def entries(day: DaySeen, passages: Sequence[Stored]) -> list[Entry]:
    """In order of time; `passages` in any."""
    found = [Entry(gap) for gap in day.gaps]
    for each in passages:
        begin = each.passage.start_time
        found.append(Entry(Stretch(begin, begin + each.passage.length_s), each))
    return sorted(found, key=lambda entry: entry.stretch.begin)


def as_csv(day: DaySeen, found: Sequence[Entry], begin: float, end: float, zone: Zone) -> Iterator[str]:
    """First the day as a whole: its seconds are those that are over, and reason tells what part of them was seen."""
    camera = day.camera
    share = "" if day.share is None else f"seen {day.share:.4f}"
    yield line(COLUMNS)
    over = min(end, begin + day.length)
    yield line(["day", zone.iso(begin), zone.iso(over), round(day.length), share, *camera, "", "", "", "", ""])
    for each in found:
        stretch = each.stretch
        times = [zone.iso(stretch.begin), zone.iso(stretch.end), round(stretch.seconds, 3)]
        if each.stored is None:
            yield line(["gap", *times, stretch.reason, *camera, "", "", "", "", ""])
            continue
        passage = each.stored.passage
        zones = ";".join(passage.zones)
        rest = [passage.id, passage.top_score, zones, passage.ended or "", passage.unseen_s]
        yield line(["passage", *times, "", *camera, *rest])
