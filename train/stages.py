"""The paper's two stages, and the cache that spares their frozen layers.

Layers below the first trainable one give the same output for a picture in every epoch. With the
cache they are run once a picture, and training sees their output instead of the picture.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from models.networks import unfreeze_from

PREDICT_BATCH = 32
"""On two cores 12.5 pictures/s, as with 64; half as much memory."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One round of training: every layer from `first_trainable` on, with Adam.

    `keep_best` ends with the weights of the epoch that did best on the validation part, not of the last.
    `average` ends with a moving average of the weights (Polyak), which overfits less than the last.
    """

    name: str
    first_trainable: str
    last_frozen: str
    epochs: int
    learning_rate: float
    batch: int = 64
    keep_best: bool = False
    average: bool = False


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a network is fed: pictures, or the output of one of its layers for each of them.

    `layer` is the layer's name, None for pictures. `values` has the shape (n, ...).
    """

    layer: str | None
    values: NDArray[Any]

    def model(self, network: keras.Model) -> keras.Model:
        """The part of the network (layers shared, not copied) that takes these values."""
        if self.layer is None:
            return network
        return keras.Model(network.get_layer(self.layer).output, network.output)


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no type stubs
    """Batches of chosen rows, shuffled anew each epoch by a seed, so that every run sees one order."""

    def __init__(
        self, inputs: Inputs, labels: NDArray[np.int64], rows: NDArray[np.intp], batch: int, seed: int | None
    ) -> None:
        super().__init__()
        self.inputs, self.labels, self.rows, self.batch = inputs.values, labels, rows, batch
        self.random = None if seed is None else np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch)

    def __getitem__(self, index: int) -> tuple[NDArray[Any], NDArray[np.float32]]:
        rows = self.rows[index * self.batch : (index + 1) * self.batch]
        return self.inputs[rows], self.labels[rows, None].astype(np.float32)

    def on_epoch_end(self) -> None:
        if self.random is not None:
            self.rows = self.random.permutation(self.rows)


def train_stage(
    network: keras.Model,
    stage: Stage,
    inputs: Inputs,
    labels: NDArray[np.int64],
    train_rows: NDArray[np.intp],
    validation_rows: NDArray[np.intp],
    seed: int,
    verbose: int = 1,
) -> dict[str, list[float]]:
    """Trains the network in place. Returns Keras' history: loss and accuracy for every epoch."""
    unfreeze_from(network, stage.first_trainable)
    model = inputs.model(network)
    # XLA would compile every batch shape anew; without it the first epoch is as fast as the rest.
    adam = keras.optimizers.Adam(stage.learning_rate, use_ema=stage.average, ema_momentum=0.99)
    model.compile(optimizer=adam, loss="binary_crossentropy", metrics=["accuracy"], jit_compile=False)
    best = keras.callbacks.EarlyStopping("val_loss", patience=stage.epochs, restore_best_weights=True)
    history = model.fit(
        Batches(inputs, labels, train_rows, stage.batch, seed),
        validation_data=Batches(inputs, labels, validation_rows, stage.batch, None),
        epochs=stage.epochs,
        callbacks=[best] if stage.keep_best else [],
        shuffle=False,  # Batches shuffles by the seed; Keras would shuffle once more by global state
        verbose=verbose,
    )
    return {name: [float(value) for value in values] for name, values in history.history.items()}


def layer_output(network: keras.Model, inputs: Inputs, layer: str, store: Path, starts: Iterable[int]) -> Inputs:
    """Runs the network up to `layer` over all inputs, into an array on disk (float32).

    Args:
        network: any state; only the layers up to `layer` matter.
        inputs: pictures, or the output of an earlier layer.
        layer: name of the layer whose output is wanted.
        store: file to write; 166 kB a picture for `block4_pool`.
        starts: see batch_starts; wrapped, perhaps, to show progress.
    """
    first = network.input if inputs.layer is None else network.get_layer(inputs.layer).output
    model = keras.Model(first, network.get_layer(layer).output)
    model.compile(jit_compile=False)
    n = len(inputs.values)
    values = np.lib.format.open_memmap(store, "w+", np.float32, (n, *model.output_shape[1:]))
    for start in starts:
        values[start : start + PREDICT_BATCH] = model.predict_on_batch(inputs.values[start : start + PREDICT_BATCH])
    return Inputs(layer, values)


def batch_starts(inputs: Inputs) -> range:
    """Where each batch of `layer_output` begins."""
    return range(0, len(inputs.values), PREDICT_BATCH)


def probabilities(network: keras.Model, inputs: Inputs, rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """The network's answers for chosen rows: float32, (len(rows),)."""
    model = inputs.model(network)
    model.compile(jit_compile=False)
    batches = (rows[start : start + PREDICT_BATCH] for start in range(0, len(rows), PREDICT_BATCH))
    return np.concatenate([model.predict_on_batch(inputs.values[each])[:, 0] for each in batches])
