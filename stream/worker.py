"""Work done behind a bounded queue, so that the caller need not wait for it."""

from collections.abc import Callable
from threading import Thread
from typing import Generic, TypeVar

from models.closing import Closing
from stream.buffer import Buffer

Item = TypeVar("Item")
CAPACITY = 16


class Worker(Closing, Generic[Item]):
    """Calls `work` with each item, in order, in one thread of its own. Nothing is lost: a full queue makes the caller wait.

    What `work` raises is raised by the next `put`, or by `close`.
    """

    def __init__(self, work: Callable[[Item], None], name: str) -> None:
        self._work = work
        self._buffer: Buffer[Item] = Buffer(CAPACITY, lossy=False)
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, name=name)
        self._thread.start()

    def put(self, item: Item) -> None:
        if not self._buffer.put(item):
            self.close()

    def close(self) -> None:
        """Waits for what is queued. May be called twice."""
        self._buffer.end()
        self._thread.join()
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _run(self) -> None:
        try:
            while items := self._buffer.take(1, full=False):
                self._work(items[0])
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            self._error = error
            self._buffer.end()
