"""What turns in a watch, in sentences: a camera goes blind or sees again, a ship comes or has gone, frames are dropped, a disk or a broker has its troubles."""

import time
from collections.abc import Iterator, Sequence

from stream.looking.pipeline import Look
from stream.session import Session
from stream.sinks.annotate import clock
from stream.summary import REASONS

OVERLOAD_S = 10.0
"""Frames that are dropped are told of so often."""


class Turns:
    """Remembers what was told, so that nothing is told twice."""

    def __init__(self) -> None:
        self._reasons: dict[str, str | None] = {}
        self._passages: dict[str, str] = {}
        self._dropped: dict[tuple[str, str], int] = {}
        self._troubles: dict[str, str] = {}
        self._at = time.monotonic()

    def of(self, session: Session, looks: Sequence[Look]) -> Iterator[str]:
        """After each batch, and when nothing happens. What a connection does is not among them."""
        for look in looks:
            yield from self._sight(look)
        for camera in {look.camera for look in looks}:
            yield from self._ships(session, camera)
        before, self._troubles = self._troubles, session.sinks.troubles()
        for place, trouble in self._troubles.items():
            if before.get(place) != trouble:
                yield f"{place}: {trouble}"
        for place in before.keys() - self._troubles.keys():
            yield f"{place}: goes on"
        if time.monotonic() - self._at >= OVERLOAD_S:
            self._at = time.monotonic()
            yield from self._losses(session)

    def _sight(self, look: Look) -> Iterator[str]:
        reason = look.detection.reason
        if look.frame.name is not None or look.frame.index is None:
            return  # still pictures, or what the connection's own line says
        before = self._reasons.get(look.camera)
        self._reasons[look.camera] = reason
        if reason != before:
            yield f"{look.camera}: sees again" if reason is None else f"{look.camera}: cannot see: {reason}"

    def _ships(self, session: Session, camera: str) -> Iterator[str]:
        passages = session.watches[camera].passages
        before = self._passages.get(camera)
        now = None if passages.told is None else passages.told.id
        if before is not None and before != now and passages.last is not None:
            yield f"{camera}: ship gone after {passages.last.length_s:.1f} s, surest {passages.last.top_score:.2f}"
        if now is not None and now != before and passages.told is not None:
            yield f"{camera}: ship in sight since {clock(passages.told.start_media)}"
        if now is None:
            self._passages.pop(camera, None)
        else:
            self._passages[camera] = now

    def _losses(self, session: Session) -> Iterator[str]:
        for camera in session.pipeline.cameras:
            for reason, count in session.pipeline.counts(camera).dropped.items():
                more = count - self._dropped.get((camera, reason), 0)
                self._dropped[camera, reason] = count
                if more and reason != "stopped":
                    yield f"{camera}: {more} frames dropped in {OVERLOAD_S:g} s: {REASONS[reason]}"
