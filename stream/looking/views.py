"""Views: the parts of a frame that the network looks at.

A network of 150 x 150 pixels cannot see a ship that is a twentieth of the frame; a part of the frame,
looked at by itself, shows it.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from models.errors import UsageError
from models.picture import Box, Picture, cut

WHOLE = "whole"
OVERLAP = 0.25
"""Share of a part's side that its neighbour sees too, so that a ship on the seam is whole in one of them."""
MOST = 8
"""Rows or columns at most: 64 parts a frame are more than any processor carries."""
MASKS = 64
"""Masks kept ready: of so many zones, each at the size of its camera. One of a whole frame of 1080p is 2 MB."""

Polygon = tuple[tuple[float, float], ...]
"""Corners as shares of the frame's width and height, three or more."""


class Layout(Protocol):
    """Which views a frame has: by rows and columns (`Views`), or by name (`Zones`)."""

    @property
    def count(self) -> int:
        """How many views a frame has."""
        ...

    @property
    def names(self) -> tuple[str | None, ...]:
        """Of each view, in the order of `boxes`; None where it has none."""
        ...

    def boxes(self, width: int, height: int) -> list[Box]:
        """The views of a frame of this size in pixels. Each holds a pixel at least."""
        ...

    def cut(self, picture: Picture) -> list[Picture]:
        """What each view shows of a frame, in the order of `boxes`. Takes and gives uint8, (height, width, 3), BGR; do not write on it."""
        ...


@dataclass(frozen=True, slots=True)
class Views:
    """The whole frame and, unless `rows` and `columns` are 1, so many overlapping parts."""

    rows: int = 1
    columns: int = 1

    @property
    def count(self) -> int:
        parts = self.rows * self.columns
        return 1 if parts == 1 else 1 + parts

    @property
    def names(self) -> tuple[str | None, ...]:
        return (None,) * self.count

    def boxes(self, width: int, height: int) -> list[Box]:
        """The whole first, then the parts, row by row."""
        whole = (0, 0, width, height)
        if self.count == 1:
            return [whole]
        spans = product(_spans(height, self.rows), _spans(width, self.columns))
        return [whole, *((left, top, right, bottom) for (top, bottom), (left, right) in spans)]

    def cut(self, picture: Picture) -> list[Picture]:
        return [cut(picture, box) for box in self.boxes(picture.shape[1], picture.shape[0])]


@dataclass(frozen=True, slots=True)
class Zones:
    """Polygons with a name each, in the order given. A view is the rectangle around its polygon.

    What of the rectangle lies outside the polygon is painted over with the mean colour of the inside. Not of the
    rectangle: then the cars on the bank would still tint it, and each that drives by would change the view.
    """

    zones: tuple[tuple[str, Polygon], ...]

    @classmethod
    def of(cls, polygons: Mapping[str, Polygon]) -> "Zones":
        """Raises UsageError where there is none, or one has fewer than three corners or a corner outside the frame."""
        if not polygons:
            raise UsageError("no zone to look at: received none; name one polygon or more, or give views instead")
        for name, polygon in polygons.items():
            _check(name, polygon)
        return cls(tuple((name, tuple((float(x), float(y)) for x, y in each)) for name, each in polygons.items()))

    @property
    def count(self) -> int:
        return len(self.zones)

    @property
    def names(self) -> tuple[str | None, ...]:
        return tuple(name for name, _ in self.zones)

    def boxes(self, width: int, height: int) -> list[Box]:
        return [_around(polygon, width, height) for _, polygon in self.zones]

    def cut(self, picture: Picture) -> list[Picture]:
        height, width = picture.shape[:2]
        return [_painted(picture, polygon, width, height) for _, polygon in self.zones]


def views_named(text: str) -> Views:
    """Reads `whole` or ROWSxCOLUMNS. Raises UsageError for anything else."""
    if text == WHOLE:
        return Views()
    match = re.fullmatch(r"([1-9]\d?)x([1-9]\d?)", text)
    if match is None or max(int(match[1]), int(match[2])) > MOST:
        raise UsageError(
            f"unknown views {text!r}; give {WHOLE}, or rows x columns up to {MOST}x{MOST}, for example 2x3"
        )
    return Views(int(match[1]), int(match[2]))


def layout_of(text: str, polygons: Mapping[str, Polygon]) -> Layout:
    """The zones, where there are any, else the views of this name. Raises UsageError, see `Zones.of` and `views_named`."""
    return Zones.of(polygons) if polygons else views_named(text)


def _spans(length: int, parts: int) -> list[tuple[int, int]]:
    """Equal stretches that overlap by OVERLAP and cover the length."""
    part = length / (parts - (parts - 1) * OVERLAP)
    spans = []
    for number in range(parts):
        exact = number * part * (1 - OVERLAP)
        start = min(round(exact), length - 1)  # a pixel at least, where there are fewer pixels than parts
        spans.append((start, max(start + 1, round(exact + part))))
    return spans


def _check(name: str, polygon: Polygon) -> None:
    if len(polygon) < 3 or not all(0 <= share <= 1 for corner in polygon for share in corner):  # NaN is not
        raise UsageError(
            f"zone {name!r} is no polygon of the frame: {list(polygon)}; give three corners or more, as shares (0 to 1) of width and height"
        )


def _around(polygon: Polygon, width: int, height: int) -> Box:
    xs, ys = [x * width for x, _ in polygon], [y * height for _, y in polygon]
    left, top = min(math.floor(min(xs)), width - 1), min(math.floor(min(ys)), height - 1)
    return left, top, max(left + 1, math.ceil(max(xs))), max(top + 1, math.ceil(max(ys)))


def _painted(picture: Picture, polygon: Polygon, width: int, height: int) -> Picture:
    part, mask = cut(picture, _around(polygon, width, height)), _mask(polygon, width, height)
    if mask is None:
        return part
    mean = [round(channel) for channel in cv2.mean(part, mask)[:3]]
    # Drawn, since `np.full` takes ten times as long: 10 ms for 1080p.
    painted = cv2.rectangle(np.empty(part.shape, np.uint8), (0, 0), part.shape[1::-1], mean, cv2.FILLED)
    return np.asarray(cv2.copyTo(part, mask, painted), np.uint8)


@lru_cache(MASKS)
def _mask(polygon: Polygon, width: int, height: int) -> NDArray[np.uint8] | None:
    """255 inside the polygon and on its edge, 0 outside, of the size of the rectangle around it; None where all of that is inside."""
    left, top, right, bottom = _around(polygon, width, height)
    corners = [[math.floor(x * width) - left, math.floor(y * height) - top] for x, y in polygon]
    mask = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillPoly(mask, [np.array(corners, np.int32)], 255)
    # A polygon without a pixel of its own, at the frame's edge, shows the one its rectangle has.
    return mask if 0 < np.count_nonzero(mask) < mask.size else None
