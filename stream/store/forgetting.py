"""What has grown too old goes, a little at a time."""

from collections.abc import Iterator

from sqlalchemy import Column, ColumnElement, Connection, Engine, Table, delete, func, select, tuple_

from models.errors import UsageError
from stream.store.engine import engine_for, transaction
from stream.store.migrating import prepare
from stream.store.place import Place, place_named
from stream.store.tables import boxes, cameras, curves, hours, minutes, passages, settings

PIECE = 1000
"""Passages or hours that go in one transaction."""
PIECE_MINUTES = 1440
ENDLESS = 2**31 - 1
"""Later than any minute."""
WAIT_S = 10.0
"""For another writer of an SQLite store; each of them waits for a transaction of this one at most, some milliseconds."""


def forget(place: str, older_than: float) -> dict[str, int]:
    """Deletes passages and coverage of all boxes from before that moment, in small transactions. Returns how many rows of each table went.

    Whole hours stay or go; a passage that was still seen later stays, and so do settings. An SQLite file does not shrink: what is free in it is
    filled again.

    Args:
        place: a path, or an address of a store.
        older_than: seconds since 1970.

    Raises:
        UsageError, StoreAway, StoreError: see `upgrade`. What was deleted until then is gone.
    """
    there = place_named(place)
    engine = engine_for(there, write=True, busy_s=WAIT_S)
    try:
        prepare(engine, there)
        hour, table = int(older_than // 3600), passages.c
        return {
            "passages": sum(_passages(engine, there, table.start_time < older_than, table.frame_time < older_than)),
            "minutes": sum(_tallies(engine, there, minutes, minutes.c.minute, 60 * hour, PIECE_MINUTES)),
            "hours": sum(_tallies(engine, there, hours, hours.c.hour, hour, PIECE)),
        }
    finally:
        engine.dispose()


def forget_box(place: str, box: str, camera: str | None = None) -> dict[str, int]:
    """Deletes a box and all that it wrote, or one camera of it, as `forget` does. A camera that is still watched comes back with its next record.

    Raises:
        UsageError: there is no such box or camera; or see `upgrade`.
        StoreAway, StoreError: see `upgrade`. What was deleted until then is gone, and the rest goes if it is called again.
    """
    there = place_named(place)
    engine = engine_for(there, write=True, busy_s=WAIT_S)
    try:
        prepare(engine, there)
        with transaction(engine, there) as connection:
            box_id, ids = _named(connection, there, box, camera)
        gone = {
            "passages": sum(_passages(engine, there, passages.c.camera_id.in_(ids))),
            "minutes": sum(_tallies(engine, there, minutes, minutes.c.minute, ENDLESS, PIECE_MINUTES, ids)),
            "hours": sum(_tallies(engine, there, hours, hours.c.hour, ENDLESS, PIECE, ids)),
        }
        with transaction(engine, there) as connection:
            _names(connection, ids, box_id if camera is None else None)
        return gone | {"cameras": len(ids)}
    finally:
        engine.dispose()


def _named(connection: Connection, place: Place, box: str, camera: str | None) -> tuple[int, list[int]]:
    """Number of the box, and of its cameras, or of the one. Raises UsageError: there is none."""
    found = connection.execute(select(boxes.c.id).where(boxes.c.name == box)).scalar()
    if found is None:
        names = ", ".join(connection.execute(select(boxes.c.name).order_by(boxes.c.name)).scalars())
        raise UsageError(f"{place.shown} has no box {box!r}; it has: {names or 'none'}")
    its = {
        str(row.name): int(row.id)
        for row in connection.execute(select(cameras.c.name, cameras.c.id).where(cameras.c.box_id == found))
    }
    if camera is not None and camera not in its:
        raise UsageError(
            f"{place.shown} has no camera {camera!r} of the box {box!r}; it has: {', '.join(sorted(its)) or 'none'}"
        )
    return int(found), list(its.values()) if camera is None else [its[camera]]


def _names(connection: Connection, ids: list[int], box_id: int | None) -> None:
    """Cameras, and the box where one is given, with what came since the rest of them went."""
    for table in (passages, minutes, hours):
        connection.execute(delete(table).where(table.c.camera_id.in_(ids)))
    connection.execute(delete(cameras).where(cameras.c.id.in_(ids)))
    if box_id is not None:
        for table in (curves, settings):
            connection.execute(delete(table).where(table.c.box_id == box_id))
        connection.execute(delete(boxes).where(boxes.c.id == box_id))


def _passages(engine: Engine, place: Place, *which: ColumnElement[bool]) -> Iterator[int]:
    """Rows that went, transaction by transaction."""
    table = passages.c
    while True:
        with transaction(engine, place) as connection:
            some = select(table.start_time).where(*which).order_by(table.start_time).offset(PIECE - 1).limit(1)
            last = connection.execute(some).scalar()
            these = which if last is None else (*which, table.start_time <= last)
            gone = select(table.box_id, table.id).where(*these)
            connection.execute(delete(curves).where(tuple_(curves.c.box_id, curves.c.id).in_(gone)))
            yield connection.execute(delete(passages).where(*these)).rowcount
        if last is None:
            return


def _tallies(
    engine: Engine,
    place: Place,
    table: Table,
    column: Column[int],
    before: int,
    piece: int,
    ids: list[int] | None = None,
) -> Iterator[int]:
    """`ids`: of cameras; None: of all."""
    if ids is None:
        with transaction(engine, place) as connection:
            ids = list(connection.execute(select(cameras.c.id)).scalars())
    for camera in ids:
        mine = table.c.camera_id == camera
        while True:
            with transaction(engine, place) as connection:
                first = connection.execute(select(func.min(column)).where(mine)).scalar()
                if first is None or first >= before:
                    break
                these = (mine, column < min(first + piece, before))
                yield connection.execute(delete(table).where(*these)).rowcount
