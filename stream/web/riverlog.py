"""The daily log of one camera: passages and gaps, in order of time."""

from collections.abc import Sequence
from dataclasses import dataclass

from stream.store.page import Stored
from stream.store.seen import Camera
from stream.web.dayseen import DaySeen, Gap, Stretch
from stream.web.exports import lines
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
    "seen_s",
    "share",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """Either a passage or a gap."""

    stretch: Stretch | Gap
    stored: Stored | None = None


def entries(day: DaySeen, passages: Sequence[Stored]) -> list[Entry]:
    """In order of time; `passages` in any."""
    found = [Entry(gap) for gap in day.gaps]
    for each in passages:
        begin = each.passage.start_time
        found.append(Entry(Stretch(begin, begin + each.passage.length_s), each))
    return sorted(found, key=lambda entry: entry.stretch.begin)


def as_csv(day: DaySeen, found: Sequence[Entry], zone: Zone) -> str:
    """First the day as a whole: its seconds are those since the first record that are over; `seen_s` and `share` tell how many of them were seen."""
    times = [zone.iso(day.first), zone.iso(day.first + day.length), round(day.length)]
    seen = ["", ""] if day.share is None else [round(day.seen_s, 3), f"{day.share:.4f}"]
    first = ["day", *times, "", *day.camera, "", "", "", "", "", *seen]
    return lines([COLUMNS, first, *([*_cells(each, day.camera, zone), "", ""] for each in found)])


def _cells(entry: Entry, camera: Camera, zone: Zone) -> Sequence[object]:
    stretch = entry.stretch
    times = [zone.iso(stretch.begin), zone.iso(stretch.end), round(stretch.seconds, 3)]
    if isinstance(stretch, Gap):
        return ["gap", *times, stretch.reason, *camera, "", "", "", "", ""]
    assert entry.stored is not None
    passage = entry.stored.passage
    zones = ";".join(passage.zones)
    return ["passage", *times, "", *camera, passage.id, passage.top_score, zones, passage.ended or "", passage.unseen_s]
