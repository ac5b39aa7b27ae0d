"""A camera that is read by a process of its own, as a source like any other; a process can be killed, whatever its decoder does."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from models.errors import SourceError
from stream.sources.frame import Frame
from stream.sources.opening import Opening
from stream.sources.wire import receive

PIPE_BYTES = 1 << 20
"""Asked of the system for the pipe between the two: a frame of 1080p is 6 MB, in pieces of the usual 64 kB it takes long."""
F_SETPIPE_SZ = 1031
"""Linux only."""


class Remote:
    """The process is started at once, and opens the source; `close` kills it, from any thread, whatever it does.

    What is said of the source is known from the first frame on.
    """

    files: Sequence[Path] = ()
    killable = True

    def __init__(self, source: str, camera: str, opening: Opening) -> None:
        self.camera, self.decoder = camera, "software"
        self.live, self.timed = True, True
        self.fps: float | None = None
        self.expected: int | None = None
        self._shown = opening.shown or camera
        self._read = False
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-m",
                "stream.sources.reading",
            ],  # -P: not the `stream` of the folder we happen to be in
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )
        # By the standard input, as everybody may read the arguments of a process.
        request = json.dumps({"source": source, "opening": asdict(opening)}) + "\n"
        with suppress(OSError):
            self._input.write(request.encode())
        _widen(self._output)

    def frames(self) -> Iterator[Frame | None]:
        self._read = True
        try:
            yield from self._frames()
        finally:
            self._output.close()  # not by `close`, which may come from another thread, in the middle of a read

    def _frames(self) -> Iterator[Frame | None]:
        while True:
            header, picture = self._next()
            if header["kind"] == "opened":
                for name, value in header["about"].items():
                    setattr(self, name, value)
                continue
            for _ in range(header["skipped"]):
                yield None
            if header["kind"] == "ended":
                return
            if header["kind"] == "frame":
                self.decoder = header["decoder"]
                yield Frame(picture=picture, **header["frame"])

    def close(self) -> None:
        """May be called twice."""
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            self._input.close()
        if not self._read:
            self._output.close()

    def _next(self) -> tuple[dict[str, Any], Any]:
        message = receive(self._output)
        if message is None:
            raise SourceError(f"{self._shown}: the process that reads it is gone (exit code {self._process.wait()})")
        if message[0]["kind"] == "failed":
            raise SourceError(message[0]["trouble"])
        return message

    @property
    def _input(self) -> BinaryIO:
        assert self._process.stdin is not None
        return self._process.stdin  # type: ignore[return-value]  # without text=True it is binary

    @property
    def _output(self) -> BinaryIO:
        assert self._process.stdout is not None
        return self._process.stdout  # type: ignore[return-value]


def _widen(pipe: BinaryIO) -> None:
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):  # a limit of the system
            fcntl.fcntl(pipe.fileno(), F_SETPIPE_SZ, PIPE_BYTES)
