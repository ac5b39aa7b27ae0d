import numpy as np
import pytest

from stream.annotate import annotate, caption, clock, text_size
from tests.factories import grey, make_detection


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0:00.0"),
        (0.04, "0:00.0"),
        (0.06, "0:00.1"),
        (9.9, "0:09.9"),
        (59.94, "0:59.9"),
        (59.96, "1:00.0"),
        (62.5, "1:02.5"),
        (600, "10:00.0"),
        (3599.96, "1:00:00.0"),
        (3602.5, "1:00:02.5"),
        (36_000, "10:00:00.0"),
        (360_000, "100:00:00.0"),
    ],
)
def test_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


@pytest.mark.parametrize(
    ("score", "shown"), [(0.9, "ship  0.90"), (0.5, "ship  0.50"), (0.1, "no ship  0.10"), (None, "unknown: corrupt")]
)
def test_caption(score: float | None, shown: str) -> None:
    assert caption(make_detection(0.0, score)) == shown


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (33, 21), (16, 16), (641, 479), (1920, 1080)])
@pytest.mark.parametrize("score", [0.0, 0.4, 1.0, None])
def test_draws_on_a_copy_of_any_size(size: tuple[int, int], score: float | None) -> None:
    picture = grey(128, *size)
    drawn = annotate(picture, make_detection(3.0, score))
    assert (picture == 128).all()
    assert drawn.shape == picture.shape
    assert drawn.dtype == np.uint8
    assert (drawn != 128).any()


def test_states_differ_at_a_glance() -> None:
    """The bar at the top says the state by its colour, and a ship is framed."""
    drawn = {score: annotate(grey(128, 320, 240), make_detection(None, score)) for score in (0.9, 0.1, None)}
    bars = {tuple(picture[1, 1].tolist()) for picture in drawn.values()}
    assert len(bars) == 3
    middle = (120, 0)
    assert drawn[0.9][middle].tolist() != [128, 128, 128]
    assert drawn[0.1][middle].tolist() == drawn[None][middle].tolist() == [128, 128, 128]


@pytest.mark.parametrize("score", [0.0, 0.25, 0.75, 1.0])
def test_the_gauge_is_as_long_as_the_confidence(score: float) -> None:
    drawn = annotate(grey(128, 400, 240), make_detection(None, score))
    row = drawn[2 * text_size(drawn) - 1]
    assert abs((row == 255).all(axis=1).sum() - 400 * score) <= 2


def test_the_time_is_shown_where_there_is_one() -> None:
    with_time, without = (annotate(grey(128, 400, 240), make_detection(time, 0.5)) for time in (3.0, None))
    assert (with_time != without).any()
    assert (with_time[:, :300] == without[:, :300]).all()
