"""A decoded frame as the decoder left it: brightness and colour apart, colour at half the size. Pixels are made of it only where somebody asks."""

from dataclasses import dataclass

import cv2
import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

from models.picture import Picture, fit

LIMITED, FULL = "yuv420p", "yuvj420p"
LAYOUTS = (LIMITED, FULL)
"""How nearly all cameras and recordings keep their frames: brightness from 16 to 235, or from 0 to 255."""


BY_TWO = 4
"""So many times as large as the result a side may be that interpolation brings to twice its size: from there on it would leave pixels out."""
DARKER = (1.2, 1.6, 1.1)
"""Levels of blue, green and red by which OpenCV's decoding comes out too dark, as it cuts fractions off: mean of nine clips, which differ by 0.5.
Both ways shall give the same."""


def _to_bgr(black: float, luma: float, chroma: float) -> NDArray[np.float32]:
    """Rows for blue, green and red of (Y, U, V, 1), by ITU-R BT.601, which OpenCV's decoding takes whatever a file says of itself."""
    colours = np.array(
        [[luma, 1.772 * chroma, 0], [luma, -0.344136 * chroma, -0.714136 * chroma], [luma, 0, 1.402 * chroma]]
    )
    moved = colours @ [-black, -128, -128] - DARKER
    return np.column_stack([colours, moved]).astype(np.float32)


TO_BGR = {LIMITED: _to_bgr(16, 255 / 219, 255 / 224), FULL: _to_bgr(0, 1, 1)}


@dataclass(frozen=True, slots=True, eq=False)
class Planes:
    """Holds the decoder's own memory: let it go soon."""

    decoded: VideoFrame

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
        return np.asarray(cv2.transform(small, TO_BGR[self.decoded.format.name]), np.uint8)

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
