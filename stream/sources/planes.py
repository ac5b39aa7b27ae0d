"""A decoded frame as the decoder left it: brightness and colour apart, colour at half the size. Pixels are made of it only where somebody asks."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from models.picture import Picture, fit

if TYPE_CHECKING:  # PyAV brings an FFmpeg of its own: the process of a camera, which OpenCV reads, does without
    from av import VideoFrame

LIMITED, FULL = "yuv420p", "yuvj420p"
LAYOUTS = (LIMITED, FULL)
"""How nearly all cameras and recordings keep their frames: brightness from 16 to 235, or from 0 to 255."""


BY_TWO = 4
"""So many times as large as the result a side may be that interpolation brings to twice its size: from there on it would leave pixels out."""
DARKER = (1.2, 1.6, 1.1)
"""Levels of blue, green and red by which OpenCV's decoding comes out too dark, as it cuts fractions off: mean of nine clips, which differ by 0.5.
Both ways shall give the same."""


UNTOLD = 5
"""ITU-R BT.601: what swscale takes, and with it OpenCV, where a file does not say what its colours are, or in a way that it does not know."""
SHARES = {1: (0.2126, 0.0722), UNTOLD: (0.299, 0.114), 7: (0.212, 0.087), 9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}
"""Of red and blue in brightness, by FFmpeg's numbers: BT.709, BT.601, SMPTE 240M, BT.2020 (twice)."""
WHOLE_RANGE = 2
"""FFmpeg's number for brightness from 0 to 255. Most decoders say it by another format, but not those of VP9 and AV1."""


@lru_cache
def _to_bgr(colours: int, full: bool) -> NDArray[np.float32]:
    """Rows for blue, green and red of (Y, U, V, 1), as the file says of itself: OpenCV's decoding takes it at its word, too (measured with 5.0.0)."""
    red, blue = SHARES.get(colours, SHARES[UNTOLD])
    green = 1 - red - blue
    black, luma, chroma = (0, 1.0, 1.0) if full else (16, 255 / 219, 255 / 224)
    to_blue, to_red = 2 * (1 - blue) * chroma, 2 * (1 - red) * chroma
    rows = np.array([[luma, to_blue, 0], [luma, -to_blue * blue / green, -to_red * red / green], [luma, 0, to_red]])
    moved = rows @ [-black, -128, -128] - DARKER
    return np.column_stack([rows, moved]).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """Holds the decoder's own memory: let it go soon."""

    decoded: "VideoFrame"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.decoded.width, self.decoded.height

    @property
    def brightness(self) -> NDArray[np.uint8]:
        """uint8, (height, width). A view: do not write on it."""
        return self._plane(0, *self.size)

    def picture(self) -> Picture:
        """All of it, uint8, (height, width, 3), BGR; as OpenCV's decoding gives it."""
        return np.asarray(self.decoded.reformat(format="bgr24", interpolation="BICUBIC").to_ndarray(), np.uint8)

    def fit(self, width: int, height: int) -> Picture:
        """As `models.picture.fit` of the picture, within a level or two, in a tenth of the time: it is shrunk before it is coloured.

        Args:
            width: of the result, in pixels.
            height: of the result, in pixels.
        """
        columns, rows = self.size
        halvings = min(rows // height, columns // width).bit_length() - 1
        if halvings < 1 or columns % 2 or rows % 2:
            return fit(self.picture(), width, height)
        colours = [_halved(self._plane(number, columns // 2, rows // 2), halvings - 1) for number in (1, 2)]
        shrunk = cv2.merge([_halved(self.brightness, halvings), *colours])
        small = _shrunk(np.asarray(shrunk, np.uint8), width, height)
        return np.asarray(cv2.transform(small, self._to_bgr), np.uint8)

    @property
    def _to_bgr(self) -> NDArray[np.float32]:
        full = self.decoded.format.name == FULL or self.decoded.color_range == WHOLE_RANGE
        return _to_bgr(int(self.decoded.colorspace), full)

    def _plane(self, number: int, columns: int, rows: int) -> NDArray[np.uint8]:
        plane = self.decoded.planes[number]
        return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:rows, :columns]


def _shrunk(planes: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """To a size that is less than half of it on one side at least. Averaging areas of broken numbers of pixels is slow; the same but for half a
    level is to go to twice the size by interpolation, and then by half."""
    rows, columns = planes.shape[:2]
    if rows <= BY_TWO * height and columns <= BY_TWO * width:
        return _halved(
            np.asarray(cv2.resize(planes, (2 * width, 2 * height), interpolation=cv2.INTER_LINEAR), np.uint8), 1
        )
    return np.asarray(cv2.resize(planes, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _halved(plane: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    """By two at a time, for which OpenCV has a path several times faster than for four."""
    for _ in range(times):
        plane = np.asarray(
            cv2.resize(plane, (plane.shape[1] // 2, plane.shape[0] // 2), interpolation=cv2.INTER_AREA), np.uint8
        )
    return plane
