"""Records as JSON Lines, and files that hold whole lines only."""

import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from errno import ENOSPC
from io import FileIO
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from models.closing import Closing
from models.errors import OutputError
from stream.sinks.retention import cut_torn, move_on

STDOUT = "-"
Sync = Literal["never", "second", "line"]


class LineFile(Closing):
    """Lines at the end of a file, each handed to the operating system at once, and there whole or not at all.

    What a full disk took in part is taken back. A file that somebody moved away or deleted is begun anew.

    Raises:
        OutputError: the file cannot be written; `errno` says why. The line is not in it.
        BrokenPipeError: whoever read standard output has gone.
    """

    def __init__(
        self,
        path: str,
        begins: bytes,
        append: bool = False,
        fsync: Sync = "never",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            path: of the file, or `-` for standard output.
            begins: how every such file begins; another one is not appended to. A whole line is put there.
            append: go on after what is there; a torn last line, left by a kill, is cut off.
            fsync: force lines onto the disk: never, at most once a second (the last ones when it is closed), or each.
            clock: seconds, monotonic.
        """
        self.path, self._begins, self._fsync, self._clock = path, begins, fsync, clock
        self._header = begins if begins.endswith(b"\n") else b""
        self._synced = clock() - 1
        self._clean: int | None = None
        self._torn = self._rest = b""
        self._busy = self._closed = False
        if path == STDOUT and sys.stdout is None:
            raise OutputError("cannot write to standard output: it is closed; give --output FILE")
        self._file: FileIO | None = None
        with self._at_work():
            self._file = self._opened(append)
            self._ours = path != STDOUT and stat.S_ISREG(os.fstat(self._file.fileno()).st_mode)

    @property
    def size(self) -> int:
        """Bytes; 0 for what is no file on a disk, such as standard output."""
        return os.fstat(self._file.fileno()).st_size if self._file is not None and self._ours else 0

    def write(self, line: bytes) -> None:
        """Adds a line; `line` ends with a newline."""
        if self._closed:
            raise ValueError(f"{self.path} is closed")
        with self._at_work():
            if self._ours:
                self._write_whole(line)
            else:
                self._write_on(line)

    def rotate(self, keep: int) -> None:
        """Moves the file out of the way, see `move_on`; the next line begins a new one."""
        with self._at_work():
            self._shut()
            move_on(Path(self.path), keep)

    def close(self) -> None:
        """May be called twice. Where another thread still hangs in `write`, that one closes the file."""
        self._closed = True
        if not self._busy:
            with self._at_work():
                self._shut()

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        self._busy = True
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            name = "standard output" if self.path == STDOUT else self.path
            failure = OutputError(
                f"cannot write {name}: {error.strerror}; {'make room, or ' if error.errno == ENOSPC else ''}choose another place"
            )
            failure.errno = error.errno  # type: ignore[attr-defined]
            raise failure from error
        finally:
            self._busy = False
            if self._closed and self._file is not None:
                self._file.close()

    def _opened(self, append: bool) -> FileIO:
        if self.path == STDOUT:
            return FileIO(1, "w", closefd=False)
        if append and Path(self.path).is_file():
            cut_torn(Path(self.path), self._begins)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | (0 if append else os.O_TRUNC)
        return FileIO(os.open(self.path, flags, 0o666), "w")

    def _write_whole(self, line: bytes) -> None:
        if self._file is not None and not _is_at(self._file, Path(self.path)):
            self._shut()
        file = self._file = self._file or self._opened(append=True)
        self._take_back()
        self._clean = self.size
        line = line if self._clean else self._header + line
        try:
            while line:
                line = line[os.write(file.fileno(), line) :]
            if self._fsync == "line" or (self._fsync == "second" and self._clock() - self._synced >= 1):
                os.fsync(file.fileno())
                self._synced = self._clock()
        except BaseException:
            with suppress(OSError):  # it is tried again before the next line
                self._take_back()
            raise
        self._clean = None

    def _take_back(self) -> None:
        if self._file is not None and self._clean is not None and self.size > self._clean:
            os.ftruncate(self._file.fileno(), self._clean)
        self._clean = None

    def _write_on(self, line: bytes) -> None:
        """From standard output or a pipe nothing can be taken back: what was begun is finished first."""
        assert self._file is not None
        line = self._header + line
        rest = self._rest if self._rest and line == self._torn else self._rest + line
        try:
            while rest:
                rest = rest[os.write(self._file.fileno(), rest) :]
        except OSError:
            if len(rest) < len(line):
                self._torn, self._rest = line, rest
            else:  # of `line` nothing was written
                self._rest = rest[: len(rest) - len(line)]
            raise
        self._rest = self._header = b""

    def _shut(self) -> None:
        try:
            self._take_back()
            if self._file is not None and self._ours and self._fsync != "never":
                os.fsync(self._file.fileno())
        finally:
            if self._file is not None:
                self._file.close()
            self._file = None


class JsonLines(Closing):
    """One line a record: a kill loses none but the last. Errors as of LineFile."""

    def __init__(
        self,
        path: str,
        rotate_bytes: int | None = None,
        keep: int = 10,
        fsync: Sync = "never",
        append: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            rotate_bytes: no file grows beyond this, but for a single line. Standard output is not rotated.
            keep: so many old files stay.
            path, fsync, append, clock: see LineFile.
        """
        self._rotate_bytes, self._keep = rotate_bytes, keep
        self._lines = LineFile(path, b"{", append, fsync, clock)

    def write(self, record: BaseModel) -> None:
        line = (record.model_dump_json(by_alias=True) + "\n").encode()
        if self._rotate_bytes is not None and 0 < self._lines.size > self._rotate_bytes - len(line):
            self._lines.rotate(self._keep)
        self._lines.write(line)

    def close(self) -> None:
        """May be called twice."""
        self._lines.close()


def _is_at(file: FileIO, path: Path) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except OSError:
        return False
