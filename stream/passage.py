"""Passages: stretches of time in which a ship is in sight."""

from dataclasses import dataclass, replace

from stream.detection import Detection

BRIDGE_S = 2.0
"""A ship unseen for at most this long, behind a pole or in a gust of spray, is the same passage."""
SHORTEST_S = 0.5
"""A shorter sight is taken for a false alarm."""


@dataclass(frozen=True, slots=True)
class Passage:
    """`start`, `end`: media time in seconds of the first and last frame with a ship.

    `best_frame` is the frame of the highest confidence, `best_time` its media time, `top_score` that
    confidence.
    """

    camera: str
    start: float
    end: float
    top_score: float
    best_frame: int
    best_time: float

    @property
    def length(self) -> float:
        """Seconds."""
        return self.end - self.start


class Passages:
    """Collects passages from detections in order of time.

    Args:
        bridge: seconds without a ship that do not end a passage.
        shortest: seconds below which a sight is no passage.
    """

    def __init__(self, bridge: float = BRIDGE_S, shortest: float = SHORTEST_S) -> None:
        self.bridge, self.shortest = bridge, shortest
        self.ended: list[Passage] = []
        self.open: Passage | None = None

    def add(self, detection: Detection) -> bool:
        """Takes the next detection; it needs a media time. Says whether it is the best of its passage so far."""
        now, score = detection.media_time, detection.confidence
        if now is None:
            return False
        if self.open is not None and now - self.open.end > self.bridge:
            self.finish()
        if detection.state != "ship" or score is None:
            return False
        if self.open is None:
            self.open = Passage(detection.camera, now, now, score, detection.frame_id, now)
            return True
        self.open = replace(self.open, end=now)
        if score <= self.open.top_score:
            return False
        self.open = replace(self.open, top_score=score, best_frame=detection.frame_id, best_time=now)
        return True

    def finish(self) -> bool:
        """Ends the open passage, if there is one. Says whether it was long enough to be kept."""
        ending, self.open = self.open, None
        if ending is None or ending.length < self.shortest:
            return False
        self.ended.append(ending)
        return True
