"""Zones whose sides cross are refused, and no other."""

from collections.abc import Sequence
from math import cos, pi, sin
from pathlib import Path

import pytest

from models.errors import UsageError
from stream.configuration.config import load_settings
from stream.configuration.polygons import Point, simple

STAR = [(0.5 + 0.4 * sin(4 * pi * each / 5), 0.5 + 0.4 * cos(4 * pi * each / 5)) for each in range(5)]


@pytest.mark.parametrize(
    "corners",
    [
        [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9)],
        [(0.9, 0.9), (0.9, 0.1), (0.1, 0.1)],
        [(0.1, 0.1), (0.9, 0.1), (0.5, 0.5), (0.9, 0.9), (0.1, 0.9)],  # not convex
        [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.1)],  # the first corner once more
        [(0.0, 0.0), (0.5, 0.5), (1.0, 0.0), (1.0, 1.0), (0.5, 0.5), (0.0, 1.0)],  # touches itself
        [(0.1, 0.1), (0.5, 0.1), (0.9, 0.1), (0.9, 0.9)],  # a corner on a side
    ],
)
def test_a_zone(corners: Sequence[Point]) -> None:
    assert simple(corners) == corners


@pytest.mark.parametrize(
    ("corners", "sides"),
    [
        ([(0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9)], "1 and 3"),
        ([(0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9)], "2 and 4"),
        (STAR, "1 and 3"),
    ],
)
def test_sides_that_cross(corners: Sequence[Point], sides: str) -> None:
    with pytest.raises(ValueError, match=f"its sides {sides} cross; give the corners in order"):
        simple(corners)


@pytest.mark.parametrize("table", ["cameras.north", "defaults"])
def test_a_configuration_with_such_a_zone_is_refused(tmp_path: Path, table: str) -> None:
    file = tmp_path / "river.toml"
    zones = "zones = { gate = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]] }"
    camera = '[cameras.north]\nsource = "test"\n'
    file.write_text(f"{camera}{zones}" if table == "cameras.north" else f"{camera}[defaults]\n{zones}")
    with pytest.raises(UsageError, match=f"{table}.zones.gate: its sides 1 and 3 cross"):
        load_settings(file, {})


def test_corners_on_a_line() -> None:
    """In such a zone there would never be a ship, and the camera would count as one that sees."""
    with pytest.raises(ValueError, match="its corners lie on a line"):
        simple([(0.1, 0.1), (0.5, 0.1), (0.9, 0.1)])
