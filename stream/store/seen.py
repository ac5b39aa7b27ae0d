"""What a store says of cameras and settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, ScalarSelect, func, select

from stream.store.tables import boxes, cameras, minutes


class Camera(NamedTuple):
    """By the box that watches with it, and its name there."""

    box: str
    name: str


@dataclass(frozen=True, slots=True)
class CameraSeen:
    """How a camera was when it was last told, `at`. `seen`: when its box last wrote anything, to about 10 s. All times are of the wall clock of
    the box, in seconds since 1970; what was never told is None. `first`: when its first record that is kept begins, of what it saw or could
    not see. The rest: see `Status`.
    """

    camera: Camera
    seen: float
    phase: str | None
    trouble: str | None
    decoder: str | None
    connections: int | None
    failures: int | None
    last_frame: float | None
    at: float | None
    first: float | None = None


@dataclass(frozen=True, slots=True)
class Ran:
    """Settings that ran from `at` on, by the wall clock."""

    at: float
    settings: Mapping[str, Any]


def cameras_seen(connection: Connection) -> list[CameraSeen]:
    """All, in order of box and name."""
    first = _first_minute()
    began = select(func.sum(minutes.c.seconds)).where(minutes.c.camera_id == cameras.c.id, minutes.c.minute == first)
    wanted = (
        select(
            cameras,
            boxes.c.name.label("box_name"),
            boxes.c.seen,
            first.label("first"),
            began.correlate(cameras).scalar_subquery().label("began"),
        )
        .join_from(cameras, boxes)
        .order_by(boxes.c.name, cameras.c.name)
    )
    return [
        CameraSeen(
            camera=Camera(row.box_name, row.name),
            seen=row.seen,
            phase=row.phase,
            trouble=row.trouble,
            decoder=row.decoder,
            connections=row.connections,
            failures=row.failures,
            last_frame=row.last_frame,
            at=row.at,
            # Records go on to the end of the first minute, mostly.
            first=None if row.first is None else 60.0 * row.first + max(0.0, 60.0 - row.began),
        )
        for row in connection.execute(wanted)
    ]


def _first_minute() -> ScalarSelect[Any]:
    """Of a camera of the query around it; the table is in this order."""
    table = minutes.alias()
    return (
        select(func.min(table.c.minute)).where(table.c.camera_id == cameras.c.id).correlate(cameras).scalar_subquery()
    )
