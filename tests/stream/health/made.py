"""Vitals as they might be."""

from dataclasses import replace
from typing import Any

from stream.following.coverage import Hour
from stream.health.vitals import CameraVitals, Vitals
from stream.looking.post import Counts
from stream.sources.status import Status

NOW = 1000.0
UP = Status(phase="up", last_frame=NOW - 0.25, connections=3, reconnects={"lost": 1, "hung": 1}, decoder="software")
OFFLINE = Status(phase="offline", last_frame=NOW - 60, failures=2, trouble="nobody listens at rtsp://***@192.0.2.1")
WAITING = Status()


def camera(status: Status = UP, **rest: Any) -> CameraVitals:
    hour = Hour(camera="north", hour="all", seconds=100.0, unknown={"dark": 20.0}, ship_s=5.0, frames=70, passages=2)
    counts = Counts(read=100, skipped=10, recorded=70, dropped={"overload": 19}, waiting=1)
    made = CameraVitals(status, counts, {"ship": 10, "no_ship": 50, "unknown": 10}, {"new": 2, "end": 2}, hour)
    return replace(made, **rest)


def vitals(at: float = NOW, **cameras: CameraVitals) -> Vitals:
    return Vitals(at, cameras or {"north": camera()}, {"detections": 4}, {}, {})
