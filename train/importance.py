"""How much each channel of a network matters: what the loss would feel of its absence, to first order.

P. Molchanov et al., "Importance Estimation for Neural Network Pruning" (CVPR 2019), with a gate after each channel.
"""

from collections.abc import Callable, Iterable, Sequence

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.narrow import convolutions
from train.inputs import Inputs

PICTURES = 512
"""That it is measured on. The order of the channels hardly changes with more."""
BATCH = 16
Progress = Callable[[Sequence[int]], Iterable[int]]


def importance(
    network: keras.Model, inputs: Inputs, labels: NDArray[np.int64], seed: int, progress: Progress
) -> dict[str, NDArray[np.float64]]:
    """Taylor importance of each convolution's channels, by the layer's name: (channels,), each 0 or more.

    Of a channel, (sum over the picture of activation times gradient of the loss) squared, mean over pictures, of both classes as many.

    Args:
        network: trained.
        inputs: training pictures.
        labels: of each, 1 for a ship.
        seed: of the choice of PICTURES among them.
        progress: passes on what it is given, and shows how far it got.
    """
    draw = np.random.default_rng(seed)
    classes = [np.flatnonzero(labels == label) for label in (0, 1)]
    each = min(PICTURES // 2, *(len(rows) for rows in classes))
    chosen = np.concatenate([draw.choice(rows, each, replace=False) for rows in classes])
    names = [layer.name for layer in convolutions(network)]
    model = keras.Model(network.input, [*(network.get_layer(name).output for name in names), network.output])

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def felt(pictures: tf.Tensor, truth: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            *maps, ship = model(pictures, training=False)
            # A sum, so that each picture has the gradient of its own loss.
            loss = tf.reduce_sum(keras.losses.binary_crossentropy(truth, ship))
        gradients = tape.gradient(loss, maps)
        return [
            tf.reduce_sum(tf.square(tf.reduce_sum(tf.cast(a * g, tf.float32), (1, 2))), 0)
            for a, g in zip(maps, gradients, strict=True)
        ]

    sums = [np.zeros(network.get_layer(name).filters) for name in names]
    for start in progress(range(0, len(chosen), BATCH)):
        rows = chosen[start : start + BATCH]
        found = felt(tf.constant(inputs.take(rows)), tf.constant(labels[rows, None], tf.float32))
        sums = [total + np.asarray(part, np.float64) for total, part in zip(sums, found, strict=True)]
    return {name: total / len(chosen) for name, total in zip(names, sums, strict=True)}


def most_important(values: NDArray[np.float64], n: int) -> NDArray[np.intp]:
    """The n channels that matter most, in their old order."""
    return np.sort(np.argsort(-values, kind="stable")[:n])
