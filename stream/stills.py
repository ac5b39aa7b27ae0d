"""Still pictures as a source."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from models.errors import PictureError
from models.picture import read_picture
from stream.frame import Frame


class Stills:
    """Pictures in the given order. One that cannot be read gives a frame without a picture."""

    live: bool = False
    timed: bool = False
    fps: float | None = None

    def __init__(self, camera: str, paths: Sequence[Path]) -> None:
        self.camera = camera
        self.files = paths
        self.expected: int | None = len(paths)

    def frames(self) -> Iterator[Frame]:
        for index, path in enumerate(self.files):
            name = path.name.encode(errors="surrogateescape").decode(errors="replace")  # records are Unicode
            try:
                yield Frame(index, read_picture(path), None, time.monotonic(), name=name)
            except PictureError:
                yield Frame(index, None, None, time.monotonic(), name=name, reason="corrupt")

    def close(self) -> None:
        """Nothing stays open between two pictures."""
