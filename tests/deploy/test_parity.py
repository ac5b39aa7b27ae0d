"""What counts as the same decision, and how much may differ."""

import numpy as np
import pytest

from deploy.parity import LIMITS, Limits, check, compare
from models.card import Parity, Precision
from models.errors import GateNotMet

BELOW = float(np.nextafter(np.float32(0.5), np.float32(0)))


@pytest.mark.parametrize(
    ("reference", "converted", "largest", "mean", "flips"),
    [
        ([0.1, 0.9], [0.1, 0.9], 0.0, 0.0, 0),
        ([0.0, 0.25, 1.0], [0.25, 0.25, 0.5], 0.5, 0.25, 0),
        ([0.25, 0.75], [0.75, 0.25], 0.5, 0.5, 2),
        ([0.5], [1.0], 0.5, 0.5, 0),  # the threshold itself is a ship
        ([0.5], [0.25], 0.25, 0.25, 1),
        ([0.25], [0.5], 0.25, 0.25, 1),
    ],
)
def test_compare(reference: list[float], converted: list[float], largest: float, mean: float, flips: int) -> None:
    found = compare(np.array(reference, np.float32), np.array(converted, np.float32), 0.5)
    assert found == Parity(n=len(reference), largest_difference=largest, mean_difference=mean, flips=flips)


@pytest.mark.parametrize("pair", [(0.5, BELOW), (BELOW, 0.5)])
def test_the_smallest_flip_counts(pair: tuple[float, float]) -> None:
    assert compare(np.array(pair[:1], np.float32), np.array(pair[1:], np.float32), 0.5).flips == 1


@pytest.mark.parametrize(("threshold", "flips"), [(0.2, 0), (0.3, 1), (0.4, 1), (0.5, 0)])
def test_the_threshold_is_that_of_the_run(threshold: float, flips: int) -> None:
    assert compare(np.array([0.25], np.float32), np.array([0.45], np.float32), threshold).flips == flips


@pytest.mark.parametrize(("reference", "converted"), [([np.nan, 0.1], [0.1, 0.1]), ([0.1, 0.1], [0.1, np.nan])])
@pytest.mark.parametrize("precision", LIMITS)
def test_no_number_is_refused_whatever_the_limits(
    reference: list[float], converted: list[float], precision: Precision
) -> None:
    parity = compare(np.array(reference, np.float32), np.array(converted, np.float32), 0.5)
    with pytest.raises(GateNotMet, match="answers that are no numbers"):
        check(parity, precision, Limits(flips=1.0, largest_difference=None))


@pytest.mark.parametrize(
    ("n", "flips", "limit"),
    [(100, 0, 0.0), (1000, 5, 0.005), (200, 1, 0.005), (100, 29, 0.29), (100, 57, 0.57), (3, 1, 1 / 3), (4, 4, 1.0)],
)
def test_as_many_flips_as_allowed(n: int, flips: int, limit: float) -> None:
    check(Parity(n=n, largest_difference=0.9, mean_difference=0.1, flips=flips), "int8", Limits(limit, None))


@pytest.mark.parametrize(
    ("n", "flips", "limit"), [(100, 1, 0.0), (1000, 6, 0.005), (199, 1, 0.005), (100, 30, 0.29), (3, 2, 1 / 3)]
)
def test_one_flip_too_many(n: int, flips: int, limit: float) -> None:
    parity = Parity(n=n, largest_difference=0.0, mean_difference=0.0, flips=flips)
    with pytest.raises(GateNotMet, match=f"int8 model decides {flips} of {n} pictures otherwise.*--max-flips"):
        check(parity, "int8", Limits(limit, None))


@pytest.mark.parametrize("difference", [0.0, 0.25])
def test_as_much_difference_as_allowed(difference: float) -> None:
    check(Parity(n=9, largest_difference=difference, mean_difference=0.0, flips=0), "fp32", Limits(0.0, 0.25))


def test_too_much_difference() -> None:
    parity = Parity(n=9, largest_difference=0.2500001, mean_difference=0.0, flips=0)
    with pytest.raises(GateNotMet, match="differ by up to 0.25 from the Keras network's, allowed is 0.25"):
        check(parity, "fp32", Limits(0.0, 0.25))


def test_limits() -> None:
    assert {"fp32": Limits(flips=0.0, largest_difference=1e-3), "int8": Limits(0.005, None)} == LIMITS
