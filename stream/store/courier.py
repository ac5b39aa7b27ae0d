"""Carries what waits in the spool to the store, in order, however long that takes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event, Thread

from models.closing import Closing
from models.errors import OutputError, RecordRefused, StoreError
from stream.sources.clock import Clock
from stream.store.records import Record
from stream.store.spool import Spool
from stream.store.store import Store

PIECE = 500
"""Records that are carried in one transaction."""
RETRY_S, LONGEST_S = 1.0, 10.0
"""Between two attempts: doubled each time, up to the latter."""


@dataclass(frozen=True, slots=True)
class Away:
    """`since`: wall clock, seconds since 1970."""

    since: float
    why: str

    def sentence(self, waiting: int, spool: Spool) -> str:
        began = datetime.fromtimestamp(self.since, UTC).strftime("%Y-%m-%d %H:%M:%S")
        return f"{self.why} (since {began} UTC); {waiting} record{'' if waiting == 1 else 's'} wait in {spool.path}"


class Courier(Closing):
    """A thread of its own, which closes the store at its end.

    `away` says what is the matter with the store; None where nothing is. `refused` counts records that it did not take, and `refusal`
    says why of the last.
    """

    def __init__(self, store: Store, spool: Spool, clock: Clock, away: str | None = None) -> None:
        """`away`: why the store could not be opened; None where it could."""
        self._store, self._spool, self._clock = store, spool, clock
        self.away: Away | None = None if away is None else Away(clock.wall(), away)
        self.refused = 0
        self.refusal: str | None = None
        self._news, self._ended = Event(), Event()
        self._failures = 0
        # A daemon: where a server never answers, the program still ends.
        self._thread = Thread(target=self._run, name="store courier", daemon=True)
        self._thread.start()

    @property
    def idle(self) -> bool:
        """Nothing waits, and the store is there."""
        return self.away is None and not self._spool.waiting

    def wake(self) -> None:
        """Something waits."""
        self._news.set()

    def close(self, timeout: float | None = None) -> None:
        """Carries what waits for so many seconds at most; the rest goes on waiting, and is carried at the next start. May be called twice."""
        self._ended.set()
        self._news.set()
        self._thread.join(timeout)

    def _run(self) -> None:
        try:
            while not (self._ended.is_set() and (self.away is not None or not self._spool.waiting)):
                self._turn()
        finally:
            self._store.close()  # here, since a connection in use could not be closed from elsewhere

    def _turn(self) -> None:
        try:
            if self._spool.waiting:
                self._carry()
            elif self.away is not None:
                self._store.open()
            self.away, self._failures = None, 0
        except (StoreError, OutputError) as error:
            self.away = Away(self.away.since if self.away else self._clock.wall(), str(error))
            self._failures += 1
            self._clock.wait(self._ended, min(LONGEST_S, RETRY_S * 2 ** min(self._failures - 1, 10)))
            return
        if not self._spool.waiting and not self._ended.is_set():
            self._clock.wait(self._news, LONGEST_S)
            self._news.clear()

    def _carry(self) -> None:
        last, records = self._spool.first(PIECE)
        try:
            if records:
                self._store.write(records)
        except RecordRefused:
            for each in records:
                self._carry_one(each)
        self._spool.remove(last)

    def _carry_one(self, record: Record) -> None:
        """One that the store never takes must not hold up the others."""
        try:
            self._store.write([record])
        except RecordRefused as error:
            self.refused += 1
            self.refusal = str(error)
