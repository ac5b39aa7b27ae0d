"""What a camera saw, added up over stretches of time: hours, minutes, or any other."""

from collections import Counter
from collections.abc import Callable
from typing import Generic, TypeVar

from stream.looking.detection import Detection

Key = TypeVar("Key", int, str)


class Tally:
    """Of one stretch. Seconds are of media time: `seconds` watched, of these `unknown` by reason, and `ship_s` with a ship in sight."""

    def __init__(self) -> None:
        self.seconds = self.ship_s = 0.0
        self.unknown: Counter[str] = Counter()
        self.frames = self.passages = 0

    def spend(self, detection: Detection, seconds: float) -> None:
        self.seconds += seconds
        if detection.state == "unknown":
            self.unknown[detection.reason or "unknown"] += seconds  # type: ignore[assignment]  # floats are counted, too
        elif detection.state == "ship":
            self.ship_s += seconds

    def join(self, other: "Tally") -> None:
        self.seconds += other.seconds
        self.ship_s += other.ship_s
        self.unknown.update(other.unknown)
        self.frames += other.frames
        self.passages += other.passages

    @property
    def reasons(self) -> dict[str, float]:
        """Blind seconds by reason, in order of the alphabet, to the millisecond."""
        return {reason: round(seconds, 3) for reason, seconds in sorted(self.unknown.items())}


class Stretches(Generic[Key]):
    """Adds up the detections of one camera. The state of a record holds until the next one comes, and counts where the record does.

    `tallies` are in order of time, or of their first record where the wall clock was set back.

    Args:
        key: the stretch that a detection falls into.
    """

    def __init__(self, key: Callable[[Detection], Key]) -> None:
        self.tallies: dict[Key, Tally] = {}
        self._key: Callable[[Detection], Key] = key
        self._last: Detection | None = None

    def add(self, detection: Detection, passages: int = 0) -> None:
        """`passages`: how many ended with this record."""
        tally = self._of(detection)
        tally.frames += detection.frame_id is not None
        tally.passages += passages
        last, self._last = self._last, detection
        if last is None or last.media_time is None or detection.media_time is None:
            return
        # Where no frame came, none came since the last one either.
        state = detection if detection.frame_id is None else last
        self._of(last).spend(state, max(0.0, detection.media_time - last.media_time))

    def ended(self, passages: int) -> None:
        """So many passages ended after the last record, or with it."""
        if self._last is not None:
            self._of(self._last).passages += passages

    def take_finished(self) -> list[tuple[Key, Tally]]:
        """All but the newest, which are then forgotten: a watch of months must not grow."""
        return [(key, self.tallies.pop(key)) for key in list(self.tallies)[:-1]]

    def _of(self, detection: Detection) -> Tally:
        return self.tallies.setdefault(self._key(detection), Tally())
