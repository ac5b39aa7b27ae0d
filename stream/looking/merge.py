"""Positive views become boxes: neighbours that see the same ship become one."""

from collections.abc import Sequence
from itertools import combinations

from models.picture import Box


def merge(boxes: Sequence[Box]) -> tuple[Box, ...]:
    """Where the ships are, by the views in which one is in sight.

    A view around another one says nothing that the smaller does not say better, so it is left out: the whole
    frame beside its parts. Of the rest, those that overlap or touch become the rectangle around them, until none do.

    Args:
        boxes: of the positive views, in any order.

    Returns:
        Boxes of which no two touch, from top to bottom, then from left to right; none where none was given.
    """
    left = {box for box in boxes if not any(_holds(box, other) for other in boxes)}
    while pair := next(((one, other) for one, other in combinations(sorted(left), 2) if _touch(one, other)), None):
        left -= set(pair)
        left.add(_around(*pair))
    return tuple(sorted(left, key=lambda box: (box[1], box[0])))


def _holds(box: Box, other: Box) -> bool:
    """Whether the other one lies within the box, and is another one."""
    return box != other and _around(box, other) == box


def _touch(one: Box, other: Box) -> bool:
    """Whether they share a pixel, an edge or a corner."""
    return all(max(one[axis], other[axis]) <= min(one[axis + 2], other[axis + 2]) for axis in (0, 1))


def _around(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])
