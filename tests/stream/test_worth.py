from itertools import cycle, islice

import numpy as np
import pytest

from models.looks import measure_looks, usual
from models.picture import Picture
from stream.worth import CHANGED, REMEMBERED, SAME, Worth, difference, is_uncertain, thumbnail
from tests.factories import grey, patched

SIDE = 64
NONE, SHIP = 0.01, 0.99
"""Probabilities that leave no doubt."""


def scene(level: float) -> Picture:
    return grey(round(level), SIDE, SIDE)


def waves(seed: int) -> Picture:
    """One and the same water, as a resting camera sees it from moment to moment."""
    random = np.random.default_rng(seed)
    return (100 + random.normal(0, 25, (SIDE, SIDE, 3))).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("probability", "threshold", "uncertain"),
    [
        (0.5, 0.5, True),
        (0.3, 0.5, True),
        (0.7, 0.5, True),
        (0.26, 0.5, False),
        (0.74, 0.5, False),
        (0.9, 0.95, True),
        (0.99, 0.95, False),
        (0.5, 0.95, False),
        (0.02, 0.05, True),
        (0.0, 0.0, True),
        (1.0, 1.0, True),
        (0.0, 0.5, False),
        (1.0, 0.5, False),
        (0.5, 1.0, False),
    ],
)
def test_uncertain_is_near_the_threshold_in_log_odds(probability: float, threshold: float, uncertain: bool) -> None:
    assert is_uncertain(probability, threshold) is uncertain


def test_difference_is_in_levels_of_grey_whatever_the_size() -> None:
    one, other = thumbnail(grey(100, 640, 360)), thumbnail(grey(107, 150, 150))
    assert one.dtype == np.float32
    assert one.shape == other.shape == (32, 32)
    assert difference(one, other) == difference(other, one) == pytest.approx(7)
    assert difference(one, one) == 0


def test_waves_are_the_same_and_a_ship_is_not() -> None:
    small = [thumbnail(waves(seed)) for seed in range(10)]
    assert max(difference(one, other) for one in small for other in small) < 3 * SAME  # 2 x 2 pixels a cell only
    empty, ship = patched((0, 0, 1, 1), 20, (SIDE, SIDE)), patched((20, 24, 44, 40), 230, (SIDE, SIDE))
    assert difference(thumbnail(empty), thumbnail(ship)) > SAME


def test_the_first_frame_is_kept_and_its_like_are_not() -> None:
    worth = Worth(0.5)
    assert worth.judge(scene(100), NONE) == ("changed",)
    assert [worth.judge(scene(100), NONE) for _ in range(100)] == [()] * 100


def test_a_changed_scene_is_kept() -> None:
    worth = Worth(0.5)
    worth.judge(scene(100), NONE)
    assert worth.judge(scene(100 + CHANGED - 1), NONE) == ()
    assert worth.judge(scene(100 + CHANGED), NONE) == ("changed",)


def test_a_scene_that_comes_back_is_kept_once() -> None:
    worth = Worth(0.5)
    levels = list(islice(cycle([60, 100, 140]), 30))
    assert [worth.judge(scene(level), NONE) for level in levels] == [("changed",)] * 3 + [()] * 27


def test_a_scene_that_drifts_is_kept_step_by_step() -> None:
    worth = Worth(0.5)
    kept = [level for level in range(50, 200) if worth.judge(scene(level), NONE)]
    assert kept == list(range(50, 200, round(CHANGED)))


def test_only_so_many_are_remembered() -> None:
    worth = Worth(0.5)
    for number in range(REMEMBERED):
        worth.remember(scene(80 + number))
    assert worth.judge(scene(80), 0.5) == ()
    worth.remember(scene(200))
    assert worth.judge(scene(80 - SAME + 1), 0.5) == ("uncertain", "changed")


def test_an_uncertain_decision_is_kept_but_not_of_the_same_picture() -> None:
    worth = Worth(0.5)
    worth.judge(scene(100), NONE)
    assert worth.judge(scene(100 + SAME - 1), 0.4) == ()
    assert worth.judge(scene(100 + SAME), 0.4) == ("uncertain",)


def test_a_flip_is_kept_though_the_picture_is_the_same() -> None:
    worth = Worth(0.5)
    answers = [worth.judge(scene(100), probability) for probability in (NONE, NONE, SHIP, SHIP, NONE)]
    assert answers == [("changed",), (), ("flipped",), (), ("flipped",)]


def test_a_decision_that_flickers_does_not_fill_the_folder() -> None:
    worth = Worth(0.5)
    answers = [worth.judge(scene(100), probability) for probability in [NONE, SHIP] * 100]
    assert sum(map(bool, answers)) == 3


def test_a_flip_is_found_where_frames_between_were_not_kept() -> None:
    worth = Worth(0.5)
    worth.judge(scene(100), NONE)
    worth.judge(scene(160), NONE)
    assert worth.judge(scene(101), NONE) == ()
    assert worth.judge(scene(100), SHIP) == ("flipped", "changed")


def test_the_threshold_itself_is_a_ship() -> None:
    worth = Worth(0.3)
    worth.judge(scene(100), 0.01)
    assert worth.judge(scene(100), 0.3) == ("uncertain", "flipped")


def test_what_looks_unlike_the_training_pictures_is_kept() -> None:
    bounds = usual([measure_looks(scene(level)) for level in range(80, 121)])
    worth = Worth(0.5, bounds)
    assert worth.judge(scene(100), NONE) == ("changed",)
    assert worth.judge(scene(106), NONE) == ()
    assert worth.judge(scene(122), NONE) == ("changed", "unlike")
    assert worth.judge(scene(128), NONE) == ("unlike",)
    assert worth.judge(scene(129), NONE) == ()
    assert Worth(0.5).judge(scene(128), NONE) == ("changed",)


def test_what_was_kept_by_an_earlier_run_is_not_kept_again() -> None:
    worth = Worth(0.5)
    worth.remember(scene(100))
    assert worth.judge(scene(101), 0.5) == ()
    assert worth.judge(scene(140), 0.5) == ("uncertain", "changed")


def test_a_flip_that_was_kept_by_an_earlier_run_is_not_kept_again() -> None:
    """Only the one to the same decision."""
    worth = Worth(0.5)
    worth.remember(scene(100), True)
    answers = [worth.judge(scene(100), probability) for probability in (NONE, SHIP, NONE, SHIP, NONE)]
    assert answers == [(), (), ("flipped",), (), ()]
