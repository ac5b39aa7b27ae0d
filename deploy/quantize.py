"""fp32 to int8, statically, by ONNX Runtime's own tools."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

CALIBRATION_PICTURES = 256
CALIBRATION_BATCH = 8


class _Pictures(CalibrationDataReader):  # type: ignore[misc]  # no type stubs
    """Hands the calibrator one batch after the other."""

    def __init__(self, pictures: NDArray[np.uint8]) -> None:
        self.batches = iter(
            [pictures[start : start + CALIBRATION_BATCH] for start in range(0, len(pictures), CALIBRATION_BATCH)]
        )

    def get_next(self) -> dict[str, Any] | None:
        batch = next(self.batches, None)
        return None if batch is None else {"pictures": batch}


@contextmanager
def _quiet() -> Iterator[None]:
    """The tools log advice to the root logger, as warnings."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def to_int8(model: onnx.ModelProto, pictures: NDArray[np.uint8]) -> onnx.ModelProto:
    """Quantises convolutions and the classifier's first matrix; input and output stay as they are.

    Weights are held per channel and in 7 bits (`reduce_range`): with 8, processors without VNNI
    saturate where they add pairs of products, and would decide otherwise than those with it.

    Args:
        model: fp32, as `to_onnx` gives it.
        pictures: uint8, (n, height, width, 3), BGR: what the ranges of the layers are taken from.
            Pictures that judge the result must not be among them.
    """
    with _quiet(), tempfile.TemporaryDirectory(prefix="rivereye-") as folder:
        plain, prepared, quantised = (Path(folder) / name for name in ("plain.onnx", "prepared.onnx", "quantised.onnx"))
        onnx.save(model, plain)
        quant_pre_process(plain, prepared, skip_symbolic_shape=True)  # no shape here is symbolic but the batch
        matrices = [node.name for node in onnx.load(prepared).graph.node if node.op_type in ("Gemm", "MatMul")]
        quantize_static(
            prepared,
            quantised,
            _Pictures(pictures),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Gemm", "MatMul", "MaxPool", "Relu"],
            nodes_to_exclude=matrices[-1:],  # 256 weights; in 8 bits its answer would come in steps
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"CalibMovingAverage": True},
        )
        return onnx.load(quantised)
