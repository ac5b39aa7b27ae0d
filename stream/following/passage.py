"""Passages: stretches of time in which a ship is in sight, and the news of them, in the shape that Frigate gives its events."""

import hashlib
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.card import Probability
from models.picture import Box
from stream.looking.detection import Detection

BRIDGE_S = 2.0
"""A ship unseen for at most this long, behind a pole or in a gust of spray, is the same passage."""
SHORTEST_S = 0.5
"""A shorter sight is taken for a false alarm."""
FORGET_S = 60.0
"""Of a camera blind for longer than this, nobody can say whether it is still the same ship."""
UPDATE_S = 1.0
"""News of a better look come at most so often."""

Ended = Literal["left", "blind", "stopped"]
"""The ship was gone; the camera was blind for too long; the watch or the recording ended while it was in sight."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Passage(_Part):
    """One ship's passage, as far as it is known. Names that Frigate has mean what they mean there."""

    id: Annotated[str, Field(description="Start time and six letters made from it and the camera's name.")]
    camera: str
    label: Literal["ship"] = "ship"
    start_time: Annotated[float, Field(description="Of the first frame with the ship, by `clock`, in seconds.")]
    end_time: Annotated[float | None, Field(description="Of the last one; null while the passage lasts.")] = None
    clock: Annotated[
        Literal["wall", "media"],
        Field(description="wall: seconds since 1970, a label only. media: seconds from the start of a recording."),
    ]
    frame_time: Annotated[float, Field(description="Of the newest frame with the ship, by `clock`.")]
    length_s: Annotated[
        float, Field(description="From the first to the newest frame with the ship; no clock step touches it.")
    ]
    unseen_s: Annotated[float, Field(description="Of these seconds, those in which the camera was blind.")] = 0.0
    ended: Annotated[Ended | None, Field(description="Why it ended; null while it lasts.")] = None
    score: Annotated[Probability, Field(description="Confidence of the newest frame with the ship.")]
    top_score: Annotated[Probability, Field(description="Of the best frame.")]
    best_frame: Annotated[int, Field(description="frame_id of the best frame.")]
    best_time: Annotated[float, Field(description="media_time of the best frame.")]
    start_media: Annotated[float, Field(description="media_time of the first frame with the ship.")]
    box: Annotated[Box, Field(description="Where, in the best frame: [x_min, y_min, x_max, y_max] in pixels.")]
    zones: Annotated[tuple[str, ...], Field(description="Named zones in which it was seen.")] = ()
    has_snapshot: bool = False
    has_clip: Literal[False] = False
    active: bool = True

    @property
    def end(self) -> float:
        """Media time in seconds of the last frame with the ship."""
        return self.start_media + self.length_s


class PassageEvent(_Part):
    """`before` is what the last event of this passage said."""

    schema_: Annotated[Literal["rivereye/passage/1"], Field(alias="schema")] = "rivereye/passage/1"
    type: Literal["new", "update", "end"]
    before: Passage | None
    after: Passage


