"""Keras to ONNX."""

import zipfile
from pathlib import Path

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx
from onnxruntime.transformers.onnx_model import OnnxModel

from models.errors import DataError, UsageError, first_line

OPSET = 17
"""The highest that tf2onnx 1.17 is known to be safe with."""


def load_network(folder: Path) -> keras.Model:
    """The network of the run in this folder. Raises DataError: its file is missing or broken."""
    path = folder / "network.keras"
    try:
        return keras.saving.load_model(path, compile=False)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise DataError(f"cannot load network {path}: {first_line(error)}; train it again") from error


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

    return converted(classify, name)


def converted(function: tf.types.experimental.PolymorphicFunction, name: str) -> onnx.ModelProto:
    """A function of one signature, from and to tensors with the batch axis first, as a checked ONNX model called `name`.

    Raises:
        UsageError: it has an operation that ONNX lacks.
    """
    try:
        # By from_function: from_keras loses names, and fails on some models (tensorflow-onnx issue 2448).
        model, _ = tf2onnx.convert.from_function(function, input_signature=function.input_signature, opset=OPSET)
        model.graph.name = name
        for value in (*model.graph.input, *model.graph.output):
            value.type.tensor_type.shape.dim[0].dim_param = "batch"
        _fix_reshapes(model)
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:  # TensorFlow's, Keras' and tf2onnx' share no base but Exception
        raise UsageError(
            f"network {name} cannot be converted to ONNX: {first_line(error)}; take another layer in the place of that one"
        ) from error
    return model


def _fix_reshapes(model: onnx.ModelProto) -> None:
    """Where only the batch is unknown, -1 says as much as a chain of Shape, Gather and Concat, which CUDA would leave to the CPU."""
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph.value_info
    shapes = {value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim] for value in inferred}
    constants = {value.name for value in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Reshape" and node.input[1] not in constants:
            _, *known = shapes.get(node.output[0], [0, 0])
            if all(known):
                fixed = onnx.numpy_helper.from_array(np.array([-1, *known], np.int64), f"{node.name}/fixed")
                model.graph.initializer.append(fixed)
                node.input[1] = fixed.name
    OnnxModel(model).prune_graph()
