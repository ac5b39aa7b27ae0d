"""Which frames of a source are looked at; the others are decoded, but neither converted nor copied."""

from dataclasses import dataclass
from typing import Literal

from models.errors import UsageError

SLACK_S = 1e-6
"""0.7 + 0.1 is less than 0.8; a frame that is due now is not late by this."""
ROUNDED_S = 0.0006
"""Some containers keep whole milliseconds: of 30 frames a second the second comes at 0.033, which is due at 30 a second."""

Verdict = Literal["take", "skip", "stop"]


@dataclass(frozen=True, slots=True)
class Pace:
    """`start`, `end`: media time in seconds, the end excluded. `fps`: looks a second of media time at most. `stride`: every n-th frame.

    Raises UsageError: they leave nothing.
    """

    start: float | None = None
    end: float | None = None
    fps: float | None = None
    stride: int = 1

    def __post_init__(self) -> None:
        if self.end is not None and self.end <= (self.start or 0.0):
            raise UsageError(
                f"nothing lies between --start {self.start or 0:g} and --end {self.end:g}; the end must be later"
            )


class Pacer:
    """Goes through the frames of one source in order."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self._inside = 0
        self._due = 0.0

    def judge(self, media_time: float | None) -> Verdict:
        """What to do with the next frame; of still pictures, which have no time, only the stride counts."""
        pace = self.pace
        if media_time is not None:
            if pace.end is not None and media_time >= pace.end - SLACK_S:
                return "stop"
            if pace.start is not None and media_time < pace.start - SLACK_S:
                return "skip"
        self._inside += 1
        if (self._inside - 1) % pace.stride:
            return "skip"
        if pace.fps is None or media_time is None:
            return "take"
        if media_time < self._due - ROUNDED_S:
            return "skip"
        # A late frame does not delay those after it, and after a gap looks fall where they would have without.
        self._due += 1 / pace.fps
        if self._due < media_time - ROUNDED_S:
            self._due = (int(media_time * pace.fps) + 1) / pace.fps
        return "take"


def advanced(stamp: float | None, previous: float, fps: float | None) -> float:
    """A frame's time stamp in seconds; where there is none, or it does not advance beyond the `previous` one, the frame rate's. `previous`: below 0
    for the first frame."""
    if stamp is not None and stamp > previous:
        return stamp
    return previous + 1 / (fps or 25) if previous >= 0 else 0.0
