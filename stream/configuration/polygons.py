"""Polygons of a zone, whose sides may not cross."""

from collections.abc import Sequence
from itertools import combinations

Point = tuple[float, float]


def simple(corners: Sequence[Point]) -> Sequence[Point]:
    """The same corners. Raises ValueError: two of the sides cross, so that what lies within them is anybody's guess."""
    sides = list(zip(corners, (*corners[1:], corners[0]), strict=True))
    for (first, one), (second, other) in combinations(enumerate(sides, 1), 2):
        if _cross(one, other):
            raise ValueError(f"its sides {first} and {second} cross; give the corners in order, once around the zone")
    return corners


def _cross(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Whether they have a point in common that is an end of neither. To touch is not to cross."""
    return _apart(one, *other) and _apart(other, *one)


def _apart(side: tuple[Point, Point], a: Point, b: Point) -> bool:
    """Whether `a` lies on one hand of the side, and `b` on the other."""
    return _hand(side, a) * _hand(side, b) < 0


def _hand(side: tuple[Point, Point], at: Point) -> float:
    (x, y), (right, below) = side
    return (right - x) * (at[1] - y) - (below - y) * (at[0] - x)
