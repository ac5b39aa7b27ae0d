"""How a watch is doing at one moment: plain data, made by the thread that watches, so that others may read it at any time."""

from collections.abc import Mapping
from dataclasses import dataclass

from stream.following.coverage import Hour
from stream.looking.post import Counts
from stream.session import Session
from stream.sources.status import Status


@dataclass(frozen=True, slots=True)
class CameraVitals:
    """Of one camera since it was added. `states` counts frames, `events` those of passages by type; `hour`: the whole time together."""

    status: Status
    counts: Counts
    states: Mapping[str, int]
    events: Mapping[str, int]
    hour: Hour


@dataclass(frozen=True, slots=True)
class Vitals:
    """`at`: when this was so, by the monotonic clock. Of outputs: how many items wait, how many were left out, what keeps them from being written."""

    at: float
    cameras: Mapping[str, CameraVitals]
    depths: Mapping[str, int]
    left_out: Mapping[str, int]
    troubles: Mapping[str, str]


def vitals_of(session: Session, now: float) -> Vitals:
    """To be called by the thread that runs the session."""
    cameras = {
        camera: CameraVitals(
            session.pipeline.status(camera),
            session.pipeline.counts(camera),
            dict(session.tallies[camera].states),
            dict(session.tallies[camera].events),
            session.watches[camera].coverage.total(),
        )
        for camera in session.pipeline.cameras
    }
    sinks = session.sinks
    left_out = sinks.left_out() | sinks.listeners.left_out()
    return Vitals(now, cameras, sinks.depths(), left_out, sinks.troubles())
