"""Views: the rectangles of a frame that the network looks at.

A network of 150 x 150 pixels cannot see a ship that is a twentieth of the frame; a part of the frame,
looked at by itself, shows it.
"""

import re
from dataclasses import dataclass
from itertools import product

from models.errors import UsageError
from models.picture import Box

WHOLE = "whole"
OVERLAP = 0.25
"""Share of a part's side that its neighbour sees too, so that a ship on the seam is whole in one of them."""
MOST = 8
"""Rows or columns at most: 64 parts a frame are more than any processor carries."""


@dataclass(frozen=True, slots=True)
class Views:
    """The whole frame and, unless `rows` and `columns` are 1, so many overlapping parts."""

    rows: int = 1
    columns: int = 1

    @property
    def count(self) -> int:
        """How many views a frame has."""
        parts = self.rows * self.columns
        return 1 if parts == 1 else 1 + parts

    def boxes(self, width: int, height: int) -> list[Box]:
        """The views of a frame of this size in pixels: the whole first, then the parts, row by row."""
        whole = (0, 0, width, height)
        if self.count == 1:
            return [whole]
        spans = product(_spans(height, self.rows), _spans(width, self.columns))
        return [whole, *((left, top, right, bottom) for (top, bottom), (left, right) in spans)]


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


def _spans(length: int, parts: int) -> list[tuple[int, int]]:
    """Equal stretches that overlap by OVERLAP and cover the length."""
    part = length / (parts - (parts - 1) * OVERLAP)
    spans = []
    for number in range(parts):
        exact = number * part * (1 - OVERLAP)
        start = min(round(exact), length - 1)  # a pixel at least, where there are fewer pixels than parts
        spans.append((start, max(start + 1, round(exact + part))))
    return spans
