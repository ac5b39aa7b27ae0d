"""What is opened and must be closed."""

from types import TracebackType
from typing import Self


class Closing:
    """Makes a class with a method `close` a context manager."""

    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
