"""What has grown too old goes, a little at a time."""

from collections.abc import Iterator

from sqlalchemy import Column, Engine, Table, delete, func, select, tuple_

from stream.store.engine import engine_for, transaction
from stream.store.migrating import prepare
from stream.store.place import Place, place_named
from stream.store.tables import cameras, curves, hours, minutes, passages

PIECE = 1000
"""Passages or hours that go in one transaction."""
PIECE_MINUTES = 1440
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
        hour = int(older_than // 3600)
        return {
            "passages": sum(_passages(engine, there, older_than)),
            "minutes": sum(_tallies(engine, there, minutes, minutes.c.minute, 60 * hour, PIECE_MINUTES)),
            "hours": sum(_tallies(engine, there, hours, hours.c.hour, hour, PIECE)),
        }
    finally:
        engine.dispose()


def _passages(engine: Engine, place: Place, before: float) -> Iterator[int]:
    """Rows that went, transaction by transaction."""
    table = passages.c
    old = (table.start_time < before, table.frame_time < before)
    while True:
        with transaction(engine, place) as connection:
            some = select(table.start_time).where(*old).order_by(table.start_time).offset(PIECE - 1).limit(1)
            last = connection.execute(some).scalar()
            these = old if last is None else (*old, table.start_time <= last)
            gone = select(table.box_id, table.id).where(*these)
            connection.execute(delete(curves).where(tuple_(curves.c.box_id, curves.c.id).in_(gone)))
            yield connection.execute(delete(passages).where(*these)).rowcount
        if last is None:
            return


def _tallies(engine: Engine, place: Place, table: Table, column: Column[int], before: int, piece: int) -> Iterator[int]:
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
