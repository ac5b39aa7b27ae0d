"""Whether a figure changed by more than the noise, and whether the machine explains it."""

import random

import pytest

from stream.bench.figure import Better
from stream.bench.verdict import judge
from tests.stream.bench.pairs import figure, spread


@pytest.mark.parametrize(
    ("a", "b", "better", "verdict"),
    [
        (spread(100), spread(90), "higher", "worse"),
        (spread(90), spread(100), "higher", "better"),
        (spread(90), spread(100), "lower", "worse"),
        (spread(100), spread(90), "lower", "better"),
        (spread(100), spread(90), "neither", "differs"),
        (spread(100), spread(98), "higher", "same"),  # ranges overlap
        (spread(100, 0.001), spread(98.5, 0.001), "higher", "same"),  # apart, by less than 2 %
        (spread(100, 0.001), spread(97.5, 0.001), "higher", "worse"),
        ([100, 101, 99, 100, 50], [90, 91, 89, 90, 90], "higher", "same"),  # A was as slow once
        (spread(100, count=3), spread(94, count=3), "higher", "same"),  # too few for a spread
        (spread(100, count=3), spread(94, count=5), "higher", "worse"),
        (spread(100, count=3), spread(85, count=3), "higher", "worse"),
        ([100], [109], "lower", "same"),
        ([100], [112], "lower", "worse"),
        ([5], [4], "higher", "same"),  # cameras: a search ends one up or down
        ([5], [3], "higher", "worse"),
        ([0], [0], "lower", "same"),
        ([0], [1], "lower", "same"),
        ([0], [2], "lower", "worse"),
        ([0.001] * 5, [0.0] * 5, "lower", "better"),
    ],
)
def test_verdicts(a: list[float], b: list[float], better: Better, verdict: str) -> None:
    assert judge(figure(a, better=better), figure(b, better=better)).verdict == verdict
    mirrored = {"better": "worse", "worse": "better"}.get(verdict, verdict)
    assert judge(figure(b, better=better), figure(a, better=better)).verdict == mirrored


@pytest.mark.parametrize(("low", "verdict"), [(0.94, "same"), (0.951, "worse")])
def test_a_share_differs_where_its_interval_does_however_small_the_change(low: float, verdict: str) -> None:
    a = figure([0.956], "accuracy").model_copy(update={"low": low, "high": 0.96})
    b = figure([0.945], "accuracy").model_copy(update={"low": 0.94, "high": 0.95})
    assert judge(a, b).verdict == verdict


def test_noise_alone_is_seldom_taken_for_a_change_and_a_slowdown_seldom_for_noise() -> None:
    draw = random.Random(7)

    def verdicts(change: float) -> list[str]:
        pairs = [[[draw.gauss(middle, 1.5) for _ in range(5)] for middle in (100, change)] for _ in range(2000)]
        return [judge(figure(a), figure(b)).verdict for a, b in pairs]

    assert verdicts(100).count("same") >= 0.99 * 2000
    assert verdicts(90).count("worse") >= 0.99 * 2000


@pytest.mark.parametrize(
    ("unit", "better", "a", "b", "yardstick", "explained"),
    [
        ("frames/s", "higher", 100, 92, 0.9, True),
        ("frames/s", "higher", 100, 85, 0.9, False),  # more than the machine
        ("frames/s", "higher", 100, 108, 0.9, False),  # the other way
        ("ms", "lower", 100, 108, 0.9, True),
        ("ms", "lower", 100, 92, 0.9, False),
        ("ms", "lower", 100, 92, 1.2, True),
        ("s", "lower", 100, 125, 0.9, False),
        ("MB", "lower", 100, 108, 0.9, False),  # no matter of speed
        ("ratio", "higher", 100, 92, 0.9, False),
        ("frames/s", "neither", 100, 92, 0.9, False),
        ("frames/s", "higher", 100, 100, 0.9, False),  # nothing to explain
    ],
)
def test_a_machine_explains_no_more_than_its_own_change(
    unit: str, better: Better, a: float, b: float, yardstick: float, explained: bool
) -> None:
    judged = judge(figure(spread(a), unit=unit, better=better), figure(spread(b), unit=unit, better=better))
    assert judged.beside(yardstick).machine is explained
    assert judged.machine is False
