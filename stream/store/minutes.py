"""Coverage of one camera by the minute, as records that go on changing until the minute is over."""

from collections.abc import Callable
from datetime import datetime

from stream.following.tally import Stretches
from stream.looking.detection import Detection
from stream.store.records import MinuteRecord

MINUTE_S = 60


class Minutes:
    """Takes the detections of one camera in order.

    The state of a record holds until the next one comes and counts in the record's minute: of a camera that is looked at every 10 s, a minute may
    hold 10 s more or less than 60, and the next as many less or more. None is lost and none is counted twice.

    Args:
        camera: its name.
        number: gives another number at each call, over all starts of the box. A minute that is begun again, after a start or a step of the
            clock, is another part.
    """

    def __init__(self, camera: str, number: Callable[[], int]) -> None:
        self.camera, self._number = camera, number
        self._stretches = Stretches(_minute_of)
        self._parts: dict[int, int] = {}
        self._given: dict[int, MinuteRecord] = {}

    def add(self, detection: Detection) -> None:
        self._stretches.add(detection)

    def ended(self, passages: int) -> None:
        """So many passages ended with the last detection, or after it."""
        self._stretches.ended(passages)

    def take(self) -> list[MinuteRecord]:
        """Those that have changed since they were last taken."""
        found = []
        for minute in self._stretches.tallies:
            record = self._record(minute)
            if record != self._given.get(minute):
                self._given[minute] = record
                found.append(record)
        for minute, _ in self._stretches.take_finished():
            del self._parts[minute], self._given[minute]
        return found

    def _record(self, minute: int) -> MinuteRecord:
        if minute not in self._parts:
            self._parts[minute] = self._number()
        tally = self._stretches.tallies[minute]
        return MinuteRecord(
            camera=self.camera,
            minute=minute,
            part=self._parts[minute],
            seconds=round(tally.seconds, 3),
            unknown=tally.reasons,
            ship_s=round(tally.ship_s, 3),
            frames=tally.frames,
            passages=tally.passages,
        )


def _minute_of(detection: Detection) -> int:
    if detection.time is not None:
        return int(datetime.fromisoformat(detection.time).timestamp() // MINUTE_S)
    return int((detection.media_time or 0.0) // MINUTE_S)
