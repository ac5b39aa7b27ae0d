"""The networks: VGG16 or VGG19 without its top, and a classifier head; freezing by layer name.

After D. I. Konarev and A. A. Gulamov, "Increasing the Accuracy of Pre-trained Neural Networks by
Fine Adjustments". Needs Keras (extra `train` or `deploy`).
"""

from pathlib import Path

import keras

from models.errors import UsageError, first_line

BASES = {"vgg16": keras.applications.VGG16, "vgg19": keras.applications.VGG19}
SIZE = 150
"""Side of the input in pixels; the paper's."""

IMAGENET_MEAN_BGR = (103.939, 116.779, 123.68)
"""What the published weights were trained with: BGR, minus this, no division (as in Keras' `vgg16.preprocess_input`)."""


def build(network: str, weights: str) -> keras.Model:
    """Builds base and head, untrained on ships; the base is frozen.

    Args:
        network: `vgg16` or `vgg19`.
        weights: `imagenet` (fetched by Keras), `none` (random), or the path of a `.weights.h5` of the
            base (`include_top=False`).

    Returns:
        A functional model. Input `pictures`: uint8, (batch, 150, 150, 3), BGR. Output `ship`:
        float32, (batch, 1), the probability of a ship. The head has about 2.1 million parameters.

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
    features = keras.layers.Flatten(name="flatten")(base.output)
    hidden = keras.layers.Dense(256, activation="relu", name="hidden")(features)
    hidden = keras.layers.Dropout(0.5, name="dropout")(hidden)
    ship = keras.layers.Dense(1, activation="sigmoid", name="ship")(hidden)
    return keras.Model(pictures, ship, name=network)


def unfreeze_from(network: keras.Model, layer: str) -> None:
    """Makes every layer from `layer` on trainable and freezes those before it. Compile afterwards.

    Raises:
        UsageError: the network has no such layer.
    """
    names = [each.name for each in network.layers]
    if layer not in names:
        raise UsageError(f"network {network.name!r} has no layer {layer!r}; it has: {', '.join(names)}")
    network.trainable = True
    for position, each in enumerate(network.layers):
        each.trainable = position >= names.index(layer)


def cool(network: keras.Model, temperature: float) -> None:
    """Divides the logits by `temperature`, in the weights of the last layer: calibration costs nothing then.

    C. Guo et al., "On Calibration of Modern Neural Networks" (2017).
    """
    last = network.get_layer("ship")
    last.set_weights([values / temperature for values in last.get_weights()])


def _pretrained(network: str, weights: str) -> keras.Model | None:
    if weights == "none":
        return None
    if weights != "imagenet" and not Path(weights).is_file():
        raise UsageError(f"no weights at {weights!r}; give imagenet, none, or the path of a .weights.h5 file")
    try:
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
