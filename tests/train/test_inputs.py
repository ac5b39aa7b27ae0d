"""What a network is fed: pictures or outputs of its layers, in batches that the seed orders."""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import pytest

from train.features import Features, digests_of
from train.inputs import PREDICT_BATCH, Batches, Inputs, layer_output, pictures_as, probabilities

PICTURES = np.random.default_rng(0).integers(0, 256, (PREDICT_BATCH + 3, 16, 16, 3), np.uint8)


def stored(toy: keras.Model, inputs: Inputs, layer: str, folder: Path, dtype: str = "float32") -> Inputs:
    features = Features(folder, tuple(toy.get_layer(layer).output.shape[1:]), dtype)
    return layer_output(toy, inputs, layer, features, digests_of(PICTURES), iter)


@pytest.mark.parametrize("layer", ["centre", "block4_pool", "block5_pool"])
def test_layer_output_is_that_of_the_network(toy: keras.Model, tmp_path: Path, layer: str) -> None:
    made = stored(toy, pictures_as(PICTURES), layer, tmp_path)
    whole = keras.Model(toy.input, toy.get_layer(layer).output)
    np.testing.assert_allclose(made.take(np.arange(len(made))), whole.predict_on_batch(PICTURES), atol=1e-6)
    assert (made.layer, len(made), made.values.dtype.name) == (layer, len(PICTURES), "float32")
    assert made.values.max() > 0


def test_layer_output_of_a_layer_output(toy: keras.Model, tmp_path: Path) -> None:
    """Also of that same layer, as where two stages train the same: then nothing is computed."""
    near = stored(toy, pictures_as(PICTURES), "block4_pool", tmp_path / "near")
    far = stored(toy, near, "block5_pool", tmp_path / "far")
    straight = stored(toy, pictures_as(PICTURES), "block5_pool", tmp_path / "straight")
    again = stored(toy, far, "block5_pool", tmp_path / "far")
    np.testing.assert_array_equal(far.values, straight.values)
    np.testing.assert_array_equal(again.values, straight.values)


def test_what_is_kept_is_not_computed_again(toy: keras.Model, tmp_path: Path) -> None:
    """Another order, and pictures that come twice, are served by the rows that are there."""
    first = stored(toy, pictures_as(PICTURES), "block4_pool", tmp_path)
    features = Features(tmp_path, first.values.shape[1:])
    pictures = PICTURES[[3, 1, 3, 0]]
    steps: list[int] = []

    def progress(batches: Sequence[int]) -> Sequence[int]:
        steps.extend(batches)
        return batches

    again = layer_output(toy, pictures_as(pictures), "block4_pool", features, digests_of(pictures), progress)
    assert steps == []
    assert again.rows.tolist() == [3, 1, 3, 0]
    np.testing.assert_array_equal(again.take(np.array([0, 2])), first.take(np.array([3, 3])))


def test_equal_pictures_are_computed_once(toy: keras.Model, tmp_path: Path) -> None:
    twice = np.concatenate([PICTURES[:2], PICTURES[:2]])
    features = Features(tmp_path, tuple(toy.get_layer("block4_pool").output.shape[1:]))
    made = layer_output(toy, pictures_as(twice), "block4_pool", features, digests_of(twice), iter)
    assert (len(made), len(made.values), made.rows.tolist()) == (4, 2, [0, 1, 0, 1])


@pytest.mark.parametrize("layer", [None, "block4_pool", "block5_pool"])
def test_probabilities(toy: keras.Model, tmp_path: Path, layer: str | None) -> None:
    inputs = pictures_as(PICTURES) if layer is None else stored(toy, pictures_as(PICTURES), layer, tmp_path)
    found = probabilities(toy, inputs)
    assert (found.dtype.name, found.shape) == ("float32", (len(PICTURES),))
    assert len(np.unique(found)) > len(PICTURES) // 2
    np.testing.assert_allclose(found, toy.predict_on_batch(PICTURES)[:, 0], atol=1e-6)


def test_probabilities_from_half_precision(toy: keras.Model, tmp_path: Path) -> None:
    made = stored(toy, pictures_as(PICTURES), "block4_pool", tmp_path, "float16")
    assert made.values.dtype == np.float16
    np.testing.assert_allclose(probabilities(toy, made), toy.predict_on_batch(PICTURES)[:, 0], atol=1e-3)


@pytest.mark.parametrize(("rows", "batch", "lengths"), [(7, 3, [3, 3, 1]), (6, 3, [3, 3]), (2, 64, [2]), (1, 1, [1])])
def test_batches_cover_every_row_once(rows: int, batch: int, lengths: list[int]) -> None:
    values = np.arange(100)[:, None]
    batches = Batches(Inputs(None, values, np.arange(50, 50 + rows)), np.arange(50, 50 + rows) % 2, batch, seed=1)
    given = [batches[index] for index in range(len(batches))]
    assert [len(each) for each, _ in given] == lengths
    seen = np.concatenate([each for each, _ in given])
    assert sorted(seen[:, 0]) == list(range(50, 50 + rows))
    labels = np.concatenate([each for _, each in given])
    assert (labels.dtype.name, labels.shape) == ("float32", (rows, 1))
    np.testing.assert_array_equal(labels, seen % 2)


def order(seed: int | None, epoch: int) -> list[int]:
    batches = Batches(Inputs(None, np.arange(30), np.arange(30)), np.zeros(30, np.int64), 30, seed)
    batches.begin(epoch)
    found: list[int] = batches[0][0].tolist()
    return found


def test_seed_and_epoch_alone_decide_the_order() -> None:
    assert len({tuple(order(seed, epoch)) for seed in (1, 2) for epoch in range(4)}) == 8
    assert order(1, 3) == order(1, 3)


def test_batches_without_a_seed_keep_their_order() -> None:
    assert order(None, 0) == order(None, 5) == list(range(30))
