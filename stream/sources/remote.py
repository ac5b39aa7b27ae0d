"""A camera that is read by a process of its own, as a source like any other; a process can be killed, whatever its decoder does."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from models.errors import SourceError
from stream.sources.frame import Frame
from stream.sources.nursery import NURSERY
from stream.sources.opening import Opening
from stream.sources.wire import receive


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
        self._process = NURSERY.begin()
        # Not among the arguments of a program, which everybody may read.
        request = json.dumps({"source": source, "opening": asdict(opening)}) + "\n"
        with suppress(OSError):
            self._process.input.write(request.encode())

    def frames(self) -> Iterator[Frame | None]:
        self._read = True
        try:
            yield from self._frames()
        finally:
            self._process.output.close()  # not by `close`, which may come from another thread, in the middle of a read

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
        with suppress(OSError):
            self._process.input.close()
        if not self._read:
            self._process.output.close()

    def _next(self) -> tuple[dict[str, Any], Any]:
        message = receive(self._process.output)
        if message is None:
            raise SourceError(f"{self._shown}: the process that reads it is gone")
        if message[0]["kind"] == "failed":
            raise SourceError(message[0]["trouble"])
        return message
