import re

import numpy as np
import pytest

from models.looks import LOOKS, brightness_of, measure_looks, unusual, usual
from models.picture import Picture
from tests.factories import grey

SIDE = 48


def noise(spread: float) -> Picture:
    random = np.random.default_rng(5)
    levels = 128 + random.normal(0, spread, (SIDE, SIDE, 1))
    return np.repeat(levels.clip(0, 255).astype(np.uint8), 3, axis=2)


def halves(left: tuple[int, int, int], right: tuple[int, int, int]) -> Picture:
    picture = np.empty((SIDE, SIDE, 3), np.uint8)
    picture[:, : SIDE // 2], picture[:, SIDE // 2 :] = left, right
    return picture


@pytest.mark.parametrize("level", [0, 77, 255])
def test_of_plain_grey_only_the_brightness_is_not_0(level: int) -> None:
    looks = measure_looks(grey(level, SIDE, SIDE))
    assert tuple(looks) == LOOKS
    assert {type(each) for each in looks.values()} == {float}
    assert looks == pytest.approx({"brightness": level, "contrast": 0, "sharpness": 0, "colourfulness": 0})


def test_contrast_is_the_spread_of_grey() -> None:
    assert measure_looks(halves((0, 0, 0), (200, 200, 200)))["contrast"] == pytest.approx(100)


def test_sharpness_grows_with_detail_and_not_with_a_slope() -> None:
    slope = np.repeat(np.tile(np.linspace(0, 235, SIDE).astype(np.uint8), (SIDE, 1))[:, :, None], 3, axis=2)
    smooth, rough, rougher = (measure_looks(each)["sharpness"] for each in (slope, noise(5), noise(20)))
    assert smooth < rough < rougher


def test_colourfulness_follows_its_formula() -> None:
    """Blue is 0 red-green and -255 yellow-blue all over: 0.3 x 255, and no spread."""
    assert measure_looks(halves((255, 0, 0), (255, 0, 0)))["colourfulness"] == pytest.approx(0.3 * 255)
    both = measure_looks(halves((0, 0, 255), (0, 255, 0)))["colourfulness"]  # red-green 255 and -255, mean 0
    assert both == pytest.approx(255 + 0.3 * 127.5)


def test_channels_are_taken_as_bgr() -> None:
    assert measure_looks(halves((0, 0, 255), (0, 0, 255)))["brightness"] == pytest.approx(76, abs=1)


def test_what_is_usual_leaves_out_the_extremes() -> None:
    looks = [dict.fromkeys(LOOKS, float(level)) for level in range(101)]
    assert usual(looks) == dict.fromkeys(LOOKS, (1.0, 99.0))
    assert usual(looks[:1]) == dict.fromkeys(LOOKS, (0.0, 0.0))


def test_of_no_picture_nothing_is_usual() -> None:
    with pytest.raises(ValueError, match=re.escape("received none")):
        usual([])


def test_unusual_is_what_lies_outside_and_the_bounds_lie_inside() -> None:
    bounds = {"brightness": (10.0, 20.0), "contrast": (1.0, 2.0), "of a later card": (0.0, 0.0)}
    assert unusual({"brightness": 10, "contrast": 2, "sharpness": 9}, bounds) == ()
    assert unusual({"brightness": 9.9, "contrast": 2.1}, bounds) == ("brightness", "contrast")
    assert unusual({"brightness": 1.0}, {}) == ()


def test_brightness() -> None:
    """Green is brighter to the eye than red, and red than blue: 0.587, 0.299, 0.114."""
    pure = [np.zeros((4, 6, 3), np.uint8) for _ in range(3)]
    for channel, picture in enumerate(pure):
        picture[:, :, channel] = 200
    assert [brightness_of(picture) for picture in pure] == pytest.approx([22.8, 117.4, 59.8], abs=0.5)
    assert brightness_of(np.full((5, 5, 3), 255, np.uint8)) == 255
