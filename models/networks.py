"""The networks: VGG16 or VGG19 without its top, and a classifier head; freezing by layer name.

After D. I. Konarev and A. A. Gulamov, "Increasing the Accuracy of Pre-trained Neural Networks by
Fine Adjustments". Needs Keras (extra `train` or `deploy`).
"""

import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import keras

from models.errors import UsageError, first_line

BASES = {"vgg16": keras.applications.VGG16, "vgg19": keras.applications.VGG19}
SIZE = 150
"""Side of the input in pixels; the paper's."""

LAST_OF_BASE = "block5_pool"

IMAGENET_MEAN_BGR = (103.939, 116.779, 123.68)
"""What the published weights were trained with: BGR, minus this, no division (as in Keras' `vgg16.preprocess_input`)."""


@dataclass(frozen=True, slots=True)
class Head:
    """The classifier on top of the base. As it stands here, the paper's: about 2.1 million parameters.

    `hidden` are the units of fully connected layers (ReLU), each followed by `dropout`. `pooling` is how
    the base's 4 x 4 x 512 numbers reach them: `flatten` (all 8192) or `average` (512).
    """

    hidden: tuple[int, ...] = (256,)
    dropout: float = 0.5
    pooling: Literal["flatten", "average"] = "flatten"


PAPERS_HEAD = Head()


def build(network: str, weights: str, head: Head = PAPERS_HEAD) -> keras.Model:
    """Builds base and head, untrained on ships; the base is frozen.

    Args:
        network: `vgg16` or `vgg19`.
        weights: `imagenet` (fetched by Keras), `none` (random), or the path of a `.weights.h5` of the
            base (`include_top=False`).
        head: the classifier.

    Returns:
        A functional model. Input `pictures`: uint8, (batch, 150, 150, 3), BGR. Output `ship`:
        float32, (batch, 1), the probability of a ship.

    Raises:
        UsageError: unknown network, or weights that are missing or of another network.
    """
    if network not in BASES:
        raise UsageError(f"unknown network {network!r}; known: {', '.join(BASES)}")
    pictures = keras.Input((SIZE, SIZE, 3), dtype="uint8", name="pictures")
    centred = keras.layers.Rescaling(1.0, [-mean for mean in IMAGENET_MEAN_BGR], name="centre")(pictures)
    base = BASES[network](include_top=False, weights=None, input_tensor=centred)
    _copy_weights(_pretrained(network, weights), base)
    base.trainable = False
    return with_head(network, pictures, base.output, head)


def with_head(network: str, pictures: keras.KerasTensor, features: keras.KerasTensor, head: Head) -> keras.Model:
    """The network from `pictures` to the base's `features`, and the classifier on top of them."""
    pooling = keras.layers.Flatten if head.pooling == "flatten" else keras.layers.GlobalAveragePooling2D
    features = pooling(name=head.pooling)(features)
    for number, units in enumerate(head.hidden):
        suffix = str(number + 1) if number else ""
        features = keras.layers.Dense(units, activation="relu", name=f"hidden{suffix}")(features)
        features = keras.layers.Dropout(head.dropout, name=f"dropout{suffix}")(features)
    # float32 whatever the rest computes in: in half precision a sigmoid cannot tell 0.998 from 1.
    ship = keras.layers.Dense(1, activation="sigmoid", dtype="float32", name="ship")(features)
    return keras.Model(pictures, ship, name=network)


def first_trainable(network: keras.Model, unfreeze: str) -> str:
    """The first layer that is trained where `unfreeze` says what is.

    Args:
        network: see `build`.
        unfreeze: `head`; `block5` (that block and all after it), `block4`, ...; or the name of a layer of the base.

    Raises:
        UsageError: the base has no such block or layer.
    """
    names: list[str] = [layer.name for layer in network.layers]
    head = names.index(LAST_OF_BASE) + 1
    if unfreeze == "head":
        return names[head]
    layers = names[2:head]  # the first two take the pictures and subtract the mean
    found = [name for name in layers if name == unfreeze or name.startswith(f"{unfreeze}_")]
    if not found:
        raise UsageError(
            f"cannot unfreeze {unfreeze!r} in {network.name}; give head, block1 to block5, or one of {', '.join(layers)}"
        )
    return found[0]


def layer_before(network: keras.Model, layer: str) -> str:
    """The layer that feeds `layer`: the last frozen one where `layer` is the first trainable."""
    names: list[str] = [each.name for each in network.layers]
    return names[names.index(layer) - 1]


def unfreeze_from(network: keras.Model, layer: str) -> None:
    """Makes every layer from `layer` on trainable and freezes those before it. Compile afterwards."""
    names = [each.name for each in network.layers]
    network.trainable = True
    for position, each in enumerate(network.layers):
        each.trainable = position >= names.index(layer)


def hash_up_to(network: keras.Model, layer: str) -> str:
    """SHA-256 of names and weights of all layers up to `layer`: where it is equal, so are their answers."""
    digest = hashlib.sha256()
    for each in network.layers:
        digest.update(each.name.encode())
        for weights in each.get_weights():
            digest.update(weights.tobytes())
        if each.name == layer:
            break
    return digest.hexdigest()


def cool(network: keras.Model, temperature: float, shift: float = 0.0) -> None:
    """Divides the logits by `temperature`, then takes `shift` off, in the last layer's weights: calibration costs nothing then.

    C. Guo et al., "On Calibration of Modern Neural Networks" (2017).
    """
    last = network.get_layer("ship")
    kernel, bias = last.get_weights()
    last.set_weights([kernel / temperature, bias / temperature - shift])


def _pretrained(network: str, weights: str) -> keras.Model | None:
    if weights == "none":
        return None
    if weights != "imagenet" and not Path(weights).is_file():
        raise UsageError(f"no weights at {weights!r}; give imagenet, none, or the path of a .weights.h5 file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of weights left over, layer by layer, before it refuses the file
            return BASES[network](include_top=False, weights=weights, input_shape=(SIZE, SIZE, 3))
    except Exception as error:  # Keras raises plain Exception, ValueError or OSError here
        hint = (
            "give a file made for this network"
            if weights != "imagenet"
            else "is there a network connection? A file will do as well: --weights FILE"
        )
        raise UsageError(f"cannot load weights {weights!r} into {network}: {first_line(error)}; {hint}") from error


def _copy_weights(loaded: keras.Model | None, base: keras.Model) -> None:
    """The base is built twice, as Keras loads weights only into a model without our centring layer."""
    for layer in loaded.layers if loaded is not None else ():
        if layer.weights:
            base.get_layer(layer.name).set_weights(layer.get_weights())
