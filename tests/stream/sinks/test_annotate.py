import numpy as np
import pytest
from numpy.typing import NDArray

from models.picture import Box
from stream.looking.detection import Detection, ModelId, View, seen
from stream.looking.merge import merge
from stream.looking.views import MOST, Views
from stream.sinks.annotate import COLOURS, annotate, caption, clock, text_size
from stream.sources.frame import Frame
from tests.factories import grey, make_detection

SHIP = np.array(COLOURS["ship"])
SIZE = (320, 240)
WHOLE, LEFT, MIDDLE, RIGHT = (0, 0, *SIZE), (10, 60, 90, 160), (70, 50, 201, 181), (190, 100, 320, 240)
"""Views that overlap; MIDDLE has odd sides, RIGHT ends where the picture does."""
BAR = 20
"""Height of the bar on a picture of that size; the gauge along its edge ends a line below."""
LINE = 2
"""By so many pixels at most the frame around a view reaches beyond it, and into it."""


def with_views(scores: dict[Box, float]) -> Detection:
    """A record of views and how sure each is, at a threshold of 0.5."""
    model = ModelId(name="brightness", sha256="0" * 64, precision="fp32")
    views = tuple(View(box=box, confidence=score) for box, score in scores.items())
    return seen(Frame(0, grey(128), None, arrived=0.0), "north", model, views, 0.5, None, merge)


def drawn_below_bar(detection: Detection) -> NDArray[np.bool_]:
    """Which pixels of a picture have another colour now; those of the bar and gauge are left out."""
    changed = np.asarray((annotate(grey(128, *SIZE), detection) != 128).any(axis=2), np.bool_)
    changed[: BAR + 1] = False
    return changed


def inside(box: Box, by: int) -> NDArray[np.bool_]:
    """The pixels of what the bar leaves of a box, made larger on all sides by so many pixels (smaller, if negative)."""
    left, top, right, bottom = box
    mask = np.zeros(SIZE[::-1], np.bool_)
    mask[max(0, max(top, BAR) - by) : bottom + by, max(0, left - by) : right + by] = True
    return mask


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
    detections = {0.9: with_views({WHOLE: 0.9}), 0.1: with_views({WHOLE: 0.1}), None: make_detection(None, None)}
    drawn = {score: annotate(grey(128, *SIZE), detection) for score, detection in detections.items()}
    bars = {tuple(picture[1, 1].tolist()) for picture in drawn.values()}
    assert len(bars) == 3
    middle = (120, 0)
    assert drawn[0.9][middle].tolist() != [128, 128, 128]
    assert drawn[0.1][middle].tolist() == drawn[None][middle].tolist() == [128, 128, 128]


@pytest.mark.parametrize("surest", [WHOLE, LEFT, MIDDLE, RIGHT])
@pytest.mark.parametrize("place", range(4))
def test_the_view_with_a_ship_is_framed_and_no_other(place: int, surest: Box) -> None:
    """Wherever it stands in the record."""
    others = [box for box in (WHOLE, LEFT, MIDDLE, RIGHT) if box != surest]
    scores = list(zip(others, (0.4, 0.3, 0.1), strict=True))
    scores.insert(place, (surest, 0.95))
    changed = drawn_below_bar(with_views(dict(scores)))
    assert changed.any()
    assert not (changed & ~inside(surest, LINE)).any()
    assert not (changed & inside(surest, -LINE)).any()
    left, top, right, bottom = surest
    for side in (
        changed[max(top, BAR + 1) : bottom, left],
        changed[max(top, BAR + 1) : bottom, right - 1],
        changed[max(top, BAR + 1), left:right],
        changed[bottom - 1, left:right],
    ):
        assert side.all()


@pytest.mark.parametrize("surest", [LEFT, MIDDLE, RIGHT])
def test_the_frame_has_the_colour_of_a_ship(surest: Box) -> None:
    drawn = annotate(grey(128, *SIZE), with_views({WHOLE: 0.6, surest: 0.9}))
    left, _, right, bottom = surest
    assert (drawn[bottom - 1, left:right] == SHIP).all()


def test_neighbours_are_framed_as_one_and_others_apart() -> None:
    far = (250, 190, 310, 230)
    both = annotate(grey(128, *SIZE), with_views({WHOLE: 0.9, LEFT: 0.8, MIDDLE: 0.7, far: 0.9}))
    for left, top, right, bottom in [(10, 50, 201, 181), far]:
        assert (both[bottom - 1, left:right] == SHIP).all()
        assert (both[top:bottom, right - 1] == SHIP).all()
    assert (both[100, 88:92] == 128).all(), "the edge of LEFT, inside the one frame"


@pytest.mark.parametrize("scores", [(0.1, 0.2, 0.3), (0.49, 0.0, 0.0)])
def test_without_a_ship_no_view_is_framed(scores: tuple[float, ...]) -> None:
    assert not drawn_below_bar(with_views(dict(zip((WHOLE, LEFT, RIGHT), scores, strict=True)))).any()


@pytest.mark.parametrize("top", [0, 10, BAR - 1])
def test_a_view_that_begins_under_the_bar_is_framed_below_it(top: int) -> None:
    surest = (100, top, 200, 120)
    changed = drawn_below_bar(with_views({WHOLE: 0.6, surest: 0.9}))
    assert not (changed & ~inside(surest, LINE)).any()
    assert changed[BAR + 1 : 120, 100].all()
    assert changed[BAR + 1 : 120, 199].all()
    assert changed[119, 100:200].all()


@pytest.mark.parametrize("bottom", [1, 8, BAR - 1, BAR])
def test_a_view_that_is_hidden_by_the_bar_leaves_the_picture_alone(bottom: int) -> None:
    """A low picture in many rows: the letters of its bar do not shrink with it."""
    assert not drawn_below_bar(with_views({WHOLE: 0.6, (100, 0, 200, bottom): 0.9})).any()


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (1, 40), (40, 1), (33, 21), (64, 48), (641, 479)])
@pytest.mark.parametrize("views", [Views(2, 3), Views(MOST, MOST)])
def test_any_view_of_any_picture_can_be_the_surest(size: tuple[int, int], views: Views) -> None:
    for surest in views.boxes(*size):
        picture = grey(128, *size)
        drawn = annotate(picture, with_views(dict.fromkeys(views.boxes(*size), 0.6) | {surest: 0.9}))
        assert (picture == 128).all()
        assert drawn.shape == picture.shape
        assert (drawn != 128).any()


@pytest.mark.parametrize("score", [0.0, 0.25, 0.75, 1.0])
def test_the_gauge_is_as_long_as_the_confidence(score: float) -> None:
    drawn = annotate(grey(128, 400, 240), make_detection(None, score))
    row = drawn[2 * text_size(drawn) - 1]
    assert abs((row == 255).all(axis=1).sum() - 400 * score) <= 2


def test_the_time_is_shown_where_there_is_one() -> None:
    with_time, without = (annotate(grey(128, 400, 240), make_detection(time, 0.5)) for time in (3.0, None))
    assert (with_time != without).any()
    assert (with_time[:, :300] == without[:, :300]).all()
