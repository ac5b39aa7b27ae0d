"""fp32 to int8, statically, by ONNX Runtime's own tools."""

import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from deploy.bytesin import centre_of, feed_bytes
from models.errors import UsageError

CALIBRATION_PICTURES = 256
CALIBRATION_BATCH = 8
MULTIPLYING = ("Conv", "Gemm", "MatMul")
PREPARED = "prepared.onnx"


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


def to_int8(
    model: onnx.ModelProto, pictures: NDArray[np.uint8], reduce_range: bool = False, kept: Sequence[str] = ()
) -> onnx.ModelProto:
    """Quantises convolutions but the first, and the classifier's first matrix; input and output stay as they are.

    Weights are held per channel, in all 8 bits. Processors without VNNI saturate where the sum of two
    products passes 16 bits, which `reduce_range` (7 bits) would rule out; but that doubles the mean
    square error of the logits (1130 validation pictures), and in the released network none of 10^9
    such pairs, drawn from 24 validation pictures, came so far.

    Args:
        model: fp32, as `to_onnx` gives it.
        pictures: uint8, (n, height, width, 3), BGR: what the ranges of the layers are taken from.
            Pictures that judge the result must not be among them.
        reduce_range: weights in 7 bits, for processors without VNNI.
        kept: those of `layers` that stay in float.

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
            reduce_range=reduce_range,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"CalibMovingAverage": True},
        )
        made = onnx.load(quantised)
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
