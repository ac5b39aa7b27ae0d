"""Polygons of a zone: they have an area, and their sides do not cross."""

from collections.abc import Sequence
from itertools import combinations

Point = tuple[float, float]
LEAST = 1e-6
"""Of the frame: two pixels of a large one. With less, nothing would ever be in the zone."""


def simple(corners: Sequence[Point]) -> Sequence[Point]:
    """The same corners. Raises ValueError: there is next to nothing within them, or two of the sides cross, so that what lies within is anybody's guess."""
    sides = list(zip(corners, (*corners[1:], corners[0]), strict=True))
    for (first, one), (second, other) in combinations(enumerate(sides, 1), 2):
        if _cross(one, other):
            raise ValueError(f"its sides {first} and {second} cross; give the corners in order, once around the zone")
    if _area(sides) < LEAST:
        raise ValueError("its corners lie on a line, with nothing between them; give corners around the zone")
    return corners


def _area(sides: Sequence[tuple[Point, Point]]) -> float:
    """Gauss's formula."""
    return abs(sum(x * below - right * y for (x, y), (right, below) in sides)) / 2


def _cross(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Whether they have a point in common that is an end of neither. To touch is not to cross."""
    return _apart(one, *other) and _apart(other, *one)


def _apart(side: tuple[Point, Point], a: Point, b: Point) -> bool:
    """Whether `a` lies on one hand of the side, and `b` on the other."""
    return _hand(side, a) * _hand(side, b) < 0


def _hand(side: tuple[Point, Point], at: Point) -> float:
    (x, y), (right, below) = side
    return (right - x) * (at[1] - y) - (below - y) * (at[0] - x)
