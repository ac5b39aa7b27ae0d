"""Figures against known values."""

import numpy as np
import pytest

from train.metrics import measure, share


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        # by the formula
        (29, 29, 0.8830, 1.0),
        (1950, 2048, 0.9420, 0.9606),  # the paper's VGG16 after stage 2
        (1, 1, 0.2065, 1.0),
    ],
)
def test_wilson(right: int, n: int, low: float, high: float) -> None:
    found = share(right, n)
    assert (found.right, found.n, found.share) == (right, n, right / n)
    assert [found.low, found.high] == pytest.approx([low, high], abs=5.1e-5)


def test_there_is_no_share_of_nothing() -> None:
    with pytest.raises(ValueError, match="n=0"):
        share(0, 0)


def test_measure() -> None:
    labels = np.array([1, 1, 1, 0, 0, 0, 0, 0])
    answers = np.array([0.9, 0.6, 0.1, 0.8, 0.2, 0.1, 0.0, 0.4], np.float32)
    found = measure(labels, answers, 0.5)
    assert (found.accuracy.right, found.accuracy.n) == (6, 8)
    assert (found.recall.right, found.recall.n) == (2, 3)
    assert (found.false_alarms.right, found.false_alarms.n) == (1, 5)


@pytest.mark.parametrize(
    ("probability", "ship"), [(0.5, 1), (np.nextafter(np.float32(0.5), np.float32(0)), 0), (1.0, 1), (0.0, 0)]
)
def test_the_threshold_itself_is_a_ship(probability: float, ship: int) -> None:
    found = measure(np.array([1, 0]), np.array([probability, probability], np.float32), 0.5)
    assert (found.recall.right, found.false_alarms.right) == (ship, ship)


@pytest.mark.parametrize("label", [0, 1])
def test_both_classes_are_needed(label: int) -> None:
    with pytest.raises(ValueError, match="n=0"):
        measure(np.array([label]), np.array([0.7], np.float32), 0.5)
