"""The hand-over from a reading thread to the thread that infers."""

from collections import deque
from threading import Condition
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Buffer(Generic[Item]):
    """A bounded queue that is taken from in batches.

    Args:
        capacity: most items held.
        lossy: when full, drop the oldest item (a live camera) instead of making the reader wait (a
            recording).
    """

    def __init__(self, capacity: int, lossy: bool) -> None:
        self.capacity, self.lossy = capacity, lossy
        self.dropped = 0
        self._items: deque[Item] = deque()
        self._changed = Condition()
        self._ended = False
        self._error: BaseException | None = None

    def put(self, item: Item) -> bool:
        """Adds an item, waiting for room unless lossy. Returns False once nobody wants any more."""
        with self._changed:
            if self.lossy and not self._ended and len(self._items) >= self.capacity:
                self._items.popleft()
                self.dropped += 1
            while len(self._items) >= self.capacity and not self._ended:
                self._changed.wait()
            if self._ended:
                return False
            self._items.append(item)
            self._changed.notify_all()
            return True

    def take(self, most: int, full: bool) -> list[Item]:
        """Waits for items and takes them, oldest first; an empty list is the end.

        Args:
            most: how many at most.
            full: wait until there are that many, unless the reader ends before.

        Raises:
            BaseException: what the reader ended with, after the last item before it.
        """
        wanted = min(most, self.capacity) if full else 1
        with self._changed:
            while len(self._items) < wanted and not self._ended:
                self._changed.wait()
            batch = [self._items.popleft() for _ in range(min(most, len(self._items)))]
            self._changed.notify_all()
            if not batch and self._error is not None:
                raise self._error
            return batch

    def end(self, error: BaseException | None = None) -> None:
        """No more items will come, because of `error` if there is one. What is held can still be taken."""
        with self._changed:
            self._ended = True
            self._error = self._error or error
            self._changed.notify_all()
