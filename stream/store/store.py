"""A store that is written to."""

import time
from collections.abc import Callable, Sequence

from models.closing import Closing
from models.errors import StoreError, UsageError
from stream.store.engine import BUSY_S, engine_for, transaction
from stream.store.migrating import prepare
from stream.store.place import place_named
from stream.store.records import LONGEST, Record, clean
from stream.store.writing import write


class Store(Closing):
    """Of one box. Connects when it is first used, and again after it was away; makes and upgrades its tables.

    May be used by several threads, and by several processes at once.
    """

    def __init__(
        self,
        place: str,
        box: str,
        fsync: bool = False,
        busy_s: float = BUSY_S,
        now: Callable[[], float] = time.time,
    ) -> None:
        """
        Args:
            place: a path, sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE.
            box: name of the machine that watches; what it writes is told from what others write.
            fsync: of SQLite, see `engine_for`.
            busy_s: of SQLite, see `engine_for`.
            now: wall clock, seconds since 1970.

        Raises:
            UsageError: `place` or `box` is none.
            MissingExtra: PostgreSQL's driver is not installed.
        """
        self.place = place_named(place)
        if not box or box != clean(box):
            raise UsageError(
                f"no box can be called {box[:LONGEST]!r}: a name has 1 to {LONGEST} characters and no NUL; give another"
            )
        self.box, self._now = box, now
        self._engine = engine_for(self.place, write=True, fsync=fsync, busy_s=busy_s)
        self._prepared = False

    def open(self) -> None:
        """Connects, and brings the tables to the present version. Errors: see `write`."""
        if not self._prepared:
            prepare(self._engine, self.place)
            self._prepared = True

    def write(self, records: Sequence[Record]) -> None:
        """All of them or none, in one transaction. What is there already, or newer, stays as it is.

        Raises:
            StoreAway: it cannot be reached now; nothing was written. (Or all of it, where the answer was lost: write it again.)
            RecordRefused: one of the records is not taken, and none was.
            StoreError: it is of a later version, another program's, or broken.
        """
        try:
            self.open()
            with transaction(self._engine, self.place) as connection:
                write(connection, self.box, records, self._now())
        except StoreError:
            self._prepared = False  # who knows what comes back: another server, or a copy of last year
            raise

    def close(self) -> None:
        """May be called twice."""
        self._engine.dispose()
