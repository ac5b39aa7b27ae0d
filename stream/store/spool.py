"""Where records wait for a store that is away: a file that outlives a kill, and does not grow for ever."""

import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from pydantic import ValidationError

from models.closing import Closing
from models.errors import OutputError
from stream.store.records import RECORD, Record

MB = 1_000_000
AHEAD = 1_000_000
"""Revisions are taken so many at a time: microseconds, of which nobody writes as many records."""
PIECE = 0.05
"""Where there is no room, so large a share goes at once."""
DROP = "DELETE FROM waiting WHERE seq IN (SELECT seq FROM waiting WHERE rank = ? ORDER BY seq LIMIT ?) RETURNING key"
TABLES = """
CREATE TABLE IF NOT EXISTS waiting (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, rank INTEGER NOT NULL, key TEXT NOT NULL UNIQUE, record TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_rank ON waiting (rank, seq);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""


class Spool(Closing):
    """In order, each key once: a newer record takes the place of the older one, and goes to the end.

    May be used by several threads, but by one process only, which holds it as long as it is open. `dropped` counts records, by kind, for
    which there was no room; `unreadable` those that another version of rivereye left, or a broken disk.
    """

    def __init__(self, path: Path, max_mb: float, fsync: bool = False) -> None:
        """
        Args:
            path: of the file; it is made where it is missing, and so is its folder. A broken one is moved out of the way.
            max_mb: size of the file beyond which the oldest minutes are dropped, then other things, passages last.
            fsync: each addition reaches the disk before it counts.

        Raises:
            OutputError: it cannot be opened, or another process holds it.
        """
        self.path, self.max_bytes, self._fsync = path, max_mb * MB, fsync
        self.dropped: Counter[str] = Counter()
        self.unreadable = 0
        self._lock = Lock()
        with self._at_work():
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._file = self._opened()
            except sqlite3.OperationalError:  # held, or no such place
                raise
            except sqlite3.DatabaseError:  # what a broken disk left
                self._move_away()
                self._file = self._opened()
            self.waiting: int = self._one("SELECT count(*) FROM waiting")
            """How many records."""

    def add(self, records: Sequence[Record]) -> None:
        """All or none, at the end; of several with the same key the last one.

        Raises:
            OutputError: they cannot be written.
        """
        rows = {each.key: (type(each).rank, each.key, each.model_dump_json()) for each in records}
        with self._at_work():
            with self._file:
                dropped = self._make_room()
                old = self._file.executemany("DELETE FROM waiting WHERE key = ?", ((key,) for key in rows)).rowcount
                self._file.executemany("INSERT INTO waiting (rank, key, record) VALUES (?, ?, ?)", rows.values())
            self.waiting += len(rows) - max(0, old) - dropped.total()
            self.dropped.update(dropped)

    def first(self, most: int) -> tuple[int, list[Record]]:
        """The oldest, at most so many, and a number by which `remove` knows them."""
        with self._at_work():
            rows = self._file.execute("SELECT seq, record FROM waiting ORDER BY seq LIMIT ?", (most,)).fetchall()
        records = []
        for _, text in rows:
            try:
                records.append(RECORD.validate_json(text))
            except ValidationError:
                self.unreadable += 1
        return (rows[-1][0] if rows else 0), records

    def remove(self, last: int) -> None:
        """Those that `first` gave with this number; not what took the place of one of them meanwhile."""
        with self._at_work():
            with self._file:
                gone = self._file.execute("DELETE FROM waiting WHERE seq <= ?", (last,)).rowcount
            self.waiting -= gone

    def revisions(self, now: float) -> range:
        """Numbers that were never given before, above those that were, whatever the clock says.

        Args:
            now: wall clock, seconds since 1970.
        """
        with self._at_work(), self._file:
            given = self._file.execute("SELECT value FROM counters WHERE name = 'revision'").fetchone()
            first = max(round(now * 1_000_000), given[0] if given else 0)
            self._file.execute("INSERT OR REPLACE INTO counters VALUES ('revision', ?)", (first + AHEAD,))
        return range(first, first + AHEAD)

    def close(self) -> None:
        """What waits goes on waiting. May be called twice."""
        with self._lock:
            self._file.close()

    def _opened(self) -> sqlite3.Connection:
        file = sqlite3.connect(self.path, timeout=0.1, check_same_thread=False)
        try:
            # Held by this process from the first write on; a kill leaves no lock behind.
            file.execute("PRAGMA locking_mode = EXCLUSIVE")
            file.execute("PRAGMA journal_mode = WAL")
            file.execute(f"PRAGMA synchronous = {'FULL' if self._fsync else 'NORMAL'}")
            file.executescript(TABLES)
        except BaseException:
            file.close()
            raise
        return file

    def _move_away(self) -> None:
        """The journal too: it would be played into the new file."""
        for suffix in ("", "-wal"):
            part = self.path.with_name(f"{self.path.name}{suffix}")
            if part.exists():
                part.replace(part.with_name(f"{self.path.name}.broken-{time.time():.0f}{suffix}"))

    def _make_room(self) -> Counter[str]:
        """What is free in the file is filled again, so that it grows no more."""
        dropped: Counter[str] = Counter()
        while self._used() > self.max_bytes:
            rank = self._one("SELECT min(rank) FROM waiting")
            many = max(1, round(PIECE * self._one("SELECT count(*) FROM waiting")))
            gone = self._file.execute(DROP, (rank, many)).fetchall()
            if not gone:
                break
            dropped.update(key.partition(" ")[0] for (key,) in gone)
        return dropped

    def _used(self) -> int:
        pages = self._one("PRAGMA page_count") - self._one("PRAGMA freelist_count")
        return pages * self._one("PRAGMA page_size")

    def _one(self, query: str) -> int:
        value: int | None = self._file.execute(query).fetchone()[0]
        return value or 0

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except (OSError, sqlite3.Error) as error:
                held = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
                why = "another rivereye of this box uses it; end that one, or name the box of this one otherwise"
                raise OutputError(
                    f"cannot write {self.path}, where records wait for the store: {why if held else f'{error}; make room, or choose another place'}"
                ) from error
