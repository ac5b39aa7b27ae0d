"""Standard error that holds up nobody: after Ctrl-S, behind a pager, or where a log is not read, a watch goes on."""

import atexit
import io
import os
import stat
import sys
import time
from queue import Full, Queue
from threading import Thread
from typing import Any

MOST = 1000
"""Pieces of text that wait; what comes then is left out, unless there is room again within PATIENCE_S."""
PATIENCE_S = 0.2
"""Once, until something could be written again."""
LAST_S = 1.0
"""So long may what still waits take when the program ends."""


class Terminal(io.TextIOBase):
    """To be written to in place of `sys.stderr`. A thread does the writing, where it could take long.

    A file takes what it is given, and is written to at once; so is what a test puts in the place of standard error.
    """

    def __init__(self) -> None:
        self._waiting: Queue[tuple[int, bytes]] = Queue(MOST)
        self._left_out, self._held_up = 0, False
        self._writer: Thread | None = None

    @property
    def encoding(self) -> str:  # type: ignore[override]  # of TextIOBase it is a plain attribute
        return _stderr().encoding or "utf-8"

    def write(self, text: str, /) -> int:
        place = _slow(_stderr())
        if place is None:
            return int(_stderr().write(text))
        if self._writer is None:
            self._writer = Thread(target=self._write, name="terminal", daemon=True)
            self._writer.start()
            atexit.register(self._finish)
        try:
            piece = (place, text.encode(self.encoding, "backslashreplace"))
            self._waiting.put(piece, not self._held_up, PATIENCE_S)
        except Full:
            self._held_up = True
            self._left_out += 1
        return len(text)

    def flush(self) -> None:
        if _slow(_stderr()) is None:
            _stderr().flush()

    def isatty(self) -> bool:
        return bool(_stderr().isatty())

    def fileno(self) -> int:
        return int(_stderr().fileno())

    def _write(self) -> None:
        while True:
            place, text = self._waiting.get()
            left_out, self._left_out = self._left_out, 0
            if left_out:
                text = f"rivereye: {left_out} messages were left out here, as none could be written\n".encode() + text
            try:
                while text:
                    text = text[os.write(place, text) :]
            except OSError:
                pass  # whoever read it is gone
            self._held_up = False
            self._waiting.task_done()

    def _finish(self) -> None:
        deadline = time.monotonic() + LAST_S
        while self._waiting.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.005)


def _stderr() -> Any:
    """While Rich draws, it puts something in its place that writes to the console again."""
    return getattr(sys.stderr, "rich_proxied_file", sys.stderr)


def _slow(file: Any) -> int | None:
    """Its number, where writing to it may take as long as somebody likes."""
    try:
        number = int(file.fileno())
    except (AttributeError, OSError, ValueError):
        return None
    return None if stat.S_ISREG(os.fstat(number).st_mode) else number
