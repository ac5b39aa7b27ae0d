"""Work done behind a bounded queue, so that the caller need not wait for it."""

from collections import deque
from collections.abc import Callable
from errno import EDQUOT, EIO, ENOSPC
from threading import Condition, Event, Thread
from typing import Generic, TypeVar

from models.closing import Closing
from models.errors import OutputError

Item = TypeVar("Item")
CAPACITY = 16
PASSING = frozenset({ENOSPC, EDQUOT, EIO})
"""A disk may get over these: full, quota used up, a cable pulled."""
RETRY_S = 1.0


class Worker(Closing, Generic[Item]):
    """Calls `work` with each item, in order, in one thread of its own.

    By itself nothing is lost: a full queue makes the caller wait. What `work` raises is raised by the next `put`, or by
    `close`, and ends the work.
    """

    def __init__(
        self,
        work: Callable[[Item], object],
        name: str,
        capacity: int = CAPACITY,
        shed: bool = False,
        patience: bool = False,
        wait: Callable[[Event, float], object] = Event.wait,
    ) -> None:
        """
        Args:
            work: what to do with an item; it may be called again with the same one, if it raised.
            name: of the thread.
            capacity: most items held, the one that is worked on among them.
            shed: refuse an item when the queue is full; the caller never waits.
            patience: where `work` raises an OutputError whose `errno` may pass, try the same item again every second.
                Until then a full queue refuses further items.
            wait: for so many seconds, or until the event is set.
        """
        self._work, self._capacity, self._sheds, self._patience, self._wait = work, capacity, shed, patience, wait
        self._items: deque[Item] = deque()
        self._changed = Condition()
        self._hurry = Event()
        self._ended = self._abandoned = False
        self._shed = 0
        self._troubled: str | None = None
        self._error: BaseException | None = None
        # A daemon: where a disk never answers, the program still ends.
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def depth(self) -> int:
        """Items taken and not done yet."""
        return len(self._items)

    @property
    def shed(self) -> int:
        """Items refused."""
        return self._shed

    @property
    def lost(self) -> int:
        """Items taken that will not be done: `work` failed, or `close` gave up. One of them may be done in part."""
        return len(self._items) if self._abandoned else 0

    @property
    def troubled(self) -> str | None:
        """What keeps the work from going on at present, as a sentence; None where nothing does."""
        return self._troubled

    def put(self, item: Item) -> bool:
        """Adds an item; says whether it was taken.

        Raises:
            BaseException: what `work` raised for an earlier item.
        """
        with self._changed:
            while self._full and not self._ended and not self._sheds and self._troubled is None:
                self._changed.wait()
            taken = not self._ended and not self._full
            if taken:
                self._items.append(item)
                self._changed.notify_all()
            else:
                self._shed += 1
            failed = self._error is not None
        if failed:
            self.close()
        return taken

    def close(self, timeout: float | None = None) -> None:
        """Waits until what is queued is done, for `timeout` seconds at most; `lost` says what is not. May be called twice.

        Raises:
            BaseException: what `work` raised, unless that was raised before.
        """
        with self._changed:
            self._ended = True
            self._changed.notify_all()
            given_up = self._abandoned and self._error is None
        self._hurry.set()
        if not given_up:
            self._thread.join(timeout)
        with self._changed:
            self._abandoned = self._abandoned or self._thread.is_alive()
            error, self._error = self._error, None
        self._hurry.set()
        if error is not None:
            raise error

    @property
    def _full(self) -> bool:
        return len(self._items) >= self._capacity

    def _run(self) -> None:
        try:
            while self._more() and self._done(self._items[0]):
                with self._changed:
                    self._items.popleft()
                    self._troubled = None
                    self._changed.notify_all()
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            with self._changed:
                self._error = error
                self._ended = self._abandoned = True
                self._changed.notify_all()

    def _more(self) -> bool:
        """Waits for an item. The one that is worked on stays in the queue, so that it is counted until it is done."""
        with self._changed:
            while not self._items and not self._ended:
                self._changed.wait()
            return bool(self._items)

    def _done(self, item: Item) -> bool:
        """False: given up."""
        while not self._abandoned:
            try:
                self._work(item)
            except OutputError as error:
                if not self._patience or getattr(error, "errno", None) not in PASSING:
                    raise
                with self._changed:
                    self._troubled = str(error)
                    self._changed.notify_all()
            else:
                return True
            self._wait(self._hurry, RETRY_S)
            self._hurry.clear()  # who closes has it tried at once, but once
        return False
