"""The front of an 8-bit network: bytes go into its first convolution as they come, four pixels side by side.

Where a network takes one whole number off every pixel (as slim ones do, see `models.narrow`), that number is the zero point of its input,
and no pass over the picture in float is left.

The first convolution of three channels is the slowest of a slim network: kernels in 8 bits take channels by fours and give them by
sixteens, and with three and eight all the time goes into rearranging. With four neighbouring pixels as one of twelve channels it has four
times the products, three quarters of them by 0, and takes a third of the time (`python -m benchmarks.layers --front`). The answer is the same to the last bit.
"""

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnxruntime.transformers.onnx_model import OnnxModel

TOGETHER = 4
"""Pixels that lie side by side."""
TAKEN, GIVEN = 4, 16
"""Multiples of channels that 8-bit kernels of ONNX Runtime on x86 take and give without rearranging (MLAS' ConvSym)."""
KERNEL = 3


def centre_of(model: onnx.ModelProto) -> int | None:
    """The whole number that a network takes off every pixel before its first convolution; None where it does anything else."""
    consumers = {name: node for node in model.graph.node for name in node.input}
    constants = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    node, moved = consumers.get(model.graph.input[0].name), 0.0
    while node is not None and node.op_type != "Conv":
        values = [np.unique(constants[name]) for name in node.input if name in constants]
        match node.op_type, [float(each[0]) for each in values if len(each) == 1]:
            case ("Cast" | "Transpose", []):
                pass
            case "Mul", [1.0]:
                pass
            case "Add", [number]:
                moved -= number
            case "Sub", [number] if node.input[1] in constants:
                moved += number
            case _:
                return None
        node = consumers.get(node.output[0])
    return int(moved) if node is not None and moved == int(moved) and 0 <= moved <= 255 else None


def feed_bytes(model: onnx.ModelProto, centre: int) -> None:
    """Rewrites the front of a quantised model in place.

    Args:
        model: with all convolutions in 8 bits (DequantizeLinear before them, QuantizeLinear after).
        centre: see `centre_of`.
    """
    graph = model.graph
    made_by = {name: node for node in graph.node for name in node.output}
    constants = {each.name: each for each in graph.initializer}
    conv = next(node for node in graph.node if node.op_type == "Conv")
    weights, biases = made_by[conv.input[1]], made_by.get(conv.input[2]) if len(conv.input) > 2 else None
    scales = numpy_helper.to_array(constants[weights.input[1]])
    if biases is not None:
        # In steps of input times weight: the input's is 1 now.
        before, steps = (numpy_helper.to_array(constants[name]) for name in biases.input[:2])
        _set(constants, biases.input[0], np.round(before * steps / scales).astype(np.int32))
        _set(constants, biases.input[1], scales.astype(np.float32))
    _add(graph, "bytes/scale", np.float32(1))
    _add(graph, "bytes/centre", np.uint8(centre))
    source = graph.input[0].name
    height, width, colours = (each.dim_value for each in graph.input[0].type.tensor_type.shape.dim[1:])
    kernel = numpy_helper.to_array(constants[weights.input[0]])
    nodes: list[onnx.NodeProto] = []
    if kernel.shape[1] % TAKEN or kernel.shape[0] % GIVEN:
        _lay_side_by_side(graph, conv, kernel, (height, width), made_by, constants)
        fill = -width % TOGETHER
        _add(graph, "bytes/fill", np.array([0, 0, 0, 0, 0, 0, fill, 0], np.int64))
        _add(graph, "bytes/together", np.array([-1, height, (width + fill) // TOGETHER, TOGETHER * colours], np.int64))
        nodes += [
            helper.make_node("Pad", [source, "bytes/fill", "bytes/centre"], ["bytes/filled"], "bytes/pad"),
            helper.make_node("Reshape", ["bytes/filled", "bytes/together"], ["bytes/laid"], "bytes/lay"),
        ]
        source = "bytes/laid"
    nodes += [
        helper.make_node("Transpose", [source], ["bytes/planes"], "bytes/transpose", perm=[0, 3, 1, 2]),
        helper.make_node(
            "DequantizeLinear", ["bytes/planes", "bytes/scale", "bytes/centre"], ["bytes/values"], "bytes/dequantize"
        ),
    ]
    conv.input[0] = "bytes/values"
    for node in reversed(nodes):
        graph.node.insert(0, node)
    OnnxModel(model).prune_graph()
    OnnxModel(model).topological_sort()
    del graph.value_info[:]  # shapes of what is no longer there


def _lay_side_by_side(
    graph: onnx.GraphProto,
    conv: onnx.NodeProto,
    kernel: NDArray[np.int8],
    size: tuple[int, int],
    made_by: dict[str, onnx.NodeProto],
    constants: dict[str, onnx.TensorProto],
) -> None:
    """Makes the convolution one over pixels that lie side by side, and lays them apart again once its answers are bytes."""
    channels = kernel.shape[0]
    weights = made_by[conv.input[1]]
    _set(constants, weights.input[0], side_by_side(kernel))
    for name in {*weights.input[1:], *(made_by[conv.input[2]].input if len(conv.input) > 2 else [])}:
        values = numpy_helper.to_array(constants[name])
        if values.shape == (channels,):
            _set(constants, name, np.tile(values, TOGETHER))
    after = {name: node for node in graph.node for name in node.input}
    quantise = conv
    while quantise.op_type != "QuantizeLinear":
        quantise = after[quantise.output[0]]
    height, width = size
    _add(graph, "bytes/apart", np.array([-1, height, width + -width % TOGETHER, channels], np.int64))
    for name, number in (("start", 0), ("end", width), ("axis", 2)):
        _add(graph, f"bytes/{name}", np.array([number], np.int64))
    given, name = quantise.output[0], "bytes/quantised"
    quantise.output[0] = name
    graph.node.extend(
        [
            helper.make_node("Transpose", [name], ["bytes/rows"], "bytes/to-rows", perm=[0, 2, 3, 1]),
            helper.make_node("Reshape", ["bytes/rows", "bytes/apart"], ["bytes/one-by-one"], "bytes/take-apart"),
            helper.make_node(
                "Slice", ["bytes/one-by-one", "bytes/start", "bytes/end", "bytes/axis"], ["bytes/cut"], "bytes/cut-off"
            ),
            helper.make_node("Transpose", ["bytes/cut"], [given], "bytes/to-planes", perm=[0, 3, 1, 2]),
        ]
    )


def side_by_side(kernel: NDArray[np.int8]) -> NDArray[np.int8]:
    """The kernel that does for TOGETHER pixels at once what `kernel` does for one.

    Args:
        kernel: (channels given, channels taken, 3, 3).

    Returns:
        (TOGETHER x given, TOGETHER x taken, 3, 3), channels of one pixel after those of the one left of it.
    """
    given, taken = kernel.shape[:2]
    wide = np.zeros((TOGETHER, given, TOGETHER, taken, KERNEL, KERNEL), kernel.dtype)
    for pixel in range(TOGETHER):
        for tap in range(KERNEL):
            group, place = divmod(pixel + tap - 1, TOGETHER)
            wide[pixel, :, place, :, :, group + 1] = kernel[:, :, :, tap]
    return wide.reshape(TOGETHER * given, TOGETHER * taken, KERNEL, KERNEL)


def _add(graph: onnx.GraphProto, name: str, values: NDArray[np.generic] | np.generic) -> None:
    graph.initializer.append(numpy_helper.from_array(np.asarray(values), name))


def _set(constants: dict[str, onnx.TensorProto], name: str, values: NDArray[np.generic]) -> None:
    constants[name].CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values), name))
