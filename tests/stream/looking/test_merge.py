"""Positive views become boxes."""

from itertools import combinations, permutations

import pytest

from models.picture import Box
from stream.looking.merge import merge
from stream.looking.views import Views

WHOLE: Box = (0, 0, 100, 60)
WEST, MIDDLE, EAST = (0, 0, 40, 60), (30, 0, 70, 60), (60, 0, 100, 60)


@pytest.mark.parametrize(
    ("boxes", "merged"),
    [
        ([], ()),
        ([WHOLE], (WHOLE,)),
        ([WHOLE, WEST], (WEST,)),
        ([WEST], (WEST,)),
        ([WEST, EAST], (WEST, EAST)),
        ([WHOLE, WEST, EAST], (WEST, EAST)),
        ([WEST, MIDDLE], ((0, 0, 70, 60),)),
        ([WEST, MIDDLE, EAST], (WHOLE,)),
        ([WEST, WEST], (WEST,)),
        ([WHOLE, WHOLE], (WHOLE,)),
        ([(0, 0, 10, 10), (10, 0, 20, 10)], ((0, 0, 20, 10),)),  # an edge
        ([(0, 0, 10, 10), (10, 10, 20, 20)], ((0, 0, 20, 20),)),  # a corner
        ([(0, 0, 10, 10), (11, 0, 20, 10)], ((0, 0, 10, 10), (11, 0, 20, 10))),  # a pixel between
        ([(0, 0, 10, 10), (0, 11, 10, 20)], ((0, 0, 10, 10), (0, 11, 10, 20))),
        (
            [(0, 0, 10, 30), (0, 20, 30, 30), (20, 5, 25, 10)],
            ((0, 0, 30, 30),),
        ),  # the third touches only what the first two become
        ([(50, 20, 60, 30), (0, 20, 10, 30), (20, 0, 30, 10)], ((20, 0, 30, 10), (0, 20, 10, 30), (50, 20, 60, 30))),
        (
            [WHOLE, (0, 0, 50, 60), (10, 10, 20, 20), (80, 0, 100, 60)],
            ((80, 0, 100, 60), (10, 10, 20, 20)),
        ),  # zones in zones
    ],
)
def test_neighbours_become_one_and_what_lies_around_a_part_is_left_out(
    boxes: list[Box], merged: tuple[Box, ...]
) -> None:
    for order in permutations(boxes):
        assert merge(order) == merged


@pytest.mark.parametrize("grid", [(2, 2), (2, 3), (3, 3)])
def test_whatever_is_positive_is_covered_and_no_two_boxes_touch(grid: tuple[int, int]) -> None:
    whole, *parts = Views(*grid).boxes(64, 48)
    for count in range(1, len(parts) + 1):
        for positive in combinations(parts, count):
            merged = merge(positive)
            assert merged == merge([whole, *positive])
            for left, top, right, bottom in positive:
                assert any(
                    x <= left and y <= top and right <= x_end and bottom <= y_end for x, y, x_end, y_end in merged
                )
            for one, other in combinations(merged, 2):
                assert one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (3, 5)])
def test_frames_smaller_than_their_grid_have_a_box_too(size: tuple[int, int]) -> None:
    assert merge(Views(8, 8).boxes(*size)) == ((0, 0, *size),)
