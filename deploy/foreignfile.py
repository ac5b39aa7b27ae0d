"""A classifier's file of unknown origin: what it takes and gives, from what its user says, its metadata and its graph."""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import tensorflow as tf
from numpy.typing import NDArray
from onnx import version_converter

from deploy.adapter import Gives, Takes
from deploy.asked import Asked, gives_of, takes_of
from deploy.convert import OPSET, converted
from deploy.domains import used
from deploy.request import check_file
from deploy.speed import Ask
from models.card import LARGEST_FILE
from models.errors import UsageError, first_line
from models.machine import usable_cores
from models.providers import open_session
from models.weights import elsewhere

SLACK = 0.01
"""How far beyond 0 and 1 a probability may lie, by rounding."""
DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "com.microsoft"}
OPSETS = range(13, 22)
WEIGHTS_ALONE = "No model config found"
"""What Keras says of them."""


@dataclass(frozen=True, slots=True)
class ForeignFile:
    """An opened file. `ask` is the file as it is, with preprocessing in NumPy: what the wrapped model has to agree with."""

    model: onnx.ModelProto
    labels: tuple[str, ...]
    takes: Takes
    gives: Gives
    ask: Ask


def open_file(path: Path, asked: Asked) -> ForeignFile:
    """Raises UsageError: it is missing, no model, or something about it has to be said."""
    check_file(path)
    if path.stat().st_size > LARGEST_FILE:
        raise UsageError(f"{path} has {path.stat().st_size} bytes; no more than {LARGEST_FILE} can be taken")
    model, run = (_onnx_file if path.suffix.lower() == ".onnx" else _keras_file)(path)
    said = {each.key: each.value for each in model.metadata_props}
    if "rivereye schema" in said:
        raise UsageError(
            f"{path} is a file of a rivereye bundle already; give the folder that it was written in to --model"
        )
    takes = takes_of(path, model, said, asked)
    labels, gives = gives_of(path, model, said, asked)
    _free_batch(path, model, takes)

    def ask(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        answers = run(takes.of(pictures))
        if not np.isfinite(answers).all():
            raise UsageError(f"{path} gives answers that are no numbers; its weights are broken")
        if gives.scores == "probabilities" and not ((answers >= -SLACK) & (answers <= 1 + SLACK)).all():
            raise UsageError(
                f"{path} gives {answers.min():.3g} to {answers.max():.3g}, which are no probabilities; give --scores softmax or sigmoid"
            )
        return gives.ship(answers)

    return ForeignFile(model, labels, takes, gives, ask)


def describe(file: ForeignFile) -> str:
    """What is known of it, for its user to look over."""
    takes, gives = file.takes, file.gives
    ships = ", ".join(file.labels[at] for at in gives.ships)
    return (
        f"takes {takes.width} x {takes.height} {takes.colour} pictures, {takes.layout}, less {_list(takes.mean)}, divided by {_list(takes.scale)}; "
        f"gives {gives.scores} of {', '.join(file.labels)}; ships are: {ships}"
    )


def _list(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in dict.fromkeys(values))


def _onnx_file(path: Path) -> tuple[onnx.ModelProto, Callable[[NDArray[Any]], NDArray[Any]]]:
    try:
        model = onnx.load(path, load_external_data=False)
        _check_inside(path, model)
        onnx.checker.check_model(model)
        session = open_session(path.read_bytes(), "cpu", usable_cores())
    except UsageError:
        raise
    except Exception as error:  # protobuf's, onnx's and ONNX Runtime's share no base but Exception
        raise UsageError(f"{path} is no model that can be opened: {first_line(error)}") from error
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1 or len(outputs) != 1:
        raise UsageError(
            f"{path} has {len(inputs)} inputs and {len(outputs)} outputs; one picture in and one row of scores out are needed"
        )
    constants = {each.name for each in model.graph.initializer}  # old files list them as inputs too
    for value in [each for each in model.graph.input if each.name in constants]:
        model.graph.input.remove(value)
    batch = inputs[0].shape[0] if inputs[0].shape else None

    def run(given: NDArray[Any]) -> NDArray[Any]:
        if not isinstance(batch, int):
            return np.asarray(session.run(None, {inputs[0].name: given})[0])
        filled = np.resize(given, (-(-len(given) // batch) * batch, *given.shape[1:]))  # its batches are of one size
        parts = np.split(filled, len(filled) // batch)
        answers = [np.asarray(session.run(None, {inputs[0].name: part})[0]) for part in parts]
        return np.concatenate(answers)[: len(given)]

    return _of_known_opset(path, model), run


def _check_inside(path: Path, model: onnx.ModelProto) -> None:
    """Raises UsageError: it needs something that is not in the file."""
    if foreign := used(model) - DOMAINS:
        raise UsageError(f"{path} has operators of {', '.join(sorted(foreign))}, which only its maker's runtime knows")
    if elsewhere(model.SerializeToString()):
        raise UsageError(f"{path} keeps weights in other files; put them inside: onnx.save(model, path)")


def _of_known_opset(path: Path, model: onnx.ModelProto) -> onnx.ModelProto:
    opset = next((each.version for each in model.opset_import if not each.domain), 0)
    if opset in OPSETS:
        return model
    try:
        return version_converter.convert_version(model, OPSET)
    except Exception as error:  # its exceptions share no base but Exception
        raise UsageError(
            f"{path} is of opset {opset} and cannot be brought to {OPSET}: {first_line(error)}; export it anew with opset {OPSET}"
        ) from error


def _keras_file(path: Path) -> tuple[onnx.ModelProto, Callable[[NDArray[Any]], NDArray[Any]]]:
    try:
        network = keras.saving.load_model(path, compile=False, safe_mode=True)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        if WEIGHTS_ALONE in str(error):
            raise UsageError(
                f"{path} holds weights alone, and not which network they are of; save the whole network: network.save('any.keras')"
            ) from error
        raise UsageError(
            f"cannot load {path}: {first_line(error).split('. ')[0]}; give a whole file, in which there is no code (Lambda layers)"
        ) from error
    try:
        shapes = [network.input_shape, network.output_shape]
    except (AttributeError, ValueError) as error:
        raise UsageError(
            f"{path} was never built, and so does not say which pictures it takes; call it on some, and save it again"
        ) from error
    if not all(isinstance(shape, tuple) for shape in shapes):
        raise UsageError(f"{path} has several inputs or outputs; one picture in and one row of scores out are needed")
    shape, dtype = (None, *network.input_shape[1:]), network.inputs[0].dtype

    @tf.function(input_signature=[tf.TensorSpec(shape, dtype, name="image")])  # type: ignore[untyped-decorator]
    def classify(image: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"answers": tf.cast(network(image, training=False), tf.float32)}

    network.compile(jit_compile=False)
    return converted(classify, path.stem), lambda given: np.asarray(network.predict_on_batch(given))


def _free_batch(path: Path, model: onnx.ModelProto, takes: Takes) -> None:
    """Lets it take any number of pictures. Raises UsageError: it cannot."""
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    del model.graph.value_info[:]
    try:
        session = open_session(model.SerializeToString(), "cpu", usable_cores())
        given = takes.of(np.zeros((3, takes.height, takes.width, 3), np.uint8))
        answers = session.run(None, {session.get_inputs()[0].name: given})[0]
    except Exception as error:  # ONNX Runtime's exceptions share no base but Exception
        raise UsageError(
            f"{path} cannot take three pictures in one go: {first_line(error)}; export it with a symbolic batch axis"
        ) from error
    if len(answers) != 3:
        raise UsageError(f"{path} gives {len(answers)} rows for three pictures; export it with a symbolic batch axis")
