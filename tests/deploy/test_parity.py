"""What counts as the same decision, and how much may differ."""

import csv
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from deploy.parity import ENOUGH, FLIPS, LIMITS, Flip, Limits, beyond, compare, few, flipped, save_flips
from models.card import Parity, Precision
from models.picture import read_picture
from tests.deploy.runs import toy_pictures

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


def test_which_flipped() -> None:
    first, second = np.array([0.1, 0.5, 0.9, BELOW], np.float32), np.array([0.6, 0.5, 0.1, 0.2], np.float32)
    assert flipped(first, second, 0.5).tolist() == [True, False, True, False]


def parity(n: int, flips: int, largest: float = 0.0) -> Parity:
    return Parity(n=n, largest_difference=largest, mean_difference=0.0, flips=flips)


@pytest.mark.parametrize(("n", "said"), [(1, "1 real"), (ENOUGH - 1, "999 real"), (ENOUGH, None), (ENOUGH + 1, None)])
def test_how_many_pictures_are_enough(n: int, said: str | None) -> None:
    found = few(n)
    assert (found is None) == (said is None)
    assert found is None or f"compared on {said} pictures, and fewer than 1000" in found


@pytest.mark.parametrize(
    ("precision", "n", "flips"),
    [("fp32", 1000, 0), ("fp16", 1000, 1), ("fp16", 3000, 3), ("int8", 1000, 5), ("int8", 200, 1)],
)
def test_as_many_flips_as_allowed(precision: Precision, n: int, flips: int) -> None:
    assert beyond(parity(n, flips), precision, "cpu", "Keras") is None


@pytest.mark.parametrize(
    ("precision", "n", "flips", "allowed"),
    [
        ("fp32", 10_000, 1, "0.00%"),
        ("fp16", 1000, 2, "0.10%"),
        ("fp16", 999, 1, "0.10%"),
        ("int8", 1000, 6, "0.50%"),
        ("int8", 199, 1, "0.50%"),
    ],
)
def test_one_flip_too_many(precision: Precision, n: int, flips: int, allowed: str) -> None:
    assert beyond(parity(n, flips), precision, "cuda", "the Keras network") == (
        f"the {precision} model on cuda decides {flips} of {n} pictures otherwise than the Keras network, allowed is {allowed}"
    )


def test_fp32_may_differ_by_a_thousandth() -> None:
    assert beyond(parity(9, 0, 1e-3), "fp32", "cpu", "Keras") is None
    assert beyond(parity(9, 0, 0.0010001), "fp32", "cpu", "Keras") == (
        "the fp32 model on cpu gives probabilities that differ by up to 0.001 from those of Keras, allowed is 0.001"
    )


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_in_fewer_bits_only_decisions_count(precision: Precision) -> None:
    assert beyond(parity(9, 0, 0.4), precision, "cpu", "Keras") is None


def test_limits() -> None:
    assert {"fp32": Limits(0.0, 1e-3), "fp16": Limits(0.001), "int8": Limits(0.005)} == LIMITS
    assert tuple(LIMITS) == get_args(Precision)


def test_flips_are_kept_as_the_network_saw_them(tmp_path: Path) -> None:
    pictures = toy_pictures(2)
    flips = [
        Flip(Path("/cam/a, b.jpg"), pictures[0], "fp16", "cpu", 0.5, 0.49999),
        Flip(Path("/cam/\udcff.jpg"), pictures[1], "int8", "cuda", 0.125, 0.75),  # a name that is no UTF-8
    ]
    save_flips(flips, tmp_path)
    with (tmp_path / FLIPS).open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        rows = list(csv.DictReader(file))
    assert rows == [
        {
            "picture": "000-fp16-cpu.png",
            "path": "/cam/a, b.jpg",
            "precision": "fp16",
            "provider": "cpu",
            "reference": "0.500000",
            "converted": "0.499990",
        },
        {
            "picture": "001-int8-cuda.png",
            "path": "/cam/\udcff.jpg",
            "precision": "int8",
            "provider": "cuda",
            "reference": "0.125000",
            "converted": "0.750000",
        },
    ]
    for row, picture in zip(rows, pictures, strict=True):
        np.testing.assert_array_equal(read_picture(tmp_path / row["picture"]), picture)
