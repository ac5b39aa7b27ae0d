import re
from itertools import pairwise, product

import numpy as np
import pytest

from models.errors import UsageError
from models.picture import Box
from stream.views import MOST, OVERLAP, Views, views_named

GRIDS = [(rows, columns) for rows, columns in product(range(1, MOST + 1), range(1, MOST + 1)) if rows * columns > 1]
"""Rows and columns: all that give parts."""
SIZES = [*product(range(1, 4), range(1, 4)), (5, 7), (9, 8), (33, 21), (1, 40), (40, 1), (65, 49)]
"""Width and height of small frames, in pixels."""
BIG = [(641, 479), (720, 1280), (1920, 1080), (3840, 2160)]
"""Frames so large that a pixel more or less does not matter."""


def columns_of(boxes: list[Box]) -> list[tuple[int, int]]:
    """Left and right edges of parts, from left to right, each once."""
    return sorted({(left, right) for left, _, right, _ in boxes})


def rows_of(boxes: list[Box]) -> list[tuple[int, int]]:
    """Top and bottom edges of parts, from the top down, each once."""
    return sorted({(top, bottom) for _, top, _, bottom in boxes})


@pytest.mark.parametrize("size", SIZES + BIG)
def test_by_itself_the_whole_frame_is_the_only_view(size: tuple[int, int]) -> None:
    assert Views().boxes(*size) == Views(1, 1).boxes(*size) == [(0, 0, *size)]


@pytest.mark.parametrize(
    ("views", "size", "parts"),
    [
        (Views(1, 2), (70, 10), [(0, 0, 40, 10), (30, 0, 70, 10)]),
        (Views(2, 1), (10, 70), [(0, 0, 10, 40), (0, 30, 10, 70)]),
        (Views(1, 3), (100, 8), [(0, 0, 40, 8), (30, 0, 70, 8), (60, 0, 100, 8)]),
        (Views(2, 2), (70, 7), [(0, 0, 40, 4), (30, 0, 70, 4), (0, 3, 40, 7), (30, 3, 70, 7)]),
    ],
)
def test_the_whole_comes_first_and_then_the_parts_row_by_row(
    views: Views, size: tuple[int, int], parts: list[Box]
) -> None:
    assert views.boxes(*size) == [(0, 0, *size), *parts]


@pytest.mark.parametrize("size", BIG)
def test_parts_are_as_many_as_named_and_in_reading_order(size: tuple[int, int]) -> None:
    for grid in GRIDS:
        parts = Views(*grid).boxes(*size)[1:]
        assert len(set(parts)) == len(parts) == grid[0] * grid[1]
        assert [(top, left) for left, top, _, _ in parts] == sorted((top, left) for left, top, _, _ in parts)
        assert (len(rows_of(parts)), len(columns_of(parts))) == grid


@pytest.mark.parametrize("size", SIZES + BIG)
def test_no_view_is_empty_or_leaves_the_frame(size: tuple[int, int]) -> None:
    width, height = size
    for grid in GRIDS:
        boxes = Views(*grid).boxes(width, height)
        assert len(boxes) == 1 + grid[0] * grid[1]
        assert {type(edge) for box in boxes for edge in box} == {int}
        for left, top, right, bottom in boxes:
            assert 0 <= left < right <= width, (grid, boxes)
            assert 0 <= top < bottom <= height, (grid, boxes)


@pytest.mark.parametrize("size", SIZES)
def test_the_parts_alone_cover_every_pixel(size: tuple[int, int]) -> None:
    """Where there are fewer pixels than parts, several parts see the same ones."""
    width, height = size
    for grid in GRIDS:
        looks = np.zeros((height, width), np.uint8)
        for left, top, right, bottom in Views(*grid).boxes(width, height)[1:]:
            looks[top:bottom, left:right] += 1
        assert looks.min() >= 1, grid


@pytest.mark.parametrize("size", BIG)
def test_parts_are_of_one_size_and_neighbours_share_a_quarter(size: tuple[int, int]) -> None:
    for grid in GRIDS:
        parts = Views(*grid).boxes(*size)[1:]
        for spans in (rows_of(parts), columns_of(parts)):
            lengths = [end - start for start, end in spans]
            assert max(lengths) - min(lengths) <= 1, grid
            for (_, end), (start, _) in pairwise(spans):
                assert abs((end - start) - OVERLAP * lengths[0]) <= 1.5, grid  # edges are rounded


@pytest.mark.parametrize("size", BIG)
@pytest.mark.parametrize("grid", [(1, 2), (2, 1), (2, 3), (3, 2), (8, 8)])
def test_a_ship_as_large_as_the_overlap_is_whole_in_one_part_wherever_it_is(
    grid: tuple[int, int], size: tuple[int, int]
) -> None:
    parts = Views(*grid).boxes(*size)[1:]
    for spans, length in ((columns_of(parts), size[0]), (rows_of(parts), size[1])):
        ship = int(OVERLAP * (spans[0][1] - spans[0][0])) - 1
        for at in range(length - ship + 1):
            assert any(start <= at and at + ship <= end for start, end in spans), at


@pytest.mark.parametrize(("text", "factor"), [("2x3", 2.5), ("2x2", 1.75), ("8x8", 6.25)])
def test_a_part_enlarges_what_it_shows(text: str, factor: float) -> None:
    left, _, right, _ = views_named(text).boxes(1920, 1080)[1]
    assert 1920 / (right - left) == pytest.approx(factor, rel=0.01)


@pytest.mark.parametrize(
    ("text", "views"),
    [
        ("whole", Views()),
        ("1x1", Views()),
        ("1x2", Views(rows=1, columns=2)),
        ("2x3", Views(rows=2, columns=3)),
        ("3x2", Views(rows=3, columns=2)),
        (f"{MOST}x{MOST}", Views(MOST, MOST)),
    ],
)
def test_reads_a_name(text: str, views: Views) -> None:
    assert views_named(text) == views


WRONG = [
    *("", " ", "Whole", "all", "whole ", "2", "x", "2x", "x3", "2x3x4", "2X3", "2*3", "2,3", "2.0x3", "-2x3", "+2x3"),
    *(" 2x3", "2x3 ", "2 x 3", "2x3\n", "02x3", "2x03", "0x3", "2x0", "0x0", "9x1", "1x9", "10x2", "2x10", "100x100"),
    *("\u0662x\u0663", "2\u00d73", "\u00b2x3", "--views", "0x2x3", "1e1x1"),
]


@pytest.mark.parametrize("text", WRONG)
def test_another_name_is_told_with_what_is_known(text: str) -> None:
    with pytest.raises(UsageError, match=re.escape(f"unknown views {text!r}; give whole, or rows x columns")) as caught:
        views_named(text)
    assert caught.value.exit_code == 2
    assert f"up to {MOST}x{MOST}" in str(caught.value)
    assert "2x3" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
