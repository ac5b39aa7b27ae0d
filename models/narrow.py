"""Slim networks: a VGG with fewer channels in each layer, and the same layers by the same names. Needs Keras."""

from collections.abc import Mapping, Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from models.networks import BASES, IMAGENET_MEAN_BGR, SIZE, Head, with_head

CENTRE = 115.0
"""Taken off every pixel: one whole number for all three colours (the mean of IMAGENET_MEAN_BGR is 114.8), so that an 8-bit network needs no
arithmetic before its first convolution: it is the zero point of its input."""

Kept = Mapping[str, NDArray[np.intp]]
"""For each convolution, by name, which of its channels are kept."""


def convolutions(network: keras.Model) -> list[keras.layers.Conv2D]:
    """Those of the base, from the pictures on."""
    return [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]


def widths_of(network: keras.Model) -> dict[str, int]:
    """Channels of each convolution, by name."""
    return {layer.name: layer.filters for layer in convolutions(network)}


def build_narrow(network: str, widths: Mapping[str, int], head: Head) -> keras.Model:
    """Builds a slim network with random weights; all of it can be trained.

    Args:
        network: `vgg16` or `vgg19`.
        widths: channels of each of its convolutions, by name.
        head: the classifier.

    Returns:
        As `models.networks.build`.
    """
    shape = BASES[network](include_top=False, weights=None, input_shape=(SIZE, SIZE, 3))
    pictures = keras.Input((SIZE, SIZE, 3), dtype="uint8", name="pictures")
    features = keras.layers.Rescaling(1.0, -CENTRE, name="centre")(pictures)
    for layer in shape.layers[1:]:
        if layer.name in widths:
            features = keras.layers.Conv2D(widths[layer.name], 3, padding="same", activation="relu", name=layer.name)(
                features
            )
        else:
            features = keras.layers.MaxPooling2D(2, name=layer.name)(features)
    return with_head(network, pictures, features, head)


def prune(network: keras.Model, kept: Kept, head: Head) -> keras.Model:
    """A slim network that has the kept channels of another one, with their weights. The other one stays as it is.

    Args:
        network: as `build` or `build_narrow` makes it.
        kept: for each convolution.
        head: the network's.
    """
    slim = build_narrow(network.name, {name: len(channels) for name, channels in kept.items()}, head)
    before: NDArray[np.intp] = np.arange(3)
    for layer in convolutions(network):
        kernel, bias = layer.get_weights()
        if len(before) == 3 and layer is convolutions(network)[0]:
            bias = bias + kernel.sum((0, 1)).T @ _moved(network)
        slim.get_layer(layer.name).set_weights([kernel[:, :, before][..., kept[layer.name]], bias[kept[layer.name]]])
        before = kept[layer.name]
    dense = [layer.name for layer in network.layers if isinstance(layer, keras.layers.Dense)]
    for number, name in enumerate(dense):
        kernel, bias = network.get_layer(name).get_weights()
        if not number:  # of `flatten` a channel has many rows, one for each place
            channels = convolutions(network)[-1].filters
            kernel = kernel.reshape(-1, channels, kernel.shape[1])[:, before].reshape(-1, kernel.shape[1])
        slim.get_layer(name).set_weights([kernel, bias])
    return slim


def _moved(network: keras.Model) -> NDArray[np.float32]:
    """By how much more CENTRE takes off each colour than this network does. A bias makes up for it, but at the picture's edge."""
    offset: float | Sequence[float] = network.get_layer("centre").offset
    return np.broadcast_to(np.asarray(offset, np.float32) + CENTRE, len(IMAGENET_MEAN_BGR))
