"""What each stage changes, what it leaves alone, and that a stage that was stopped ends as if it had not been."""

import csv
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow
from numpy.typing import NDArray

import train.progress
import train.stages
from models.errors import UsageError
from models.networks import Head, build, first_trainable, layer_before
from tests.pictures import SEED
from tests.train.conftest import toy_network
from train.features import Features, digests_of
from train.inputs import Batches, Inputs, layer_output, pictures_as, probabilities
from train.recipe import PAPER, Stage, unfrozen
from train.stages import Draws, balanced, train_stage

HEAD = {"hidden", "ship"}
BLOCK5 = {"block5_conv1", "block5_conv2", "block5_conv3"}
PICTURES = np.random.default_rng(0).integers(0, 256, (35, 16, 16, 3), np.uint8)
LABELS = np.arange(len(PICTURES)) % 2
TRAIN, VALIDATION = slice(0, 24), slice(24, None)

Weights = dict[str, list[NDArray[np.float32]]]
End = tuple[dict[str, list[float]], list[NDArray[np.float32]]]
"""Of a stage: its history and the network's weights."""


@pytest.fixture(scope="module", autouse=True)
def _deterministic() -> None:
    """As `rivereye train` has it."""
    tensorflow.config.experimental.enable_op_determinism()


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


def a_stage(**changes: Any) -> Stage:
    """Four batches an epoch, the last one smaller."""
    return replace(PAPER.stages[1], **{"batch": 7, "learning_rate": 0.01, "epochs": 3} | changes)


def fed(toy: keras.Model, layer: str | None, part: slice, store: Path) -> Inputs:
    pictures = PICTURES[part]
    if layer is None:
        return pictures_as(pictures)
    features = Features(store, tuple(toy.get_layer(layer).output.shape[1:]))
    return layer_output(toy, pictures_as(pictures), layer, features, digests_of(pictures), iter)


def train_toy(
    toy: keras.Model,
    stage: Stage,
    keep: Path,
    layer: str | None = None,
    watchers: Sequence[keras.callbacks.Callback] = (),
    class_weight: dict[int, float] | None = None,
) -> End:
    learnt, judged = ((fed(toy, layer, part, keep.with_name("features")), LABELS[part]) for part in (TRAIN, VALIDATION))
    history = train_stage(toy, stage, learnt, judged, 3, keep, class_weight, watchers, verbose=0)
    return history, toy.get_weights()


def assert_same(one: End, other: End) -> None:
    """Bit by bit."""
    assert one[0] == other[0]
    for ours, wanted in zip(one[1], other[1], strict=True):
        np.testing.assert_array_equal(ours, wanted)


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


@pytest.mark.parametrize(
    ("unfreeze", "moved"),
    [
        ("head", HEAD),
        ("1", BLOCK5 | HEAD),
        ("block5_conv3", {"block5_conv3"} | HEAD),
        ("2", {"block4_conv1", "block4_conv2", "block4_conv3"} | BLOCK5 | HEAD),
    ],
)
def test_layers_that_a_stage_changes(vgg16: keras.Model, tmp_path: Path, unfreeze: str, moved: set[str]) -> None:
    """On made-up outputs of the frozen layers, one step."""
    name = unfrozen(unfreeze)
    layer = layer_before(vgg16, first_trainable(vgg16, name))
    shape, n = vgg16.get_layer(layer).output.shape[1:], 4
    inputs = Inputs(layer, np.random.default_rng(0).random((n, *shape), np.float32), np.arange(n))
    before, both = weights(vgg16), (inputs, LABELS[:n])
    train_stage(vgg16, a_stage(unfreeze=name, epochs=1), both, both, SEED, tmp_path / "stage", verbose=0)
    assert changed(before, weights(vgg16)) == moved


@pytest.fixture
def vgg16() -> keras.Model:
    keras.utils.set_random_seed(SEED)
    return build("vgg16", "none")


def test_the_paper() -> None:
    assert [(stage.unfreeze, stage.epochs, stage.learning_rate) for stage in PAPER.stages] == [
        ("head", 10, 1e-5),
        ("block5", 2, 1e-5),
    ]


# A network of a few hundred weights


@pytest.mark.parametrize("layer", [None, "block4_pool"])
def test_the_seed_alone_decides(tmp_path: Path, layer: str | None) -> None:
    """Several batches an epoch, whatever the rest of the program drew before, with the cache and without."""
    ends = []
    for cached, drawn in ((None, 1), (layer, 2)):
        toy = toy_network()
        random.seed(drawn)
        keras.utils.set_random_seed(drawn)
        ends.append(train_toy(toy, a_stage(learning_rate=1e-3), tmp_path / f"{drawn}" / "stage", cached))
    for name, values in ends[0][0].items():
        assert values == pytest.approx(ends[1][0][name], rel=1e-5)
    for one, other in zip(ends[0][1], ends[1][1], strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)


# ruff: noqa: ARG002 - Keras' signatures


