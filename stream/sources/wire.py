"""How a frame goes from the process that reads a camera to the one that watches: a short header in JSON, then the pixels as they are."""

import json
import struct
from typing import Any, BinaryIO, Literal

import numpy as np

from models.picture import Picture

SIZE = struct.Struct(">I")
LARGEST = 1 << 16
"""Bytes of a header; a longer one is none."""
Kind = Literal["opened", "frame", "alive", "ended", "failed"]


def send(to: BinaryIO, kind: Kind, picture: Picture | None = None, **what: Any) -> None:
    """Writes a message. `picture`: uint8, (height, width, 3). Raises OSError: nobody reads any more."""
    header = {"kind": kind, "shape": None if picture is None else picture.shape, **what}
    content = json.dumps(header).encode()
    to.write(SIZE.pack(len(content)) + content)
    if picture is not None:
        to.write(np.ascontiguousarray(picture).data)
    to.flush()


def receive(by: BinaryIO) -> tuple[dict[str, Any], Picture | None] | None:
    """Waits for the next message; None where the other side is gone, in the middle of one or not."""
    length = _exactly(by, SIZE.size)
    if length is None or (size := SIZE.unpack(length)[0]) > LARGEST:
        return None
    content = _exactly(by, size)
    if content is None:
        return None
    header: dict[str, Any] = json.loads(content)
    if header["shape"] is None:
        return header, None
    picture = np.empty(header["shape"], np.uint8)
    return (header, picture) if _fill(by, picture.data.cast("B")) else None


def _exactly(by: BinaryIO, size: int) -> bytes | None:
    content = bytearray(size)
    return bytes(content) if _fill(by, memoryview(content)) else None


def _fill(by: BinaryIO, place: memoryview) -> bool:
    while place:
        count = by.readinto(place)  # type: ignore[attr-defined]  # every binary file has it
        if not count:
            return False
        place = place[count:]
    return True
