"""Best frames of passages, read from their folder."""

from functools import lru_cache
from pathlib import Path

import cv2

from models.picture import Picture
from stream.web.live import fitted, jpeg_of

SMALL = 320
"""Pixels wide."""
LARGEST = 30_000_000
"""Bytes: what is larger is no snapshot of ours."""
KEPT = 500
"""Small pictures of some 10 KB that stay in memory."""


def whole(path: Path) -> bytes | None:
    """None: it is gone, or cannot be read."""
    try:
        return path.read_bytes() if path.stat().st_size <= LARGEST else None
    except OSError:
        return None


def thumbnail(path: Path) -> bytes | None:
    """A small JPEG of it. None: it is gone, or no picture."""
    try:
        return _small(path, path.stat().st_mtime_ns)
    except OSError:
        return None


@lru_cache(KEPT)
def _small(path: Path, _: int) -> bytes | None:
    content = whole(path)
    # Half, a quarter or an eighth of the size costs nothing while a JPEG is decoded.
    picture = None if content is None else _decoded(content)
    return None if picture is None else jpeg_of(fitted(picture, SMALL))


def _decoded(content: bytes) -> Picture | None:
    import numpy as np

    try:
        return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_REDUCED_COLOR_2)  # type: ignore[return-value]
    except cv2.error:
        return None
