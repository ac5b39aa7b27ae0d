"""Coverage: for how much of the time a camera could see, hour by hour. No count means anything without it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field

from stream.following.tally import Stretches, Tally
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
        self._hours = Stretches(_hour_of)
        self._past = Tally()

    def add(self, detection: Detection, passages: int = 0) -> None:
        """`passages`: how many ended with this record."""
        self._hours.add(detection, passages)

    def ended(self, passages: int) -> None:
        """So many passages ended when the watch did, after the last record."""
        self._hours.ended(passages)

    def hours(self) -> Iterator[Hour]:
        """In order of time, or of their first record where the wall clock was set back."""
        for hour, tally in self._hours.tallies.items():
            yield self._as_hour(hour, tally)

    def total(self) -> Hour:
        """All hours together, forgotten ones too."""
        whole = Tally()
        for tally in (self._past, *self._hours.tallies.values()):
            whole.join(tally)
        return self._as_hour("all", whole)

    def take_finished(self) -> list[Hour]:
        """Hours but the newest, which are then forgotten: a watch of months must not grow."""
        finished = []
        for hour, tally in self._hours.take_finished():
            self._past.join(tally)
            finished.append(self._as_hour(hour, tally))
        return finished

    def _as_hour(self, hour: str, tally: Tally) -> Hour:
        return Hour(
            camera=self.camera,
            hour=hour,
            seconds=round(tally.seconds, 3),
            unknown=tally.reasons,
            ship_s=round(tally.ship_s, 3),
            frames=tally.frames,
            passages=tally.passages,
        )


def _hour_of(detection: Detection) -> str:
    if detection.time is not None:
        return datetime.fromisoformat(detection.time).strftime("%Y-%m-%dT%H")
    return str(int((detection.media_time or 0.0) // HOUR_S))
