"""A pruned network's weights, fitted anew: layer after layer, what is left gives again what it gave in the full network, as well as fewer inputs allow.

By least squares, from the pictures on, each layer fed by the fitted ones before it, so that it makes up for what they lost: Y. He et al., "Channel
Pruning for Accelerating Very Deep Neural Networks" (ICCV 2017). Through the ReLU, to which one negative number is as good as another: X. Zhang et al.,
"Accelerating Very Deep Convolutional Networks for Classification and Detection" (2015).
"""

from collections.abc import Callable, Iterable, Sequence

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.narrow import Kept, convolutions
from train.inputs import Inputs

PICTURES, PLACES = 1024, 100
"""Training pictures that it is fitted on, and places of each: 100,000 equations a layer for at most some thousand unknowns."""
ROUNDS = 30
"""Of least squares before a ReLU; what that cuts off is set anew between them."""
RIDGE = 1e-4
"""Share of the inputs' own power that is added to it, so that channels that are nearly the same get no huge weights."""
BATCH = 16
Progress = Callable[[Sequence[str]], Iterable[str]]


def refit(full: keras.Model, slim: keras.Model, kept: Kept, inputs: Inputs, seed: int, progress: Progress) -> None:
    """Sets the weights of all convolutions, and of the first dense layer after an average, in place.

    Args:
        full: the full network.
        slim: what `models.narrow.prune` made of it, in float32.
        kept: channels of the full network that it kept.
        inputs: training pictures.
        seed: of the choice of PICTURES and PLACES.
        progress: passes on what it is given, and shows how far it got.
    """
    draw = np.random.default_rng(seed)
    pictures = inputs.take(np.sort(draw.choice(len(inputs), min(PICTURES, len(inputs)), replace=False)))
    dense = next(layer.name for layer in slim.layers if isinstance(layer, keras.layers.Dense))
    names = [*(layer.name for layer in convolutions(slim)), dense]
    places = {name: _places(slim.get_layer(name), len(pictures), draw) for name in names}
    wanted = _wanted(full, {**kept, dense: np.arange(slim.get_layer(dense).units)}, places, pictures)
    for name in progress(names):
        layer = slim.get_layer(name)
        seen = keras.Model(slim.input, layer.input)
        fed = np.concatenate(
            [
                _fed(seen(each, training=False), layer, places[name][start : start + BATCH])
                for start, each in _batches(pictures)
            ]
        )
        if len(fed) < fed.shape[1]:
            continue  # the first dense layer after `flatten` has too many weights for that
        rounds = ROUNDS if layer.activation is keras.activations.relu else 1
        weights = _fitted(fed, wanted.pop(name), rounds)
        kernel, _ = layer.get_weights()
        layer.set_weights([weights[:-1].reshape(kernel.shape), weights[-1]])


def _batches(pictures: NDArray[np.uint8]) -> Iterable[tuple[int, tf.Tensor]]:
    return ((start, tf.constant(pictures[start : start + BATCH])) for start in range(0, len(pictures), BATCH))


def _places(layer: keras.Layer, pictures: int, draw: np.random.Generator) -> NDArray[np.intp]:
    """Where each picture's map is looked at: (pictures, places), counted row by row. A dense layer has no map."""
    if isinstance(layer, keras.layers.Dense):
        return np.zeros((pictures, 1), np.intp)
    _, height, width, _ = layer.output.shape
    return draw.integers(height * width, size=(pictures, min(PLACES, height * width)))


def _wanted(
    full: keras.Model, kept: Kept, places: dict[str, NDArray[np.intp]], pictures: NDArray[np.uint8]
) -> dict[str, NDArray[np.float32]]:
    """What the full network's kept channels give before the ReLU, by layer: (pictures * places, channels)."""
    layers = [full.get_layer(name) for name in kept]
    seen = keras.Model(full.input, [layer.input for layer in layers])
    found: dict[str, list[NDArray[np.float32]]] = {name: [] for name in kept}
    for start, batch in _batches(pictures):
        for layer, maps in zip(layers, seen(batch, training=False), strict=True):
            kernel, bias = (each[..., kept[layer.name]] for each in layer.get_weights())
            weights = np.concatenate([kernel.reshape(-1, len(bias)), bias[None]])
            found[layer.name].append(_fed(maps, layer, places[layer.name][start : start + BATCH]) @ weights)
    return {name: np.concatenate(each) for name, each in found.items()}


def _fed(maps: tf.Tensor, layer: keras.Layer, at: NDArray[np.intp]) -> NDArray[np.float32]:
    """What the layer multiplies with its weights, and 1 for its bias: (pictures * places, weights + 1)."""
    rows = np.asarray(maps)
    if not isinstance(layer, keras.layers.Dense):
        width = rows.shape[2]
        rows = np.pad(rows, ((0, 0), (1, 1), (1, 1), (0, 0)))
        down, across = np.divmod(at, width)
        nine = [rows[np.arange(len(rows))[:, None], down + y, across + x] for y in range(3) for x in range(3)]
        rows = np.stack(nine, axis=2).reshape(at.size, -1)
    return np.pad(rows, ((0, 0), (0, 1)), constant_values=1)


def _fitted(fed: NDArray[np.float32], wanted: NDArray[np.float32], rounds: int) -> NDArray[np.float32]:
    """Weights, (weights, channels), for which `fed` times them comes near to `wanted`; from the second of the rounds on, where that is more than 0,
    and to anything below 0 elsewhere."""
    power = (fed.T @ fed).astype(np.float64)
    power[np.diag_indices_from(power)] *= 1 + RIDGE
    power[np.diag_indices_from(power)] += 1e-6  # a channel that is always 0
    target = wanted
    for _ in range(rounds):
        weights = np.linalg.solve(power, (fed.T @ target).astype(np.float64)).astype(np.float32)
        target = np.where(wanted > 0, wanted, np.minimum(fed @ weights, 0))
    return weights
