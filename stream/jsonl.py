"""Detections as JSON Lines."""

import sys
from types import TracebackType
from typing import Self, TextIO

from models.errors import OutputError
from stream.detection import Detection

STDOUT = "-"


class JsonLines:
    """One line a detection, handed to the operating system at once: a kill loses none but the last.

    Raises:
        OutputError: the file cannot be written.
        BrokenPipeError: whoever read standard output has gone.
    """

    def __init__(self, path: str) -> None:
        """`path`: of the file, or `-` for standard output."""
        self.path = path
        try:
            self._file: TextIO = sys.stdout if path == STDOUT else open(path, "w", encoding="utf-8", newline="\n")  # noqa: SIM115, PTH123
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror}") from error

    def write(self, detection: Detection) -> None:
        try:
            self._file.write(detection.model_dump_json(by_alias=True) + "\n")
            self._file.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"cannot write {self.path}: {error.strerror}") from error

    def close(self) -> None:
        """May be called twice."""
        if self.path != STDOUT:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
