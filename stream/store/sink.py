"""What a watch hands over for its store: kept every half second, whether the store is there or not."""

import os
import socket
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from threading import Event, Lock, Thread

from models.closing import Closing
from models.errors import OutputError, StoreAway, StoreError
from stream.configuration.settings import Settings
from stream.following.passage import PassageEvent
from stream.looking.detection import Detection
from stream.sources.clock import Clock, SystemClock
from stream.sources.status import Status
from stream.store.courier import Courier
from stream.store.curves import Curves
from stream.store.minutes import Minutes
from stream.store.place import spool_of
from stream.store.records import BeginRecord, PassageRecord, Record, camera_record, settings_record
from stream.store.spool import Spool
from stream.store.store import Store

STORE = "store"
FLUSH_S = 0.5
"""What came since is written so often: a kill loses no more, and the time that the writing takes."""
STATE_S = 5.0
"""With nothing else new, when a camera's last frame came is written so often."""
SPOOL_MB = 200.0
MOST = 50_000
"""Records that wait in memory, where even the spool cannot be written."""


class StoreSink(Closing):
    """Of one box, and of live cameras. Whoever hands something over never waits for a store or disk; call it from one thread.

    An SQLite store is written at once; what it does not take within a third of a second goes to the spool. Of PostgreSQL all goes by way of the
    spool, since a network may keep one waiting for long, and a kill must lose nothing meanwhile.
    """

    def __init__(
        self,
        place: str,
        box: str | None = None,
        spool: Path | None = None,
        spool_mb: float = SPOOL_MB,
        fsync: bool = False,
        clock: Clock | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """
        Args:
            place: a path, sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE. One that cannot be reached is tried again.
            box: name of this machine; None: its host name.
            spool: file where records wait; None: see `spool_of`.
            spool_mb: its largest size, see `Spool`.
            fsync: on this machine, what counts as written has reached the disk: a power cut loses no more than a kill.
            clock, environ: see there.

        Raises:
            UsageError, MissingExtra: `place` or `box` is none.
            OutputError: the spool cannot be opened, or another process uses it.
            StoreError: the store is of a later version, another program's, or broken.
        """
        self._clock = clock or SystemClock()
        self.store = Store(place, box or socket.gethostname(), fsync, now=self._clock.wall)
        away: str | None = None
        try:
            self.spool = Spool(spool or spool_of(self.store.place, self.store.box, environ), spool_mb, fsync)
        except BaseException:
            self.store.close()
            raise
        try:
            self._revisions: Iterator[int] = iter(self.spool.revisions(self._clock.wall()))
            self.store.open()
        except StoreAway as error:
            away = str(error)
        except BaseException:
            self.store.close()
            self.spool.close()
            raise
        self.dropped: Counter[str] = Counter()
        """Records for which there was no room in memory, by kind."""
        self._minutes: dict[str, Minutes] = {}
        self._curves: dict[str, Curves] = {}
        self._told: dict[str, tuple[object, ...]] = {}
        self._pending: dict[str, Record] = {}
        self._lock, self._ended = Lock(), Event()
        self._last = 0
        self._trouble: str | None = None
        self._put(BeginRecord(at=round(self._clock.wall(), 3)))
        self._courier = Courier(self.store, self.spool, self._clock, away)
        self._thread = Thread(target=self._run, name="store", daemon=True)
        self._thread.start()

    def look(self, detection: Detection) -> None:
        """The next detection of a camera, before the news that it makes. Of a recording, which has no wall clock, nothing is kept."""
        if detection.time is None:
            return
        with self._lock:
            if detection.camera not in self._minutes:
                self._minutes[detection.camera] = Minutes(detection.camera, self._number)
                self._curves[detection.camera] = Curves()
            self._minutes[detection.camera].add(detection)
            self._curves[detection.camera].add(detection)

    def news(self, events: Iterable[PassageEvent]) -> None:
        with self._lock:
            for each in (event for event in events if event.after.clock == "wall"):
                self._put(PassageRecord(passage=each.after))
                if each.after.camera not in self._minutes:
                    continue
                if each.type != "end":
                    self._curves[each.after.camera].began()
                    continue
                self._minutes[each.after.camera].ended(1)
                if (curve := self._curves[each.after.camera].ended(each.after)) is not None:
                    self._put(curve)

    def states(self, states: Mapping[str, Status]) -> None:
        """How cameras are; may be called as often as one likes."""
        now = self._clock.monotonic()
        for camera, status in states.items():
            turn = (status.phase, status.trouble, status.decoder, status.connections, status.failures, now // STATE_S)
            if self._told.get(camera) != turn:
                self._told[camera] = turn
                with self._lock:
                    self._put(camera_record(camera, status, now, self._clock.wall()))

    def settings(self, settings: Settings) -> None:
        """What runs from now on."""
        with self._lock:
            self._put(settings_record(settings, self._clock.wall()))

    def troubles(self) -> dict[str, str]:
        """What is the matter at present, as a sentence."""
        away, refusal = self._courier.away, self._courier.refusal
        trouble = self._trouble or (refusal if away is None else away.sentence(self.spool))
        return {STORE: trouble} if trouble else {}

    def left_out(self) -> dict[str, int]:
        """Records that the store has not got, and never will."""
        lost = self.dropped.total() + self.spool.dropped.total() + self.spool.unreadable + self._courier.refused
        return {STORE: lost} if lost else {}

    def depths(self) -> dict[str, int]:
        """Records that wait in the spool."""
        return {STORE: self.spool.waiting}

    def notes(self) -> list[str]:
        """What the operator should know from the start: nothing that `troubles` does not say."""
        return []

    def close(self, timeout: float | None = None) -> None:
        """Hands over what there is; for `timeout` seconds at most to a store that is away. The rest waits in the spool for the next start.

        May be called twice.
        """
        until = None if timeout is None else self._clock.monotonic() + timeout
        self._ended.set()
        self._thread.join(timeout)
        self._courier.close(None if until is None else max(0.0, until - self._clock.monotonic()))
        self.spool.close()

    def _run(self) -> None:
        while not self._clock.wait(self._ended, FLUSH_S):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        with self._lock:
            for minutes in self._minutes.values():
                for each in minutes.take():
                    self._put(each)
            records, self._pending = self._pending, {}
        if not records or (self.store.place.file is not None and self._courier.idle and self._stored(records)):
            return
        try:
            self.spool.add(list(records.values()))
            self._trouble = None
        except OutputError as error:
            self._trouble = str(error)
            self._put_back(records)
        self._courier.wake()

    def _stored(self, records: Mapping[str, Record]) -> bool:
        try:
            self.store.write(list(records.values()))
        except StoreError:  # the courier finds out what is the matter
            return False
        self._trouble = None
        return True

    def _put(self, record: Record) -> None:
        record = record.model_copy(update={"revision": self._number()})
        self._pending.pop(record.key, None)  # the newer one goes to the end
        self._pending[record.key] = record

    def _put_back(self, records: Mapping[str, Record]) -> None:
        with self._lock:
            self._pending = {**{k: v for k, v in records.items() if k not in self._pending}, **self._pending}
            if len(self._pending) > MOST:
                first = sorted(self._pending, key=lambda key: self._pending[key].rank)
                for key in first[: len(first) - MOST + MOST // 20]:
                    self.dropped[self._pending.pop(key).kind] += 1

    def _number(self) -> int:
        """Another at each call, each higher than the one before."""
        number = next(self._revisions, None)
        if number is None:
            try:
                self._revisions = iter(self.spool.revisions(self._clock.wall()))
                number = next(self._revisions)
            except OutputError:  # they are to be had again when there is room
                number = self._last + 1
        self._last = max(number, self._last + 1)
        return self._last
