import re
from itertools import pairwise, product

import numpy as np
import pytest

from models.errors import UsageError
from models.picture import Box, Picture
from stream.looking.views import MOST, OVERLAP, Polygon, Views, Zones, layout_of, views_named

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


def noise(width: int, height: int) -> Picture:
    return np.random.default_rng(width * height).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (64, 48)])
@pytest.mark.parametrize("grid", [(1, 1), (1, 2), (2, 3), (8, 8)])
def test_parts_are_cut_as_their_boxes_say(grid: tuple[int, int], size: tuple[int, int]) -> None:
    views, frame = Views(*grid), noise(*size)
    parts = views.cut(frame)
    assert views.names == (None,) * views.count
    assert len(parts) == views.count
    for part, (left, top, right, bottom) in zip(parts, views.boxes(*size), strict=True):
        assert (part == frame[top:bottom, left:right]).all()


TRIANGLE: Polygon = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
HALF: Polygon = ((0.25, 0.5), (0.75, 0.5), (0.75, 1.0), (0.25, 1.0))


@pytest.mark.parametrize(
    ("polygon", "size", "box"),
    [
        (HALF, (100, 40), (25, 20, 75, 40)),
        (HALF, (10, 3), (2, 1, 8, 3)),
        (TRIANGLE, (100, 40), (0, 0, 100, 40)),
        (TRIANGLE, (1, 1), (0, 0, 1, 1)),
        (((0.5, 0.5),) * 3, (100, 40), (50, 20, 51, 21)),
        (((1.0, 1.0),) * 3, (100, 40), (99, 39, 100, 40)),
        (((0.0, 1.0), (1.0, 1.0), (0.5, 1.0)), (100, 40), (0, 39, 100, 40)),
        (((0.3, 0.0), (0.3, 1.0), (0.3, 0.5)), (10, 10), (3, 0, 4, 10)),
    ],
)
def test_a_zone_is_the_rectangle_around_its_polygon(polygon: Polygon, size: tuple[int, int], box: Box) -> None:
    zones = Zones.of({"lock": polygon})
    assert zones.boxes(*size) == [box]
    (part,) = zones.cut(noise(*size))
    assert part.shape == (box[3] - box[1], box[2] - box[0], 3)
    assert part.dtype == np.uint8


@pytest.mark.parametrize("polygon", [HALF, ((0.1, 0.0), (0.1, 1.0), (0.1, 0.5)), ((1.0, 1.0),) * 3])
def test_where_the_polygon_fills_its_rectangle_nothing_is_painted(polygon: Polygon) -> None:
    frame, zones = noise(100, 40), Zones.of({"lock": polygon})
    ((left, top, right, bottom),) = zones.boxes(100, 40)
    assert (zones.cut(frame)[0] == frame[top:bottom, left:right]).all()


def test_outside_the_polygon_the_mean_of_its_inside_is_painted() -> None:
    frame = np.full((100, 100, 3), (10, 20, 30), np.uint8)
    frame[60:, 60:] = 255  # wholly outside
    before = frame.copy()
    (part,) = Zones.of({"lock": TRIANGLE}).cut(frame)
    assert (part == (10, 20, 30)).all()
    assert (frame == before).all()


def test_what_moves_outside_the_polygon_changes_nothing_and_inside_it_does() -> None:
    zones, frame = Zones.of({"lock": TRIANGLE}), noise(100, 100)
    outside, inside = frame.copy(), frame.copy()
    outside[80:, 80:] = 0
    inside[10:20, 10:20] = 0
    assert (zones.cut(outside)[0] == zones.cut(frame)[0]).all()
    assert (zones.cut(inside)[0][10:20, 10:20] == 0).all()
    assert (zones.cut(frame)[0][:50, :50] == frame[:50, :50]).all()  # all of that is inside


def test_zones_keep_their_order_and_their_names_and_may_lie_within_each_other() -> None:
    zones = Zones.of({"west": HALF, "all": TRIANGLE, "inner": HALF})
    assert (zones.count, zones.names) == (3, ("west", "all", "inner"))
    assert zones.boxes(100, 40) == [(25, 20, 75, 40), (0, 0, 100, 40), (25, 20, 75, 40)]
    assert [part.shape[:2] for part in zones.cut(noise(100, 40))] == [(20, 50), (40, 100), (20, 50)]


def test_a_frame_of_another_size_has_its_own_mask() -> None:
    zones = Zones.of({"lock": TRIANGLE})
    for size in [(100, 100), (50, 80), (100, 100), (1, 1), (2, 1)]:
        (part,) = zones.cut(noise(*size))
        assert part.shape == (size[1], size[0], 3)
        assert (part[0, 0] == noise(*size)[0, 0]).all()  # the corner is inside


@pytest.mark.parametrize(
    "polygon", [((0.0, 0.0), (1.0, 1.0)), ((0.0, 0.0), (1.0, 1.5), (0.0, 1.0)), ((0.0, float("nan")),) * 3]
)
def test_what_is_no_polygon_of_the_frame_is_told_by_its_name(polygon: Polygon) -> None:
    with pytest.raises(
        UsageError, match="zone 'lock' is no polygon of the frame: .*give three corners or more"
    ) as caught:
        Zones.of({"lock": polygon})
    assert str(list(polygon)) in str(caught.value)


def test_no_zone_at_all_is_told() -> None:
    with pytest.raises(UsageError, match="no zone to look at"):
        Zones.of({})


def test_zones_take_the_place_of_views() -> None:
    assert layout_of("2x3", {}) == Views(2, 3)
    assert layout_of("2x3", {"lock": HALF}) == Zones((("lock", HALF),))
    with pytest.raises(UsageError, match="unknown views"):
        layout_of("some", {})
