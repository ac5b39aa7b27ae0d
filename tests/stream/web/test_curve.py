"""Scores as a line: what lies where."""

import pytest

from stream.store.curves import Curve
from stream.web.curve import HEIGHT, WIDTH, drawn


def test_a_line_from_left_to_right() -> None:
    line = drawn(Curve(-5.0, 1.0, (0.0, *(0.5,) * 9, 1.0)), 5.0)
    (points,) = line.lines
    assert points.split()[0] == f"0.0,{HEIGHT}"
    assert points.split()[-1] == f"{WIDTH},0.0"
    assert (line.begin, line.end, line.dots) == (WIDTH / 2, WIDTH, ())


def test_a_hole_is_a_hole() -> None:
    line = drawn(Curve(0.0, 1.0, (0.9, 0.9, None, 0.8, None, 0.7, 0.7)), 6.0)
    assert len(line.lines) == 2
    assert len(line.dots) == 1


@pytest.mark.parametrize("curve", [Curve(0.0, 1.0, (0.5,)), Curve(0.0, 1.0, (None,)), Curve(-1.0, 0.0, (0.1, 0.2))])
@pytest.mark.parametrize("length", [0.0, 0.4, 7.0, 100_000.0])
def test_any_curve_can_be_drawn(curve: Curve, length: float) -> None:
    line = drawn(curve, length)
    assert 1 <= len(line.ticks) <= 12
    assert 0 <= line.begin <= line.end <= WIDTH
