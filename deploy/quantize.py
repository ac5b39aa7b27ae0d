"""fp32 to int8, statically, by ONNX Runtime's own tools."""

import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from deploy.bytesin import centre_of, feed_bytes
from deploy.rounding import Track, rounded_weights
from models.errors import UsageError

CALIBRATION_PICTURES = 256
CALIBRATION_BATCH = 8
MULTIPLYING = ("Conv", "Gemm", "MatMul")
PREPARED = "prepared.onnx"

Rounded = Mapping[str, NDArray[np.int8]]
"""Weights of convolutions, by the name of the layer."""


class Batches(CalibrationDataReader):  # type: ignore[misc]  # no type stubs
    """Hands the calibrator one batch after the other."""

    def __init__(self, pictures: NDArray[np.uint8]) -> None:
        self.batches = iter(
            [pictures[start : start + CALIBRATION_BATCH] for start in range(0, len(pictures), CALIBRATION_BATCH)]
        )

    def get_next(self) -> dict[str, Any] | None:
        batch = next(self.batches, None)
        return None if batch is None else {"pictures": batch}


@contextmanager
def quiet() -> Iterator[None]:
    """The tools log advice to the root logger, as warnings."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def layers(model: onnx.ModelProto) -> list[str]:
    """Names of the layers that `to_int8` quantises: convolutions but the first, and matrices but the last, as they follow each other.

    Args:
        model: fp32, as `to_onnx` gives it.
    """
    with quiet(), tempfile.TemporaryDirectory(prefix="rivereye-") as folder:
        prepared = _prepared(model, Path(folder))
        nodes = prepared.graph.node
        spared = _spared(nodes)[0 if centre_of(prepared) is None else 1 :]
        return [node.name for node in nodes if node.op_type in MULTIPLYING and node.name not in spared]


def rounded(model: onnx.ModelProto, pictures: NDArray[np.uint8], track: Track = iter) -> Rounded:
    """How `to_int8` is to round weights, for whoever calls it more than once. See `deploy.rounding.rounded_weights`."""
    with quiet(), tempfile.TemporaryDirectory(prefix="rivereye-") as folder:
        return rounded_weights(_prepared(model, Path(folder)), pictures, track)


def to_int8(
    model: onnx.ModelProto, pictures: NDArray[np.uint8], kept: Sequence[str] = (), weights: Rounded | None = None
) -> onnx.ModelProto:
    """Quantises convolutions but the first, and the classifier's first matrix; input and output stay as they are.

    Weights are held per channel, in 7 of the 8 bits, so that no processor's sums overflow: see `deploy.rounding`.

    Args:
        model: fp32, as `to_onnx` gives it.
        pictures: uint8, (n, height, width, 3), BGR: what the ranges of the layers are taken from.
            Pictures that judge the result must not be among them.
        kept: those of `layers` that stay in float.
        weights: as `rounded` gives them; by itself found by `pictures`.

    Raises:
        UsageError: nothing is left that could be quantised.
    """
    with quiet(), tempfile.TemporaryDirectory(prefix="rivereye-") as folder:
        prepared, quantised = _prepared(model, Path(folder)), Path(folder) / "quantised.onnx"
        spared = _spared(prepared.graph.node)
        first, centre = spared[0], centre_of(prepared)
        if centre is not None and first not in kept:
            spared.remove(first)
        quantize_static(
            Path(folder) / PREPARED,
            quantised,
            Batches(pictures),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=[*MULTIPLYING, "MaxPool", "Relu"],
            nodes_to_exclude=[*spared, *kept],
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )
        made = onnx.load(quantised)
        _round(made, rounded_weights(prepared, pictures) if weights is None else weights)
        if centre is not None and first not in kept:
            feed_bytes(made, centre)
    if not any(node.op_type == "DequantizeLinear" for node in made.graph.node):
        raise UsageError(
            "int8: nothing in this network but its first convolution and its last matrix could be quantised; leave int8 out"
        )
    return made


def _prepared(model: onnx.ModelProto, folder: Path) -> onnx.ModelProto:
    """As the tool wants it, and as it names the nodes; left as PREPARED in the folder."""
    onnx.save(model, folder / "plain.onnx")
    # No shape here is symbolic but the batch.
    quant_pre_process(folder / "plain.onnx", folder / PREPARED, skip_symbolic_shape=True)
    return onnx.load(folder / PREPARED)


def _spared(nodes: Sequence[onnx.NodeProto]) -> list[str]:
    """The first convolution, as its rounding is in all that follows; the last matrix has few weights, and in 8 bits its answer would come
    in steps."""
    first = [node.name for node in nodes if node.op_type == "Conv"][:1]
    return first + [node.name for node in nodes if node.op_type in ("Gemm", "MatMul")][-1:]


def _round(made: onnx.ModelProto, weights: Rounded) -> None:
    """Puts these in the place of weights that the tool has rounded to the nearest step; its steps are the same."""
    made_by = {name: node for node in made.graph.node for name in node.output}
    constants = {each.name: each for each in made.graph.initializer}
    for node in made.graph.node:
        source = made_by.get(node.input[1]) if node.name in weights else None
        if source is not None and source.op_type == "DequantizeLinear":
            constants[source.input[0]].CopyFrom(numpy_helper.from_array(weights[node.name], source.input[0]))
