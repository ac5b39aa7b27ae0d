"""Coverage: for how much of the time a camera could see, hour by hour. No count means anything without it."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field

from stream.looking.detection import Detection

HOUR_S = 3600.0


class Hour(BaseModel):
    """What one camera saw in one hour. Seconds are of media time, so that no clock step makes or loses any."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_: Annotated[Literal["rivereye/hour/1"], Field(alias="schema")] = "rivereye/hour/1"
    camera: str
    hour: Annotated[
        str,
        Field(
            description="Where it begins: 2026-11-25T17 (UTC, by the wall clock), or of a recording its number from 0."
        ),
    ]
    seconds: Annotated[float, Field(ge=0, description="Watched, blind or not.")]
    unknown: Annotated[dict[str, float], Field(description="Of these, blind ones, by reason.")]
    ship_s: Annotated[float, Field(ge=0, description="Of these, with a ship in sight.")]
    frames: Annotated[int, Field(ge=0, description="Frames recorded, blind or not.")]
    passages: Annotated[int, Field(ge=0, description="That ended in this hour.")]

    @computed_field(description="Share of the seconds in which the camera could see; null where there are none.")  # type: ignore[prop-decorator]
    @property
    def coverage(self) -> float | None:
        return round(1 - sum(self.unknown.values()) / self.seconds, 4) if self.seconds else None


class Coverage:
    """Adds up the detections of one camera. The state of a record holds until the next one comes."""

    def __init__(self, camera: str) -> None:
        self.camera = camera
        self._hours: dict[str, _Tally] = {}
        self._past = _Tally()
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
        """So many passages ended when the watch did, after the last record."""
        if self._last is not None:
            self._of(self._last).passages += passages

    def hours(self) -> Iterator[Hour]:
        """In order of time, or of their first record where the wall clock was set back."""
        for hour, tally in self._hours.items():
            yield tally.as_hour(self.camera, hour)

    def total(self) -> Hour:
        """All hours together, forgotten ones too."""
        whole = _Tally()
        for tally in (self._past, *self._hours.values()):
            whole.join(tally)
        return whole.as_hour(self.camera, "all")

    def take_finished(self) -> list[Hour]:
        """Hours but the newest, which are then forgotten: a watch of months must not grow."""
        finished = []
        for hour in list(self._hours)[:-1]:
            tally = self._hours.pop(hour)
            self._past.join(tally)
            finished.append(tally.as_hour(self.camera, hour))
        return finished

    def _of(self, detection: Detection) -> "_Tally":
        return self._hours.setdefault(_hour_of(detection), _Tally())


class _Tally:
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

    def join(self, other: "_Tally") -> None:
        self.seconds += other.seconds
        self.ship_s += other.ship_s
        self.unknown.update(other.unknown)
        self.frames += other.frames
        self.passages += other.passages

    def as_hour(self, camera: str, hour: str) -> Hour:
        return Hour(
            camera=camera,
            hour=hour,
            seconds=round(self.seconds, 3),
            unknown={reason: round(seconds, 3) for reason, seconds in sorted(self.unknown.items())},
            ship_s=round(self.ship_s, 3),
            frames=self.frames,
            passages=self.passages,
        )


def _hour_of(detection: Detection) -> str:
    if detection.time is not None:
        return datetime.fromisoformat(detection.time).strftime("%Y-%m-%dT%H")
    return str(int((detection.media_time or 0.0) // HOUR_S))
