"""What each camera saw, minute by minute or hour by hour: what a time line is drawn from."""

import json
from collections.abc import Mapping
from typing import Literal, NamedTuple

from sqlalchemy import Connection, Text, case, cast, select

from stream.store.seen import Camera
from stream.store.spans import LENGTH_S
from stream.store.tables import hours, minutes

NOTHING: Mapping[str, float] = {}


class Watched(NamedTuple):
    """Of one camera, from `begin` on, seconds since 1970; the rest as in `Span`. A tuple, since a day has thousands of them."""

    camera: Camera
    begin: float
    seconds: float
    blind_s: float
    ship_s: float
    passages: int
    unknown: Mapping[str, float]


def watched(
    connection: Connection, by: Literal["minute", "hour"], first: int, last: int, ids: Mapping[int, Camera]
) -> list[Watched]:
    """In order of camera and time; a minute that was begun again stands there more than once.

    Args:
        by: which of the tables.
        first, last: whole minutes or hours since 1970; the last is not among them.
        ids: the cameras, by their ids in the store.
    """
    table = minutes if by == "minute" else hours
    number, c = table.c[by], table.c
    reasons = case((c.blind_s > 0, cast(c.unknown, Text)))  # most are not blind, and JSON takes long
    wanted = (
        select(c.camera_id, number, c.seconds, c.blind_s, c.ship_s, c.passages, reasons)
        .where(c.camera_id.in_(list(ids)), number >= first, number < last)
        .order_by(c.camera_id, number)
    )
    read: dict[str, Mapping[str, float]] = {}  # most reasons are alike

    def unknown(text: str | None) -> Mapping[str, float]:
        if text is None:
            return NOTHING
        if text not in read:
            read[text] = json.loads(text)
        return read[text]

    length = LENGTH_S[by]
    return [
        Watched(ids[camera], float(number * length), seconds, blind_s, ship_s, passages, unknown(text))
        for camera, number, seconds, blind_s, ship_s, passages, text in connection.execute(wanted).all()
    ]
