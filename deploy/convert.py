"""Keras to ONNX."""

import keras
import onnx
import tensorflow as tf
import tf2onnx

OPSET = 17
"""The highest that tf2onnx 1.17 is known to be safe with."""


def to_onnx(network: keras.Model, name: str) -> onnx.ModelProto:
    """Converts a network to ONNX.

    Args:
        network: takes uint8 (batch, height, width, 3), gives the probability of a ship (batch, 1).
        name: of the graph.

    Returns:
        Input `pictures`: uint8, (batch, height, width, 3), BGR. Output `probabilities`: float32,
        (batch, 2), `[no_ship, ship]`. The batch axis is called `batch`.
    """
    shape = (None, *network.input_shape[1:])

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.uint8, name="pictures")])  # type: ignore[untyped-decorator]
    def classify(pictures: tf.Tensor) -> dict[str, tf.Tensor]:
        ship = network(pictures, training=False)
        return {"probabilities": tf.concat([1.0 - ship, ship], axis=1)}

    # By from_function: from_keras loses names, and fails on some models (tensorflow-onnx issue 2448).
    model, _ = tf2onnx.convert.from_function(classify, input_signature=classify.input_signature, opset=OPSET)
    model.graph.name = name
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    onnx.checker.check_model(model, full_check=True)
    return model