class Seen(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no type stubs
    """Which pictures each epoch shows, in which order, and what its dropout begins with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.orders: list[list[int]] = []
        self.draws: list[list[int]] = []
        known = {picture.tobytes(): number for number, picture in enumerate(PICTURES[TRAIN])}
        take = Inputs.take

        def watched(inputs: Inputs, chosen: NDArray[np.intp]) -> NDArray[Any]:
            taken = take(inputs, chosen)
            if self.orders and len(inputs) == len(known):
                self.orders[-1] += [known[each.tobytes()] for each in taken]
            return taken

        monkeypatch.setattr(Inputs, "take", watched)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.orders.append([])
        self.draws.append(self.model.get_layer("dropout").seed_generator.state.numpy().tolist())


def test_every_epoch_has_an_order_and_draws_of_its_own(
    toy: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Seen(monkeypatch)
    train_toy(toy, a_stage(), tmp_path / "stage", watchers=[seen])
    assert all(sorted(order) == list(range(24)) for order in seen.orders)
    assert len({tuple(order) for order in seen.orders}) == 3
    assert len({tuple(draws) for draws in seen.draws}) == 3


def test_history_has_every_epoch(toy: keras.Model, tmp_path: Path) -> None:
    history, _ = train_toy(toy, a_stage(unfreeze="head"), tmp_path / "stage")
    assert {name: len(values) for name, values in history.items()} == dict.fromkeys(
        ("loss", "accuracy", "val_loss", "val_accuracy"), 3
    )
    assert len(set(history["val_loss"])) == 3


def validation_loss(network: keras.Model) -> float:
    ship = probabilities(network, pictures_as(PICTURES[VALIDATION]))
    return float(-np.log(np.where(LABELS[VALIDATION] == 1, ship, 1 - ship)).mean())


@pytest.mark.parametrize("layer", [None, "block4_pool"])
@pytest.mark.parametrize("keep_best", [False, True], ids=["last", "best"])
def test_the_epoch_that_is_kept(toy: keras.Model, tmp_path: Path, layer: str | None, keep_best: bool) -> None:
    """With a learning rate so high that the last one is not the best."""
    stage = a_stage(epochs=6, learning_rate=0.1, keep_best=keep_best)
    losses = train_toy(toy, stage, tmp_path / "stage", layer)[0]["val_loss"]
    assert len(losses) == 6  # nor does it stop early
    best = int(np.argmin(losses))
    assert best < 5
    assert losses[5] > losses[best] + 0.001
    assert validation_loss(toy) == pytest.approx(losses[best if keep_best else 5], rel=1e-4)


def test_a_single_epoch_is_the_best(tmp_path: Path) -> None:
    ends = [
        train_toy(toy_network(), a_stage(epochs=1, keep_best=keep_best), tmp_path / f"{keep_best}")
        for keep_best in (True, False)
    ]
    assert_same(*ends)


def test_an_average_of_the_weights_is_kept(tmp_path: Path) -> None:
    """Of two steps: 0.99 of what the first left, 0.01 of what the second did."""
    found = []
    for number, (epochs, average) in enumerate(((1, False), (2, False), (2, True))):
        network = toy_network()
        train_toy(network, a_stage(epochs=epochs, batch=24, average=average), tmp_path / f"{number}")
        found.append(network.trainable_variables)
    for first, second, averaged in zip(*found, strict=True):
        np.testing.assert_allclose(averaged, 0.99 * first.numpy() + 0.01 * second.numpy(), rtol=0, atol=1e-6)
    assert any(np.abs(first.numpy() - second.numpy()).max() > 0.005 for first, second, _ in zip(*found, strict=True))


def test_class_weights_count_both_classes_alike() -> None:
    few = np.array([0] * 9 + [1], np.int64)
    given = balanced(few)
    assert given == {0: pytest.approx(10 / 18), 1: 5.0}
    assert sum(given[label] for label in few) == pytest.approx(len(few))


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "rmsprop"])
def test_every_optimizer_moves_the_weights(toy: keras.Model, tmp_path: Path, optimizer: str) -> None:
    before = weights(toy)
    train_toy(toy, a_stage(epochs=1, optimizer=optimizer), tmp_path / "stage")
    assert changed(before, weights(toy)) == {"block5_conv1"} | HEAD


def test_a_head_without_dropout(tmp_path: Path) -> None:
    toy = toy_network()
    ship = toy.get_layer("ship")(keras.layers.Dropout(0.0, name="none")(toy.get_layer("hidden").output))
    history, _ = train_toy(keras.Model(toy.input, ship, name="toy"), a_stage(epochs=1), tmp_path / "stage")
    assert len(history["loss"]) == 1


def test_two_dropouts_of_one_size_drop_differently(tmp_path: Path) -> None:
    toy = build("vgg16", "none", Head(hidden=(4, 4)))
    model = keras.Model(toy.get_layer("block5_pool").output, toy.output)
    batches = Batches(pictures_as(PICTURES[TRAIN]), LABELS[TRAIN], 7, 3)
    draws = Draws(batches, 3)
    draws.set_model(model)
    draws.on_epoch_begin(0)
    first, second = (model.get_layer(name).seed_generator.state.numpy().tolist() for name in ("dropout", "dropout2"))
    assert first != second


@pytest.mark.parametrize("keep_best", [False, True])
def test_a_stage_that_diverges(toy: keras.Model, tmp_path: Path, keep_best: bool) -> None:
    toy.get_layer("ship").bias.assign([np.nan])
    with pytest.raises(UsageError, match=r"stage fine-tuning has diverged: .* smaller --learning-rate than 0.01"):
        train_toy(toy, a_stage(epochs=2, keep_best=keep_best), tmp_path / "stage")


@pytest.mark.parametrize("layer", [None, "block4_pool"])
def test_half_precision_scales_the_loss(tmp_path: Path, layer: str | None) -> None:
    """Or small gradients vanish in float16."""
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        toy = toy_network()
    finally:
        keras.mixed_precision.set_global_policy("float32")
    watcher = keras.callbacks.Callback()
    train_toy(toy, a_stage(epochs=1), tmp_path / "stage", layer, [watcher])
    assert isinstance(watcher.model.optimizer, keras.optimizers.LossScaleOptimizer)


# Stopped and gone on with

STAGES: dict[str, tuple[Stage, dict[int, float] | None]] = {
    "plain": (a_stage(), None),
    "best": (a_stage(epochs=6, learning_rate=0.1, keep_best=True, patience=2), None),
    "average": (a_stage(average=True), None),
    "class-weight": (a_stage(optimizer="sgd"), {0: 0.6, 1: 3.0}),
    "early": (a_stage(epochs=30, learning_rate=0.3, patience=2), None),
}


class Stopped(Exception):
    """In place of a kill."""


class Stop(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no type stubs
    """Ends the training before, in the middle of, or after an epoch; after it, but before that is kept."""

    def __init__(self, epoch: int, moment: str) -> None:
        super().__init__()
        self.at, self.moment, self.now = epoch, moment, -1

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.now = epoch
        self._stop("before")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if batch == 1:
            self._stop("in")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._stop("after")

    def _stop(self, moment: str) -> None:
        if (self.now, moment) == (self.at, self.moment):
            raise Stopped


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What each of STAGES ends with, undisturbed."""

    @cache
    def end(name: str) -> End:
        stage, class_weight = STAGES[name]
        return train_toy(toy_network(), stage, tmp_path_factory.mktemp(name) / "stage", class_weight=class_weight)

    return end


@pytest.mark.parametrize("moments", [((0, "in"), (1, "before")), ((1, "after"),), ((1, "in"), (2, "in"))], ids=str)
@pytest.mark.parametrize("name", STAGES)
def test_a_stopped_stage_ends_the_same(
    kept: Any, tmp_path: Path, name: str, moments: Sequence[tuple[int, str]]
) -> None:
    stage, class_weight = STAGES[name]
    for epoch, moment in moments:
        with pytest.raises(Stopped):
            train_toy(toy_network(), stage, tmp_path / "stage", None, [Stop(epoch, moment)], class_weight)
        (tmp_path / "stage" / "part.weights.h5").write_bytes(b"\x89HDF\r\n half of it")
    assert_same(train_toy(toy_network(), stage, tmp_path / "stage", class_weight=class_weight), kept(name))


def test_what_the_stopped_stages_are(kept: Any) -> None:
    """None of them is done before it is stopped; patience ends two of them."""
    lengths = {name: len(kept(name)[0]["loss"]) for name in STAGES}
    assert all(length >= 3 for length in lengths.values())
    assert lengths["early"] < 30
    losses = kept("early")[0]["val_loss"]
    assert losses[-3] == min(losses)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_stop_at_any_writing_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """Weights, best weights, history, all of them at the end: whichever is the last that is written."""
    left = 10**6

    def stopping(write: Any) -> Any:
        def written(*arguments: Any) -> None:
            nonlocal left
            left -= 1
            if left == 0 and when == "before":
                raise Stopped
            write(*arguments)
            if left == 0:
                raise Stopped

        return written

    for module, function in (
        (train.progress, "save_weights"),
        (train.progress, "replace_text"),
        (train.stages, "save_weights"),
    ):
        monkeypatch.setattr(module, function, stopping(getattr(module, function)))
    stage = a_stage(epochs=2, learning_rate=1e-3, keep_best=True)
    wanted = train_toy(toy_network(), stage, tmp_path / "undisturbed")
    writings = 10**6 - left
    assert writings >= 2 * 2 + 1 + 1  # weights and history of two epochs, the best ones, and what is done
    for number in range(1, writings + 1):
        left = number
        with pytest.raises(Stopped):
            train_toy(toy_network(), stage, tmp_path / f"{number}")
        left = 10**6
        assert_same(train_toy(toy_network(), stage, tmp_path / f"{number}"), wanted)


def test_a_stage_that_is_done_is_not_trained_again(kept: Any, tmp_path: Path) -> None:
    stage, _ = STAGES["best"]
    train_toy(toy_network(), stage, tmp_path / "stage")
    again = train_toy(toy_network(), stage, tmp_path / "stage", watchers=[Stop(0, "before")])
    assert_same(again, kept("best"))
