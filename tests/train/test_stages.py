"""What each stage changes, what it leaves alone, and that the cache changes nothing."""

import csv
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from models.networks import build
from tests.pictures import SEED
from tests.train.conftest import toy_network
from train.recipe import PAPER
from train.stages import (
    PREDICT_BATCH,
    Batches,
    Inputs,
    Stage,
    batch_starts,
    layer_output,
    probabilities,
    train_stage,
)

HEAD = {"hidden", "ship"}
BLOCK5 = {"block5_conv1", "block5_conv2", "block5_conv3"}
PICTURES = np.random.default_rng(0).integers(0, 256, (PREDICT_BATCH + 3, 16, 16, 3), np.uint8)
LABELS = np.arange(len(PICTURES)) % 2
TRAIN, VALIDATION = np.arange(24), np.arange(24, len(PICTURES))

Weights = dict[str, list[NDArray[np.float32]]]


def weights(network: keras.Model) -> Weights:
    return {layer.name: layer.get_weights() for layer in network.layers if layer.weights}


def changed(before: Weights, after: Weights) -> set[str]:
    """Layers of which a single bit differs."""
    assert before.keys() == after.keys()
    return {name for name in before if not all(map(np.array_equal, before[name], after[name]))}


def record(run: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((run / "run.json").read_text(encoding="utf-8"))
    return read


def answers(run: Path, stage: Stage) -> dict[str, float]:
    with (run / "pictures.csv").open(newline="", encoding="utf-8") as file:
        return {row["path"]: float(row[stage.name]) for row in csv.DictReader(file) if row[stage.name]}


def load(run: Path) -> keras.Model:
    return keras.saving.load_model(run / "network.keras", compile=False)


def train_toy(toy: keras.Model, inputs: Inputs, stage: Stage, seed: int = 3) -> dict[str, list[float]]:
    return train_stage(toy, replace(stage, batch=7), inputs, LABELS, TRAIN, VALIDATION, seed, verbose=0)


# The real VGG16


@pytest.mark.parametrize("number", range(len(PAPER.stages)))
def test_the_cache_changes_no_history(trained: Path, uncached: Path, number: int) -> None:
    cached, plain = (record(run)["stages"][number]["history"] for run in (trained / "run", uncached))
    assert cached.keys() == plain.keys() == {"loss", "accuracy", "val_loss", "val_accuracy"}
    for name, values in cached.items():
        assert len(values) == PAPER.stages[number].epochs
        assert values == pytest.approx(plain[name], rel=1e-5)


@pytest.mark.parametrize("stage", PAPER.stages)
def test_the_cache_changes_no_answer(trained: Path, uncached: Path, stage: Stage) -> None:
    cached, plain = answers(trained / "run", stage), answers(uncached, stage)
    assert len(cached) == 8  # validation and test
    assert cached == pytest.approx(plain, abs=1e-5)


def test_the_cache_changes_no_weight(trained: Path, uncached: Path) -> None:
    cached, plain = weights(load(trained / "run")), weights(load(uncached))
    for name in cached:
        for ours, other in zip(cached[name], plain[name], strict=True):
            np.testing.assert_allclose(ours, other, rtol=0, atol=1e-5)


def test_a_run_moves_block_5_and_the_head(trained: Path) -> None:
    """Against the network as it began; every other bit is as it was."""
    keras.utils.set_random_seed(SEED)
    start = weights(build("vgg16", "none"))
    assert changed(start, weights(load(trained / "run"))) == BLOCK5 | HEAD


def test_layers_that_each_stage_changes() -> None:
    """On made-up outputs of the frozen layers, one step a stage."""
    network = build("vgg16", "none")
    rows, draw = np.arange(4), np.random.default_rng(0)
    for stage, moved in zip(PAPER.stages, (HEAD, BLOCK5 | HEAD), strict=True):
        shape = network.get_layer(stage.last_frozen).output.shape[1:]
        inputs = Inputs(stage.last_frozen, draw.random((4, *shape), np.float32))
        before = weights(network)
        train_stage(network, replace(stage, epochs=1), inputs, LABELS[:4], rows, rows, SEED, verbose=0)
        assert changed(before, weights(network)) == moved


def test_the_paper() -> None:
    assert [(stage.first_trainable, stage.epochs, stage.learning_rate) for stage in PAPER.stages] == [
        ("flatten", 10, 1e-5),
        ("block5_conv1", 2, 1e-5),
    ]


# A network of a few hundred weights


@pytest.mark.parametrize("layer", [None, "block4_pool"])
def test_the_seed_alone_decides_the_order(tmp_path: Path, layer: str | None) -> None:
    """Several batches an epoch, whatever the rest of the program drew before, with the cache and without."""
    ends = []
    for cached, drawn in ((None, 1), (layer, 2)):
        toy = toy_network()
        inputs = pictures = Inputs(None, PICTURES)
        if cached is not None:
            inputs = layer_output(toy, pictures, cached, tmp_path / "store", batch_starts(pictures))
        random.seed(drawn)
        ends.append((train_toy(toy, inputs, PAPER.stages[1]), toy.get_weights()))
    for name, values in ends[0][0].items():
        assert values == pytest.approx(ends[1][0][name], rel=1e-5)
    for one, other in zip(ends[0][1], ends[1][1], strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)


def test_history_has_every_epoch(toy: keras.Model) -> None:
    history = train_toy(toy, Inputs(None, PICTURES), replace(PAPER.stages[0], epochs=3, learning_rate=0.01))
    assert {name: len(values) for name, values in history.items()} == dict.fromkeys(
        ("loss", "accuracy", "val_loss", "val_accuracy"), 3
    )
    assert len(set(history["val_loss"])) == 3


def validation_loss(network: keras.Model) -> float:
    ship = probabilities(network, Inputs(None, PICTURES), VALIDATION)
    return float(-np.log(np.where(LABELS[VALIDATION] == 1, ship, 1 - ship)).mean())


@pytest.mark.parametrize("layer", [None, "block4_pool"])
@pytest.mark.parametrize("keep_best", [False, True], ids=["last", "best"])
def test_the_epoch_that_is_kept(toy: keras.Model, tmp_path: Path, layer: str | None, keep_best: bool) -> None:
    """With a learning rate so high that the last one is not the best."""
    inputs = pictures = Inputs(None, PICTURES)
    if layer is not None:
        inputs = layer_output(toy, pictures, layer, tmp_path / "store", batch_starts(pictures))
    stage = replace(PAPER.stages[1], epochs=6, learning_rate=0.1, keep_best=keep_best)
    losses = train_toy(toy, inputs, stage)["val_loss"]
    assert len(losses) == 6  # nor does it stop early
    best = int(np.argmin(losses))
    assert best < 5
    assert losses[5] > losses[best] + 0.001
    assert validation_loss(toy) == pytest.approx(losses[best if keep_best else 5], rel=1e-4)


def test_a_single_epoch_is_the_best(toy: keras.Model) -> None:
    other = toy_network()
    for network, keep_best in ((toy, True), (other, False)):
        train_toy(network, Inputs(None, PICTURES), replace(PAPER.stages[1], epochs=1, keep_best=keep_best))
    for ours, plain in zip(toy.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=0, atol=1e-6)


def test_an_average_of_the_weights_is_kept() -> None:
    """Of two steps: 0.99 of what the first left, 0.01 of what the second did."""
    found = []
    for epochs, average in ((1, False), (2, False), (2, True)):
        network = toy_network()
        stage = replace(PAPER.stages[1], epochs=epochs, batch=len(TRAIN), learning_rate=0.01, average=average)
        train_stage(network, stage, Inputs(None, PICTURES), LABELS, TRAIN, VALIDATION, 3, verbose=0)
        found.append(network.trainable_variables)
    for first, second, averaged in zip(*found, strict=True):
        np.testing.assert_allclose(averaged, 0.99 * first.numpy() + 0.01 * second.numpy(), rtol=0, atol=1e-6)
    assert any(np.abs(first.numpy() - second.numpy()).max() > 0.005 for first, second, _ in zip(*found, strict=True))


@pytest.mark.parametrize("layer", ["block4_pool", "block5_pool"])
def test_layer_output_is_that_of_the_network(toy: keras.Model, tmp_path: Path, layer: str) -> None:
    pictures = Inputs(None, PICTURES)
    stored = layer_output(toy, pictures, layer, tmp_path / "store", batch_starts(pictures))
    whole = keras.Model(toy.input, toy.get_layer(layer).output)
    np.testing.assert_allclose(stored.values, whole.predict_on_batch(PICTURES), atol=1e-6)
    np.testing.assert_array_equal(np.load(tmp_path / "store"), stored.values)
    assert stored.layer == layer
    assert stored.values.dtype == np.float32
    assert stored.values.max() > 0


def test_layer_output_of_a_layer_output(toy: keras.Model, tmp_path: Path) -> None:
    pictures = Inputs(None, PICTURES)
    near = layer_output(toy, pictures, "block4_pool", tmp_path / "near", batch_starts(pictures))
    far = layer_output(toy, near, "block5_pool", tmp_path / "far", batch_starts(near))
    straight = layer_output(toy, pictures, "block5_pool", tmp_path / "straight", batch_starts(pictures))
    np.testing.assert_array_equal(far.values, straight.values)


@pytest.mark.parametrize("layer", [None, "block4_pool", "block5_pool"])
def test_probabilities_of_chosen_rows(toy: keras.Model, tmp_path: Path, layer: str | None) -> None:
    inputs = pictures = Inputs(None, PICTURES)
    if layer is not None:
        inputs = layer_output(toy, pictures, layer, tmp_path / "store", batch_starts(pictures))
    rows = np.random.default_rng(1).permutation(len(PICTURES))
    found = probabilities(toy, inputs, rows)
    assert found.dtype == np.float32
    assert found.shape == (len(PICTURES),)
    assert len(np.unique(found)) > len(PICTURES) // 2
    np.testing.assert_allclose(found, toy.predict_on_batch(PICTURES[rows])[:, 0], atol=1e-6)


@pytest.mark.parametrize(("rows", "batch", "lengths"), [(7, 3, [3, 3, 1]), (6, 3, [3, 3]), (2, 64, [2]), (1, 1, [1])])
def test_batches_cover_every_row_once(rows: int, batch: int, lengths: list[int]) -> None:
    values = np.arange(100)[:, None]
    batches = Batches(Inputs(None, values), np.arange(100) % 2, np.arange(50, 50 + rows), batch, seed=1)
    given = [batches[index] for index in range(len(batches))]
    assert [len(each) for each, _ in given] == lengths
    seen = np.concatenate([each for each, _ in given])
    assert sorted(seen[:, 0]) == list(range(50, 50 + rows))
    labels = np.concatenate([each for _, each in given])
    assert labels.dtype == np.float32
    assert labels.shape == (rows, 1)
    np.testing.assert_array_equal(labels, seen % 2)


def orders(seed: int | None) -> list[list[int]]:
    """Of the rows in four epochs."""
    batches = Batches(Inputs(None, np.arange(30)), np.zeros(30, np.int64), np.arange(30), 30, seed)
    found = []
    for _ in range(4):
        found.append(batches[0][0].tolist())
        batches.on_epoch_end()
    return found


def test_batches_are_shuffled_by_the_seed() -> None:
    assert len(set(map(tuple, orders(1)))) == 4
    assert orders(1) == orders(1) != orders(2)


def test_batches_without_a_seed_keep_their_order() -> None:
    assert orders(None) == [list(range(30))] * 4