class Passages:
    """Makes passages from the detections of one camera, in order of time.

    Args:
        bridge: seconds without a ship that do not end a passage.
        shortest: seconds below which a sight is no passage.
        forget: seconds of blindness that end one.
        leave: confidence below which a ship in sight has left; None: where the state is no longer `ship`.
        snapshots: whether the best frame is kept as a picture.
    """

    def __init__(
        self,
        bridge: float = BRIDGE_S,
        shortest: float = SHORTEST_S,
        forget: float = FORGET_S,
        leave: float | None = None,
        snapshots: bool = False,
    ) -> None:
        self.bridge, self.shortest, self.forget, self.leave, self.snapshots = bridge, shortest, forget, leave, snapshots
        self.open: Passage | None = None
        self.last: Passage | None = None
        """The one that ended last."""
        self.ended: int = 0
        self._told: Passage | None = None
        self._told_at = 0.0
        self._before: Detection | None = None
        self._blind = 0.0
        self.best_now = False
        """Whether the detection that was added last is the best of its passage so far."""

    def add(self, detection: Detection) -> list[PassageEvent]:
        """Takes the next detection, and returns what there is to tell. One without a media time says nothing of passages."""
        now = detection.media_time
        self.best_now = False
        if now is None:
            return []
        before = self._before
        if before is not None and (before.state == "unknown" or detection.frame_id is None):
            self._blind += now - (before.media_time or 0.0)
        events = self._end_if_over(now)
        self._before = detection
        if self._in_sight(detection):
            events += self._see(detection, now)
        return events

    def finish(self, why: Ended = "stopped") -> list[PassageEvent]:
        """Ends the open passage. One that was too short was never told of, and is not now."""
        ending, told = self.open, self._told
        self.open = self._told = None
        self._blind = 0.0
        if ending is None or told is None:
            return []
        self.ended += 1
        after = self.last = ending.model_copy(update={"end_time": ending.frame_time, "ended": why, "active": False})
        return [PassageEvent(type="end", before=told, after=after)]

    @property
    def told(self) -> Passage | None:
        """The one under way, as the last event told of it; None where there is none yet."""
        return self._told

    def _in_sight(self, detection: Detection) -> bool:
        if detection.confidence is None or detection.state == "unknown":
            return False
        stays = self.open is not None and self.leave is not None and detection.confidence >= self.leave
        return detection.state == "ship" or stays

    def _end_if_over(self, now: float) -> list[PassageEvent]:
        if self.open is None:
            self._blind = 0.0
            return []
        if self._blind > self.forget:
            return self.finish("blind")
        # Rounded, as 0.1 + 0.2 is more than 0.3.
        return self.finish("left") if round(now - self.open.end - self._blind, 6) > self.bridge else []

    def _see(self, detection: Detection, now: float) -> list[PassageEvent]:
        assert detection.confidence is not None
        if self.open is None:
            self.open, self.best_now = _begin(detection, now, self.snapshots), True
        else:
            self.best_now = detection.confidence > self.open.top_score
            self.open = _extend(self.open, detection, now, self._blind, self.best_now)
        self._blind = 0.0
        return self._tell(now)

    def _tell(self, now: float) -> list[PassageEvent]:
        passage, told = self.open, self._told
        assert passage is not None
        if told is None:
            if passage.length_s < self.shortest:
                return []
            kind: Literal["new", "update"] = "new"
        else:
            news = passage.top_score > told.top_score or passage.unseen_s > told.unseen_s or passage.zones != told.zones
            if not news or now - self._told_at < UPDATE_S:
                return []
            kind = "update"
        self._told, self._told_at = passage, now
        return [PassageEvent(type=kind, before=told, after=passage)]


def _begin(detection: Detection, now: float, snapshot: bool) -> Passage:
    assert detection.confidence is not None
    clock: Literal["wall", "media"] = "media" if detection.time is None else "wall"
    start = _moment(detection, now)
    letters = hashlib.sha256(f"{detection.camera} {start:.6f}".encode()).hexdigest()[:6]
    return Passage(
        id=f"{start:.6f}-{letters}",
        camera=detection.camera,
        start_time=start,
        clock=clock,
        frame_time=start,
        length_s=0.0,
        score=detection.confidence,
        top_score=detection.confidence,
        best_frame=detection.frame_id or 0,
        best_time=now,
        start_media=now,
        box=detection.boxes[0] if detection.boxes else detection.surest.box,
        zones=detection.zones,
        has_snapshot=snapshot,
    )


def _extend(passage: Passage, detection: Detection, now: float, blind: float, best: bool) -> Passage:
    fresh: dict[str, object] = {
        "frame_time": _moment(detection, now),
        "length_s": round(now - passage.start_media, 6),
        "unseen_s": round(passage.unseen_s + blind, 3),
        "score": detection.confidence,
        "zones": (*passage.zones, *(zone for zone in detection.zones if zone not in passage.zones)),
    }
    if best:
        fresh |= {
            "top_score": detection.confidence,
            "best_frame": detection.frame_id,
            "best_time": now,
            "box": detection.boxes[0] if detection.boxes else detection.surest.box,
        }
    return passage.model_copy(update=fresh)


def _moment(detection: Detection, now: float) -> float:
    """By the passage's clock, in seconds."""
    return now if detection.time is None else round(datetime.fromisoformat(detection.time).timestamp(), 3)
