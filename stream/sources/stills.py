"""Still pictures as a source."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from models.errors import PictureError
from models.picture import read_picture
from stream.sources.frame import Frame
from stream.sources.pace import Pace, Pacer


class Stills:
    """Pictures in the given order, of which the pace takes every n-th. One that cannot be read gives a frame without a picture."""

    live: bool = False
    timed: bool = False
    killable = False
    fps: float | None = None
    decoder = "Pillow"

    def __init__(self, camera: str, paths: Sequence[Path], pace: Pace = Pace()) -> None:  # noqa: B008 - frozen
        self.camera = camera
        self.files = paths
        self.expected: int | None = len(paths)
        self._pacer = Pacer(pace)

    def frames(self) -> Iterator[Frame | None]:
        for index, path in enumerate(self.files):
            if self._pacer.judge(None) == "skip":
                yield None
                continue
            name = path.name.encode(errors="surrogateescape").decode(errors="replace")  # records are Unicode
            try:
                yield Frame(index, read_picture(path), None, time.monotonic(), name=name)
            except PictureError:
                yield Frame(index, None, None, time.monotonic(), name=name, reason="corrupt")

    def close(self) -> None:
        """Nothing stays open between two pictures."""
