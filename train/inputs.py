"""What a network is fed: pictures, or what its frozen layers made of them, computed once."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from train.features import Features

Progress = Callable[[Sequence[int]], Iterable[int]]

PREDICT_BATCH = 32
"""On two cores as fast as 64; half as much memory."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a network is fed: pictures, or the output of one of its layers for each of them.

    `layer` is the layer's name, None for pictures. `values` has the shape (rows, ...), and `rows` says
    which of them each input is; equal pictures may share one.
    """

    layer: str | None
    values: NDArray[Any]
    rows: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, chosen: NDArray[np.intp]) -> NDArray[Any]:
        """Chosen inputs: (len(chosen), ...)."""
        return np.asarray(self.values[self.rows[chosen]])

    def model(self, network: keras.Model) -> keras.Model:
        """The part of the network (layers shared, not copied) that takes these values."""
        if self.layer is None:
            return network
        return keras.Model(network.get_layer(self.layer).output, network.output)


def pictures_as(pictures: NDArray[np.uint8]) -> Inputs:
    """Pictures themselves as inputs: uint8, (n, height, width, 3), BGR."""
    return Inputs(None, pictures, np.arange(len(pictures)))


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no type stubs
    """Batches of inputs and labels ((n,)). With a seed they are shuffled, for each epoch in an order of its own.

    Epoch 5 has the same order whether or not the four before it were run by the same process.
    """

    def __init__(self, inputs: Inputs, labels: NDArray[np.int64], batch: int, seed: int | None) -> None:
        super().__init__()
        self.inputs, self.labels, self.batch, self.seed = inputs, labels, batch, seed
        self.begin(0)

    def __len__(self) -> int:
        return -(-len(self.inputs) // self.batch)

    def __getitem__(self, index: int) -> tuple[NDArray[Any], NDArray[np.float32]]:
        chosen = self._order[index * self.batch : (index + 1) * self.batch]
        return self.inputs.take(chosen), self.labels[chosen, None].astype(np.float32)

    def begin(self, epoch: int) -> None:
        """Takes the order of this epoch, counted from 0."""
        self._order = np.arange(len(self.inputs))
        if self.seed is not None:
            self._order = np.random.default_rng([self.seed, epoch]).permutation(self._order)


def layer_output(
    network: keras.Model, inputs: Inputs, layer: str, features: Features, digests: Sequence[bytes], progress: Progress
) -> Inputs:
    """Runs the network up to `layer` over all inputs whose answer is not kept yet.

    Args:
        network: any state; only the layers up to `layer` matter.
        inputs: pictures, or the output of an earlier layer.
        layer: name of the layer whose output is wanted.
        features: where the answers are kept; 166 kB a picture for `block4_pool` in float32.
        digests: of the picture behind each input.
        progress: passes on what it is given, and shows how far it got.
    """
    if layer == inputs.layer:
        return inputs
    first = network.input if inputs.layer is None else network.get_layer(inputs.layer).output
    model = keras.Model(first, network.get_layer(layer).output)
    # XLA would compile every batch shape anew.
    model.compile(jit_compile=False)
    missing = features.missing(digests)
    for start in progress(range(0, len(missing), PREDICT_BATCH)):
        chosen = missing[start : start + PREDICT_BATCH]
        # astype: bfloat16 is not a type of NumPy's.
        # [:]: where several GPUs share the work of training, each of them answers here.
        answers = np.asarray(model.predict_on_batch(inputs.take(chosen)))[: len(chosen)].astype(np.float32)
        features.add([digests[each] for each in chosen], answers)
    return Inputs(layer, features.values, features.rows(digests))


def probabilities(network: keras.Model, inputs: Inputs, progress: Progress = iter) -> NDArray[np.float32]:
    """The network's answers: float32, (len(inputs),). `progress` passes on what it is given, and shows how far it got."""
    model = inputs.model(network)
    model.compile(jit_compile=False)
    every = np.arange(len(inputs))
    batches = (every[start : start + PREDICT_BATCH] for start in progress(range(0, len(every), PREDICT_BATCH)))
    return np.concatenate([model.predict_on_batch(inputs.take(each))[: len(each), 0] for each in batches])
