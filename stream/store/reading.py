"""What a page shows: passages, coverage and counts, cameras, settings, read from a store that may be written to meanwhile."""

import math
from collections.abc import Callable
from datetime import UTC, tzinfo
from typing import Literal, TypeVar

from sqlalchemy import ColumnElement, Connection, Text, cast, desc, func, select, tuple_

from models.closing import Closing
from models.errors import StoreAway, StoreBarred, StoreError, UsageError
from stream.store.curves import Curve
from stream.store.engine import engine_for, transaction
from stream.store.migrating import version_of
from stream.store.page import Mark, Page, Stored
from stream.store.place import place_named
from stream.store.rows import stored, whole
from stream.store.seen import Camera, CameraSeen, Ran, cameras_seen
from stream.store.spans import LENGTH_S, By, Span, spans
from stream.store.tables import VERSION, boxes, cameras, curves, hours, minutes, passages, settings
from stream.store.watched import Watched, watched

Answer = TypeVar("Answer")
MOST = 1000
"""Passages on one page."""
BUSY_S = 5.0


class Reader(Closing):
    """May be used by several threads, while others write.

    Every method raises StoreAway: the store cannot be reached now; StoreError: it is none, or of another version.
    """

    def __init__(self, place: str) -> None:
        """Connects when it is first used. Errors: see `Store`."""
        self.place = place_named(place)
        self._engine = engine_for(self.place, write=False, busy_s=BUSY_S)
        self._looked = False

    def passages(
        self,
        camera: Camera | None = None,
        begin: float | None = None,
        end: float | None = None,
        limit: int = 50,
        before: str | None = None,
    ) -> Page:
        """A page, newest first. What comes in at the front meanwhile does not move the pages behind it.

        Args:
            camera: None: all of all boxes.
            begin, end: of those that began at or after the one, and before the other; seconds since 1970. None: no limit.
            limit: passages on the page, 1 to 1000.
            before: `older` of the page before; None: the first page.

        Raises:
            UsageError: `limit` or `before` is none.
        """
        if not 1 <= limit <= MOST:
            raise UsageError(f"no page of {limit} passages; give a number from 1 to {MOST}")
        table = passages.c
        order = (table.start_time, table.box_id, table.id)
        where = [] if begin is None else [table.start_time >= begin]
        where += [] if end is None else [table.start_time < end]
        if before is not None:
            mark = Mark.read(before)
            where.append(tuple_(*order) < tuple_(mark.start_time, mark.box_id, mark.id))

        def read(connection: Connection) -> Page:
            if camera is not None:
                where.append(table.camera_id == _id_of(connection, camera))
            wanted = whole().where(*where).order_by(*map(desc, order)).limit(limit + 1)
            rows = connection.execute(wanted).all()
            last = rows[limit - 1] if len(rows) > limit else None
            older = None if last is None else str(Mark(last.start_time, last.box_id, last.id))
            return Page(tuple(stored(row) for row in rows[:limit]), older)

        return self._read(read)

    def passage(self, box: str, name: str) -> Stored | None:
        """The one of this id; None where there is none."""
        wanted = whole().where(boxes.c.name == box, passages.c.id == name)

        def read(connection: Connection) -> Stored | None:
            row = connection.execute(wanted).one_or_none()
            return None if row is None else stored(row)

        return self._read(read)

    def curve(self, box: str, name: str) -> Curve | None:
        """The scores of the passage of this id; None where there are none."""
        table = curves.c
        wanted = select(table.begin, table.step, table.scores).join_from(curves, boxes)
        wanted = wanted.where(boxes.c.name == box, table.id == name)

        def read(connection: Connection) -> Curve | None:
            row = connection.execute(wanted).one_or_none()
            return None if row is None else Curve.read(*row)

        return self._read(read)

    def spans(self, begin: float, end: float, by: By, camera: Camera | None = None, zone: tzinfo = UTC) -> list[Span]:
        """Passages and the coverage that goes with them, in order of time. Where nothing was watched there is no span.

        Args:
            begin, end: seconds since 1970; minutes or hours that begin at or after the one, and before the other.
            by: minute (days of it are fast), hour (months) or day (years). Hours are those of UTC, and days are made of them: in a zone that is half
                an hour off, so is midnight.
            camera: None: all of all boxes, added up.
            zone: where a day begins at midnight.
        """
        table = minutes if by == "minute" else hours
        number = minutes.c.minute if by == "minute" else hours.c.hour
        length = 60 if by == "minute" else 3600

        def read(connection: Connection) -> list[Span]:
            first, last = (math.ceil(each / length) for each in (begin, end))
            within: list[ColumnElement[bool]] = [number >= first, number < last]
            # All are named: a table is in order of cameras first.
            ids = [_id_of(connection, camera)] if camera else list(connection.execute(select(cameras.c.id)).scalars())
            within.append(table.c.camera_id.in_(ids))
            sums = (func.sum(table.c[name]) for name in ("seconds", "blind_s", "ship_s", "frames", "passages"))
            reasons = func.aggregate_strings(cast(table.c.unknown, Text), ",")
            wanted = select(number, *sums, reasons).where(*within).group_by(number).order_by(number)
            return spans(connection.execute(wanted).all(), by, zone)

        return self._read(read)

    def watched(
        self, begin: float, end: float, by: Literal["minute", "hour"], camera: Camera | None = None
    ) -> list[Watched]:
        """As `spans`, of each camera by itself, in order of camera and time; parts of a minute are not added up."""
        first, last = (math.ceil(each / LENGTH_S[by]) for each in (begin, end))
        wanted = select(cameras.c.id, boxes.c.name.label("box_name"), cameras.c.name).join_from(cameras, boxes)

        def read(connection: Connection) -> list[Watched]:
            ids = {row.id: Camera(row.box_name, row.name) for row in connection.execute(wanted)}
            return watched(connection, by, first, last, {k: v for k, v in ids.items() if camera in (None, v)})

        return self._read(read)

    def cameras(self) -> list[CameraSeen]:
        """All, in order of box and name."""
        return self._read(cameras_seen)

    def settings(self, box: str, limit: int = 50) -> list[Ran]:
        """What ran on a box, the newest first."""
        table = settings.c
        wanted = (
            select(table.at, table.settings)
            .join_from(settings, boxes)
            .where(boxes.c.name == box)
            .order_by(table.revision.desc())
            .limit(limit)
        )
        return self._read(lambda connection: [Ran(row.at, row.settings) for row in connection.execute(wanted)])

    def look(self) -> None:
        """Whether this is a store, or may become one: what is away may come back, and what is empty or of an earlier version is made or upgraded
        by a watch.

        Raises:
            StoreError: it is another program's, of a later version, broken, or (StoreBarred) does not take the password.
        """
        try:
            with transaction(self._engine, self.place) as connection:
                version_of(connection, self.place)
        except StoreBarred:
            raise
        except StoreAway:
            return

    def close(self) -> None:
        """May be called twice."""
        self._engine.dispose()

    def _read(self, read: Callable[[Connection], Answer]) -> Answer:
        try:
            return self._once(read)
        except StoreBarred:  # a server may keep out who tries too often
            raise
        except StoreAway:  # a connection that was kept may be one to a server that was started again since
            return self._once(read)

    def _once(self, read: Callable[[Connection], Answer]) -> Answer:
        if self.place.file is not None and not self.place.file.exists():
            raise StoreError(f"no store at {self.place.shown}; `rivereye stream --store` makes one")
        with transaction(self._engine, self.place) as connection:
            if not self._looked:
                self._check(connection)
            return read(connection)

    def _check(self, connection: Connection) -> None:
        version = version_of(connection, self.place)
        if version != VERSION:
            raise StoreError(
                f"the store {self.place.shown} has tables of version {version or 'none'}, and {VERSION} is wanted; `rivereye store upgrade` makes it so"
            )
        self._looked = True


def _id_of(connection: Connection, camera: Camera) -> int:
    """-1, which none has, where there is no such camera."""
    wanted = (
        select(cameras.c.id).join_from(cameras, boxes).where(boxes.c.name == camera.box, cameras.c.name == camera.name)
    )
    found: int | None = connection.execute(wanted).scalar()
    return -1 if found is None else found
