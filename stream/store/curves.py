"""How sure the network was while a ship passed: of each passage a short row of scores."""

from collections.abc import Sequence
from dataclasses import dataclass

from stream.following.passage import Passage
from stream.looking.detection import Detection
from stream.store.records import CurveRecord

POINTS = 64
"""A byte each: of a million passages, 64 MB."""
LEAD_S = 5.0
"""Before the first frame with the ship, and after the last."""
MOST = 1000
"""Scores of one camera in memory: of a passage that lasts for hours, neighbours become one."""
HOLE_S = 1.0
"""Without a score for longer than this, and than two steps, nothing was seen."""
STEPS, NOTHING = 250, 255
"""Scores are kept in such parts of 1; NOTHING is where none was: no frame, or nothing to be seen."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Scores, each of the surest frame in `step` seconds; None where there was none. `begin`: of the first, seconds from the passage's start."""

    begin: float
    step: float
    scores: tuple[float | None, ...]

    @classmethod
    def read(cls, begin: float, step: float, scores: bytes) -> "Curve":
        return cls(begin, step, tuple(None if each > STEPS else each / STEPS for each in scores))


class Curves:
    """Takes the detections of one camera in order, and gives the curve of a passage when it has ended."""

    def __init__(self) -> None:
        self._points: list[tuple[float, float]] = []
        self._passing = False

    def add(self, detection: Detection) -> None:
        if detection.media_time is None or detection.confidence is None:
            return
        self._points.append((detection.media_time, detection.confidence))
        if len(self._points) > MOST:
            self._points = _thinned(self._points) if self._passing else self._points[MOST // 2 :]

    def began(self) -> None:
        """A passage is under way: from now on, nothing is forgotten."""
        self._passing = True

    def ended(self, passage: Passage) -> CurveRecord | None:
        """Its curve; None where nothing is known of it."""
        self._passing = False
        begin, end = passage.start_media - LEAD_S, passage.start_media + passage.length_s + LEAD_S
        record = _curve(passage, [each for each in self._points if begin <= each[0] <= end])
        self._points = self._points[-MOST // 2 :]
        return record


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Of each two neighbours the surer one."""
    return [max(points[at : at + 2], key=lambda each: each[1]) for at in range(0, len(points), 2)]


def _curve(passage: Passage, points: Sequence[tuple[float, float]]) -> CurveRecord | None:
    if not points:
        return None
    first, last = points[0][0], points[-1][0]
    count = min(POINTS, len(points))
    step = (last - first) / max(1, count - 1) or 1.0
    scores = bytearray([NOTHING] * count)
    before, last_place = first, 0
    for at, confidence in points:
        place = min(count - 1, round((at - first) / step))
        if at - before <= max(HOLE_S, 2 * step):  # frames do not come like clockwork
            scores[last_place + 1 : place] = bytes([scores[last_place]] * (place - last_place - 1))
        score = round(STEPS * confidence)
        scores[place] = score if scores[place] == NOTHING else max(scores[place], score)
        before, last_place = at, place
    return CurveRecord(
        passage=passage.id,
        begin=round(first - passage.start_media, 3),
        step=round(step, 4),
        scores=bytes(scores).hex(),
    )
