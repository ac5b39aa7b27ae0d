"""Which views the network looks at again."""

import numpy as np
import pytest

from models.picture import Picture, fit
from stream.looking.gate import BLOCKS, Gate
from tests.factories import grey

SIDE = 150


def water(seed: int = 0, noise: float = 4.0) -> Picture:
    """Waves that lie still, and the noise of a camera, another one for each seed."""
    waves = np.random.default_rng(99).normal(0, 15, (SIDE, SIDE, 1))
    shot = np.random.default_rng(seed).normal(0, noise, (SIDE, SIDE, 3))
    return (120 + waves + shot).clip(0, 255).astype(np.uint8)


def with_ship(picture: Picture, left: int, top: int, width: int = 8, height: int = 4, level: int = 40) -> Picture:
    changed = picture.copy()
    changed[top : top + height, left : left + width] = level
    return changed


def gate(fitted: Picture, max_age: float = 10.0) -> Gate:
    """One that has looked at a view at second 0."""
    opened = Gate(max_age)
    opened.remember(0, fitted, 0.0, 0.25)
    return opened


def test_the_first_look_is_never_saved() -> None:
    opened = Gate(10)
    assert opened.needs(0, water(), 0.0)
    with pytest.raises(ValueError, match="view 0 was never looked at"):
        opened.last(0)


def test_an_unchanged_view_gives_its_last_answer() -> None:
    opened = gate(water())
    assert not opened.needs(0, water(), 1.0)
    assert opened.last(0) == 0.25


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_noise_of_a_camera_is_no_change(seed: int) -> None:
    assert not gate(water()).needs(0, water(seed), 1.0)


@pytest.mark.parametrize(
    ("left", "top", "width", "height"),
    [(0, 0, 8, 4), (142, 0, 8, 4), (0, 146, 8, 4), (142, 146, 8, 4), (71, 73, 8, 4), (33, 88, 15, 5)],
)
def test_a_small_ship_is_a_change_wherever_it_enters(left: int, top: int, width: int, height: int) -> None:
    """A twentieth of the view: the mean of all hardly moves."""
    before, after = water(), with_ship(water(1), left, top, width, height)
    assert abs(float(before.mean()) - float(after.mean())) < 1
    assert gate(before).needs(0, after, 1.0)
    assert gate(after).needs(0, before, 1.0)


def test_a_ship_of_the_brightness_of_the_water_is_seen_by_its_colour() -> None:
    painted = water()
    painted[60:70, 60:75] = (220, 105, 105)
    assert gate(water()).needs(0, painted, 1.0)


def test_slow_light_adds_up_to_a_change() -> None:
    """Each frame is like the one before, but compared is with the last one looked at."""
    opened = gate(grey(100, SIDE, SIDE))
    needed = [level for level in range(100, 130) if opened.needs(0, grey(level, SIDE, SIDE), 1.0)]
    assert needed
    assert 100 < needed[0] < 110
    assert needed == list(range(needed[0], 130))


@pytest.mark.parametrize(
    ("max_age", "media_time", "needed"),
    [
        (10.0, 9.99, False),
        (10.0, 10.0, True),
        (10.0, 1e6, True),
        (0.0, 0.0, True),
        (10.0, 0.0, False),
        (10.0, -0.1, True),
    ],
)
def test_a_look_is_forced_when_the_answer_is_old_or_time_runs_back(
    max_age: float, media_time: float, needed: bool
) -> None:
    assert gate(water(), max_age).needs(0, water(), media_time) is needed


def test_asking_makes_no_answer_younger() -> None:
    opened = gate(water())
    assert [opened.needs(0, water(), float(second)) for second in range(8, 13)] == [False, False, True, True, True]
    opened.remember(0, water(), 12.0, 0.75)
    assert not opened.needs(0, water(), 21.0)
    assert opened.last(0) == 0.75


def test_each_view_has_its_own_answer() -> None:
    opened = gate(water())
    assert opened.needs(1, water(), 1.0)
    opened.remember(1, with_ship(water(), 20, 20), 1.0, 0.9)
    assert (opened.last(0), opened.last(1)) == (0.25, 0.9)
    assert not opened.needs(1, with_ship(water(), 20, 20), 2.0)
    assert opened.needs(0, with_ship(water(), 20, 20), 2.0)


def test_what_is_remembered_does_not_change_with_the_buffer_it_came_in() -> None:
    buffer = water()
    opened = gate(buffer)
    buffer[:] = 0
    assert opened.needs(0, buffer, 1.0)
    assert not opened.needs(0, water(), 1.0)


@pytest.mark.parametrize("size", [(16, 16), (BLOCKS, BLOCKS), (224, 160), (7, 301)])
def test_networks_of_other_sizes_have_a_gate_too(size: tuple[int, int]) -> None:
    fitted = fit(water(), *size)
    assert not gate(fitted).needs(0, fitted.copy(), 1.0)
    assert gate(fitted).needs(0, fit(grey(0, SIDE, SIDE), *size), 1.0)
