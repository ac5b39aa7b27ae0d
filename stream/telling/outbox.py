"""What waits to be sent, kept on a disk: an outage, a kill or a power cut loses none of it."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from threading import Condition, Event, Thread

from models.closing import Closing
from models.errors import first_line
from stream.sources.clock import Clock, SystemClock
from stream.telling.item import Item, Over, Put
from stream.telling.kept import Kept
from stream.telling.notice import Notice

CAPACITY, BATCH = 10_000, 500
"""Items that wait in memory for a disk at most, and those that are written in one go."""
RETRY_S = 1.0
ROOM = 0.02
"""Of a full outbox this share is cleared at once, so that not every item has all others looked at."""


class Outbox(Closing):
    """Items for several receivers, each in the order in which they came. `put` never waits; a thread writes.

    What was put is on the disk within a second, where there is room: no kill or power cut loses it from then on. While the disk
    is full, items wait in memory. Where too many wait, updates are left out before others, the oldest first, and counted.

    Raises:
        OutputError: it cannot be opened, see Kept.
    """

    def __init__(
        self,
        path: Path,
        max_bytes: int,
        told: Callable[[], object] = lambda: None,
        clock: Clock | None = None,
        capacity: int = CAPACITY,
    ) -> None:
        """
        Args:
            path: of the file, made where it is missing.
            max_bytes: of items for each receiver.
            told: called by the thread that writes, whenever there are new items to take.
            capacity: items that wait in memory for the disk at most.
        """
        self._store = Kept(path)
        self._max_bytes, self._told, self._clock, self._capacity = max_bytes, told, clock or SystemClock(), capacity
        held = self._store.held()
        self._depths = Counter({receiver: each.waiting for receiver, each in held.items()})
        self._sizes = Counter({receiver: each.size for receiver, each in held.items()})
        self._waiting: list[Put] = []
        self._writing = 0  # so many of the first are being written
        self._over: dict[int, Over] = {}
        self.lost: Counter[str] = Counter()
        """Items for each receiver that it has not got, and never will, since this was opened."""
        self._notice = Notice(self._clock)
        self._trouble: str | None = None
        self._changed, self._hurry = Condition(), Event()
        self._ended = self._abandoned = False
        self._thread = Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    @property
    def troubled(self) -> str | None:
        """What keeps items from the disk, or what was left out in the last minute, as a sentence."""
        return self._trouble or self._notice.sentence

    def depths(self) -> dict[str, int]:
        """For each receiver, items that it has not got yet."""
        with self._changed:
            return dict(self._depths)

    def put(self, receiver: str, camera: str, kind: str, body: str) -> None:
        """Adds an item; `body` is the text of a JSON object. Of the kinds, "update" is left out before others."""
        new = Put(receiver, camera, kind, body)
        with self._changed:
            if self._ended or (len(self._waiting) >= self._capacity and not self._make_room(new)):
                self.lost[receiver] += 1
                return
            self._waiting.append(new)
            self._depths[receiver] += 1
            self._changed.notify_all()

    def oldest(self, receiver: str, without: Collection[str] = ()) -> Item | None:
        """The first item in turn, but of none of the cameras `without`; None: there is none on the disk.

        Raises:
            sqlite3.Error: the file cannot be read.
        """
        with self._changed:
            over = set(self._over)  # before the look: what is deleted meanwhile must not come back
        return self._store.oldest(receiver, without, over)

    def done(self, receiver: str, item: Item, aside: str | None = None) -> None:
        """The receiver has the item that was the oldest; or, with a reason `aside`, never will: it is kept, counted, and not tried again."""
        with self._changed:
            self._over[item.number] = Over(receiver, item.size, aside)
            self._depths[receiver] -= 1
            self.lost[receiver] += aside is not None
            self._changed.notify_all()

    def flush(self, seconds: float) -> bool:
        """Waits until all is on the disk, for so many seconds at most. Says whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy, seconds)

    def close(self, seconds: float = 4.0) -> None:
        """Writes what waits, for so many seconds at most; `lost` counts the rest. May be called twice."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._hurry.set()
        self._thread.join(seconds)
        self._abandoned = True
        self._hurry.set()
        self._thread.join(1.0)
        with self._changed:
            self.lost.update(each.receiver for each in self._waiting)
            self._waiting.clear()
        if not self._thread.is_alive():  # else it hangs in the disk, and has the file
            self._store.close()

    @property
    def _busy(self) -> bool:
        return bool(self._waiting or self._over)

    def _make_room(self, new: Put) -> bool:
        """Leaves out one that waits in memory. False: the new one is the first to go."""
        free = range(self._writing, len(self._waiting))
        at = next((each for each in free if self._waiting[each].kind == "update"), None)
        if at is None and free and new.kind != "update":
            at = free[0]
        self._notice.say(f"{self._store.path}: too much waits for the disk; news are left out, updates first")
        if at is None:
            return False
        gone = self._waiting.pop(at)
        self._depths[gone.receiver] -= 1
        self.lost[gone.receiver] += 1
        return True

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._busy or self._ended)
                if self._abandoned or not self._busy:
                    return
                puts, over = self._waiting[:BATCH], dict(self._over)
                self._writing = len(puts)
            try:
                self._write(puts, over)
            except sqlite3.Error as error:
                with self._changed:
                    self._writing = 0
                self._trouble = f"cannot write {self._store.path}: {first_line(error)}; news wait in memory, make room"
                self._clock.wait(self._hurry, RETRY_S)
                self._hurry.clear()  # who closes has it tried at once, but once
                continue
            self._trouble = None
            if puts:
                self._told()

    def _write(self, puts: Sequence[Put], over: Mapping[int, Over]) -> None:
        self._store.change(puts, {number: each.why for number, each in over.items()})
        with self._changed:
            self._sizes.update(_sizes(puts))
            self._sizes.subtract(_sizes([each for each in over.values() if each.why is None]))
            del self._waiting[: len(puts)]
            self._writing = 0
            for number in over:
                del self._over[number]
        for receiver in _sizes(puts):
            excess = self._sizes[receiver] - self._max_bytes
            if excess > 0:
                self._clear(receiver, excess + round(ROOM * self._max_bytes))
        with self._changed:
            self._changed.notify_all()

    def _clear(self, receiver: str, size: int) -> None:
        # What is done while this looks is in `_over` before the next one is taken.
        lost, freed = self._store.shrink(receiver, size, self._over)
        with self._changed:
            self._sizes[receiver] -= freed
            self._depths[receiver] -= lost
            self.lost[receiver] += lost
        self._notice.say(
            f"{self._store.path} is full: {lost} news for {receiver} were left out, updates first; raise outbox.max_mb, or see why {receiver} takes none"
        )


def _sizes(parts: Sequence[Put] | Sequence[Over]) -> Counter[str]:
    sizes: Counter[str] = Counter()
    for each in parts:
        sizes[each.receiver] += each.size
    return sizes
