"""The file behind the outbox: SQLite with a write-ahead log, for one process at a time."""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from threading import Lock

from models.closing import Closing
from models.errors import OutputError, first_line
from stream.telling.item import Held, Item, Put

APPLICATION, VERSION = 0x52766579, 1
"""In the file's header: whose it is, and which tables it has."""
TABLES = f"""
BEGIN IMMEDIATE;
CREATE TABLE items (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL,
    receiver TEXT NOT NULL,
    camera TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    size INTEGER NOT NULL,
    aside TEXT
);
CREATE INDEX in_turn ON items (receiver, number);
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
COMMIT;
"""
"""`aside`: why an item is not tried any more; NULL where it is. Numbers are never used twice."""


class Kept(Closing):
    """May be used by several threads; each call is whole, and waits for the disk.

    Raises:
        OutputError: when it is opened: it cannot be, is broken, in use, or no outbox.
        sqlite3.Error: later on: the disk is full, say. What the call was to change is as it was.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._run = token_hex(6)  # a copy of the file, on another box or from a backup, then makes other ids
        self._lock = Lock()
        self._out: dict[str, int] = {}
        with _told(path):
            self._file = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
            try:
                self._begin()
            except BaseException:
                self._file.close()
                raise

    def change(self, puts: Sequence[Put], over: Mapping[int, str | None]) -> None:
        """Adds items, and takes away or sets aside (with the reason) those that are over. All or nothing.

        Items are on the disk then, even if the power fails. What was taken away may come back after a power cut.
        """
        rows = [(self._run, each.receiver, each.camera, each.kind, each.body, each.size) for each in puts]
        with self._transaction("FULL" if puts else "NORMAL"):
            for number, why in over.items():
                if why is None:
                    self._file.execute("DELETE FROM items WHERE number = ?", (number,))
                else:
                    self._file.execute("UPDATE items SET aside = ? WHERE number = ?", (why, number))
            self._file.executemany(
                "INSERT INTO items (run, receiver, camera, kind, body, size) VALUES (?, ?, ?, ?, ?, ?)", rows
            )

    def oldest(self, receiver: str, without: Collection[str], over: Collection[int]) -> Item | None:
        """The first item in turn for the receiver, but of none of the cameras `without`, and none of the numbers `over`."""
        marks = ", ".join("?" * len(without))
        with self._lock:
            rows = self._file.execute(
                "SELECT number, run, camera, kind, body FROM items "  # noqa: S608 - marks only
                f"WHERE receiver = ? AND aside IS NULL AND camera NOT IN ({marks}) ORDER BY number",
                (receiver, *without),
            )
            for number, run, camera, kind, body in rows:
                if number not in over:
                    self._out[receiver] = number
                    return Item(number, f"{run}-{number}", camera, kind, body)
        return None

    def shrink(self, receiver: str, size: int, over: Collection[int]) -> tuple[int, int]:
        """Deletes items of at least `size` bytes: those set aside, then updates, then others, the oldest first.

        The one that `oldest` gave last is being sent, and stays; so do the numbers `over`. Returns how many of those that went were
        still to be sent, and their bytes in all.
        """
        going, lost, freed = [], 0, 0
        with self._transaction("NORMAL"):
            rows = self._file.execute(
                "SELECT number, size, aside IS NULL FROM items WHERE receiver = ? AND number <> ? "
                "ORDER BY aside IS NULL, kind <> 'update', number",
                (receiver, self._out.get(receiver, -1)),
            )
            for number, bytes_, waiting in rows:
                if freed >= size:
                    break
                if number not in over:
                    freed, lost = freed + bytes_, lost + waiting
                    going.append((number,))
            self._file.executemany("DELETE FROM items WHERE number = ?", going)
        return lost, freed

    def held(self) -> dict[str, Held]:
        """For each receiver."""
        with self._lock:
            rows = self._file.execute("SELECT receiver, SUM(aside IS NULL), SUM(size) FROM items GROUP BY receiver")
            return {receiver: Held(waiting, size) for receiver, waiting, size in rows}

    def close(self) -> None:
        """May be called twice."""
        with self._lock:
            self._file.close()

    def _begin(self) -> None:
        """Looks before it writes: a file that is not ours stays as it is."""
        self._file.execute("PRAGMA locking_mode = EXCLUSIVE")
        whose = self._file.execute("PRAGMA application_id").fetchone()[0]
        version = self._file.execute("PRAGMA user_version").fetchone()[0]
        empty = self._file.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0] == 0
        if (whose, version) != (APPLICATION, VERSION) and not (empty and whose == version == 0):
            other = f"of another version, {version}," if whose == APPLICATION else "of another program"
            raise OutputError(f"will not use {self.path} as an outbox: it is a file {other}; give another name")
        found = self._file.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA journal_size_limit = 4000000")
        if empty:
            self._file.executescript(TABLES)
        else:  # takes the lock now, not with the first item
            self._file.executescript("BEGIN IMMEDIATE; COMMIT")

    @contextmanager
    def _transaction(self, synchronous: str) -> Iterator[None]:
        with self._lock:
            self._file.execute(f"PRAGMA synchronous = {synchronous}")
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._file.execute("COMMIT")
            except BaseException:
                if self._file.in_transaction:
                    self._file.execute("ROLLBACK")
                raise


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What SQLite says when a file is opened, in our words."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code == sqlite3.SQLITE_BUSY:
            raise OutputError(
                f"cannot use {path} as an outbox: another process has it open; end that one, or give another name"
            ) from error
        if code == sqlite3.SQLITE_CANTOPEN:
            raise OutputError(f"cannot open {path} as an outbox: {first_line(error)}; choose another place") from error
        if code in (None, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise OutputError(
                f"cannot use {path} as an outbox: it is broken, or none ({first_line(error)}); move it away, or give another name"
            ) from error
        raise OutputError(f"cannot use {path} as an outbox: {first_line(error)}; choose another place") from error
