"""Pairs that look alike across parts, and those that only nearly do."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.errors import DataError
from models.picture import Picture
from tests.pictures import draw
from train.dataset import Sample
from train.duplicates import LISTED, Pair, contradictions, describe_duplicates, in_words, near_duplicates
from train.split import Part

SIDE = 150


def scene(seed: int) -> Picture:
    """Shapes in colour, large ones stronger than small ones as in photographs; others for each seed."""
    random = np.random.default_rng(seed)
    layers = [
        cv2.resize(random.normal(0, 160 / cells, (cells, cells, 3)), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        for cells in (2, 4, 8, 16, 32)
    ]
    return np.clip(128 + sum(layers), 0, 255).astype(np.uint8)


def saved_again(picture: Picture) -> Picture:
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 40])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def smaller(picture: Picture) -> Picture:
    return np.asarray(cv2.resize(cv2.resize(picture, (64, 64)), (SIDE, SIDE)), np.uint8)


def brighter(picture: Picture) -> Picture:
    return np.asarray(cv2.convertScaleAbs(picture, alpha=0.8, beta=30), np.uint8)


def trimmed(picture: Picture) -> Picture:
    return np.asarray(cv2.resize(np.ascontiguousarray(picture[2:-2, 2:-2]), (SIDE, SIDE)), np.uint8)


def level(blue: int, green: int, red: int) -> Picture:
    return np.full((SIDE, SIDE, 3), (blue, green, red), np.uint8)


def found(*pictures: Picture) -> list[Pair]:
    """The first picture trains, all others test."""
    parts: list[Part] = ["train"]
    parts += ["test"] * (len(pictures) - 1)
    return near_duplicates(np.stack(pictures), parts)


@pytest.mark.parametrize("change", [np.copy, saved_again, smaller, brighter, trimmed])
@pytest.mark.parametrize("seed", range(4))
def test_a_copy_is_found(change: Callable[[Picture], Picture], seed: int) -> None:
    pairs = found(scene(seed), scene(seed + 100), change(scene(seed)), scene(seed + 200))
    assert [(pair.first, pair.second) for pair in pairs] == [(0, 2)]
    assert pairs[0].distance <= 8


def test_other_pictures_are_not() -> None:
    pictures = [scene(seed) for seed in range(40)] + [draw(True, seed, (SIDE, SIDE)) for seed in range(3)]
    parts: list[Part] = ["train", "validation"] * 21
    assert not near_duplicates(np.stack(pictures), [*parts, "test"])


def test_one_outline_in_another_light_is_not() -> None:
    """The hash is of greys at the lowest frequencies; colours tell these apart."""
    one = scene(1)
    other = one[:, :, [2, 0, 1]]
    grey = cv2.cvtColor(one, cv2.COLOR_BGR2GRAY)
    ratio = grey / np.maximum(cv2.cvtColor(np.ascontiguousarray(other), cv2.COLOR_BGR2GRAY), 1)
    repainted = np.clip(other * ratio[:, :, None], 0, 255).astype(np.uint8)
    assert not found(one, repainted)


def test_only_across_parts() -> None:
    pictures = np.stack([scene(1)] * 4)
    parts: list[Part] = ["train", "train", "test", "validation"]
    pairs = [(pair.first, pair.second) for pair in near_duplicates(pictures, parts)]
    assert pairs == [(0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert not near_duplicates(pictures, ["train"] * 4)


def test_nearly_empty_pictures_are_not_all_alike() -> None:
    colours = [(0, 0, 0), (255, 255, 255), (90, 90, 90), (150, 100, 60), (60, 100, 150), (120, 0, 40)]
    assert not found(*(level(*colour) for colour in colours))
    assert [(pair.first, pair.second) for pair in found(*(level(*colour) for colour in [*colours, colours[0]]))] == [
        (0, 6)
    ]


def test_grain_is_no_likeness() -> None:
    water = [
        level(120, 110, 100) + np.random.default_rng(seed).integers(0, 6, (SIDE, SIDE, 3), np.uint8)
        for seed in range(30)
    ]
    assert not found(*water)
    assert len(found(water[0], *water)) == 1


def test_many_pictures_of_one_look() -> None:
    """More than are compared at once, and no pair twice."""
    pictures = [scene(seed % 5) for seed in range(600)]
    parts: list[Part] = ["train" if row < 300 else "test" for row in range(600)]
    pairs = near_duplicates(iter(pictures), parts)
    expected = {(first, second) for first in range(300) for second in range(300, 600) if (second - first) % 5 == 0}
    assert {(pair.first, pair.second) for pair in pairs} == expected
    assert len(pairs) == len(expected)


def test_the_closest_come_first() -> None:
    pairs = found(scene(3), trimmed(scene(3)), smaller(scene(3)), scene(3))
    assert [pair.distance for pair in pairs] == sorted(pair.distance for pair in pairs)
    assert pairs[0].distance == 0


@pytest.mark.parametrize("parts", [1, 3])
def test_each_picture_has_a_part(parts: int) -> None:
    with pytest.raises(DataError, match=f"received 2 pictures and the parts of {parts}"):
        near_duplicates([scene(1), scene(2)], ["train"] * parts)


def test_no_pictures() -> None:
    assert not near_duplicates([], [])


def samples(*labels: int) -> list[Sample]:
    return [Sample(Path(f"d/{row}.jpg"), label, "lock", sha256=f"{row}") for row, label in enumerate(labels)]


def test_describe() -> None:
    parts: list[Part] = ["train", "test", "validation", "train"]
    pairs = [Pair(0, 1, 0), Pair(1, 3, 2), Pair(1, 2, 8)]
    described = describe_duplicates(pairs, samples(1, 1, 0, 1), parts)
    assert (described["count"], described["contradictions"]) == (3, [])
    assert described["parts"] == {"train and test": 2, "validation and test": 1}
    assert described["pairs"][0] == {
        "paths": ["d/0.jpg", "d/1.jpg"],
        "parts": ["train", "test"],
        "distance": 0,
        "labels_agree": True,
    }
    assert [pair["labels_agree"] for pair in described["pairs"]] == [True, True, False]
    said = in_words(described)
    assert "3 pairs of pictures look alike and lie in different parts (2 between train and test, 1 between " in said
    assert "the closest: d/0.jpg and d/1.jpg" in said
    assert "--groups FILE.csv" in said
    assert "both classes" not in said


def test_long_lists_are_cut() -> None:
    count = LISTED + 5
    pairs = [Pair(first, second, 0) for first, second in pairwise(range(count + 1))]
    parts: list[Part] = ["train", "test"] * count
    described = describe_duplicates(pairs, samples(*[1] * (count + 1)), parts)
    assert (described["count"], len(described["pairs"])) == (count, LISTED)


def test_contradicting_labels_anywhere() -> None:
    """The same part of a file, that is; a frame holds windows of both classes."""
    first, second, third, other = (replace(each, sha256="a") for each in samples(1, 0, 0, 1))
    windows = [replace(first, crop=(0, 0, 9, 9)), replace(second, crop=(9, 0, 18, 9))]
    unhashed = [replace(each, sha256="") for each in samples(1, 0)]
    found = [first, second, third, replace(other, sha256="b"), *windows, *unhashed]
    assert contradictions(found) == [[first, second, third]]
    described = describe_duplicates([], found, ["train"] * len(found))
    assert described["contradictions"] == [
        [
            {"path": "d/0.jpg", "label": "ship"},
            {"path": "d/1.jpg", "label": "no_ship"},
            {"path": "d/2.jpg", "label": "no_ship"},
        ]
    ]
    assert in_words(described).startswith("1 pictures lie in both classes (the first: d/0.jpg and d/1.jpg and d/2.jpg)")


def test_nothing_to_say() -> None:
    assert in_words(describe_duplicates([], samples(1, 0), ["train", "test"])) == ""
