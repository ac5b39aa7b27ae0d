"""fp32 to fp16, by ONNX Runtime's own tools; what would overflow stays in fp32."""

import tempfile
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization.calibrate import CalibrationMethod, create_calibrator
from onnxruntime.transformers.float16 import convert_float_to_float16
from onnxruntime.transformers.onnx_model import OnnxModel

from deploy.quantize import Batches, quiet

LARGEST = 65504.0
"""Number that fp16 can hold."""
MARGIN = 4.0
"""How much larger than on the pictures looked at a value may be on others, and still be held."""


def to_fp16(model: onnx.ModelProto, pictures: NDArray[np.uint8]) -> onnx.ModelProto:
    """Weights and arithmetic in 16 bits; uint8 in and float32 out stay.

    Args:
        model: fp32, as `to_onnx` gives it.
        pictures: uint8, (n, height, width, 3), BGR: what the largest values of the layers are taken from.
    """
    with quiet():
        large = {name for name, value in _largest(model, pictures).items() if value * MARGIN > LARGEST}
        kept = [node.name for node in model.graph.node if large & {*node.input, *node.output}]
        copy = onnx.ModelProto()
        copy.CopyFrom(model)  # the tool changes what it is given
        half = convert_float_to_float16(copy, keep_io_types=True, node_block_list=kept)
        _stay_wide(half)
        onnx.checker.check_model(half, full_check=True)
        return half


def _stay_wide(model: onnx.ModelProto) -> None:
    """The tool goes through 16 bits even from one node that stays in 32 to the next, and puts its casts at the graph's end."""
    wide = {
        node.output[0]: node.input[0]
        for node in model.graph.node
        if node.op_type == "Cast" and node.input[0].endswith("_cast_to_fp16")
    }
    for node in model.graph.node:
        if node.op_type == "Cast" and node.input[0] in wide:
            node.input[0] = wide[node.input[0]]
    graph = OnnxModel(model)
    graph.prune_graph()
    graph.topological_sort()


def _largest(model: onnx.ModelProto, pictures: NDArray[np.uint8]) -> dict[str, float]:
    """The largest absolute value of each tensor of floats that a node gives, by its name."""
    with tempfile.TemporaryDirectory(prefix="rivereye-") as folder:
        plain = Path(folder) / "plain.onnx"
        onnx.save(model, plain)
        calibrator = create_calibrator(
            plain, augmented_model_path=str(Path(folder) / "augmented.onnx"), calibrate_method=CalibrationMethod.MinMax
        )
        calibrator.collect_data(Batches(pictures))
        ranges = calibrator.compute_data().data
    return {name: float(np.abs([each.lowest, each.highest]).max()) for name, each in ranges.items()}
