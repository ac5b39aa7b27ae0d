"""Detections as JSON Lines."""

import os
import sys

from models.closing import Closing
from models.errors import OutputError
from stream.detection import Detection

STDOUT = "-"


class JsonLines(Closing):
    """One line a detection, handed to the operating system at once: a kill loses none but the last.

    Raises:
        OutputError: the file cannot be written.
        BrokenPipeError: whoever read standard output has gone.
    """

    def __init__(self, path: str) -> None:
        """`path`: of the file, or `-` for standard output."""
        self.path = path
        if path == STDOUT and sys.stdout is None:
            raise OutputError("cannot write to standard output: it is closed; give --output FILE")
        try:
            self._descriptor = 1 if path == STDOUT else os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror}") from error
        self._open = True

    def write(self, detection: Detection) -> None:
        line = (detection.model_dump_json(by_alias=True) + "\n").encode()
        try:
            while line:
                line = line[os.write(self._descriptor, line) :]
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"cannot write {self.path}: {error.strerror}") from error

    def close(self) -> None:
        """May be called twice."""
        if self._open and self.path != STDOUT:
            os.close(self._descriptor)
        self._open = False
