"""Makes any image classifier take and give what a bundle's file does, by nodes before and behind its own.

In: `pictures`, uint8, (batch, height, width, 3), BGR. Out: `probabilities`, float32, (batch, 2), `[no_ship, ship]`.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, compose, helper, numpy_helper

Layout = Literal["NHWC", "NCHW"]
Colour = Literal["RGB", "BGR"]
Scores = Literal["probabilities", "softmax", "sigmoid"]
INSIDE = "model/"
"""Before the names of the model's own nodes."""


@dataclass(frozen=True, slots=True)
class Takes:
    """What a model takes. `mean` and `scale` in its own order of colours: (pixel - mean) / scale, of pixels 0 to 255. `dtype`: ONNX'."""

    width: int
    height: int
    layout: Layout
    colour: Colour
    mean: tuple[float, float, float]
    scale: tuple[float, float, float]
    dtype: int = TensorProto.FLOAT

    def of(self, pictures: NDArray[np.uint8]) -> NDArray[Any]:
        """The same in NumPy: from uint8, (n, height, width, 3), BGR."""
        pixels = (pictures[..., ::-1] if self.colour == "RGB" else pictures).astype(np.float32)
        values = (pixels - np.asarray(self.mean, np.float32)) / np.asarray(self.scale, np.float32)
        values = values.transpose(0, 3, 1, 2) if self.layout == "NCHW" else values
        return np.ascontiguousarray(values.astype(helper.tensor_dtype_to_np_dtype(self.dtype)))


@dataclass(frozen=True, slots=True)
class Gives:
    """What a model gives: `columns` scores, of which those at `ships` are of ships. With one column that is a probability of the second
    of two labels; `ships` is then (1,), or (0,) where the first is the ship."""

    columns: int
    ships: tuple[int, ...]
    scores: Scores = "probabilities"
    dtype: int = TensorProto.FLOAT

    def ship(self, answers: NDArray[Any]) -> NDArray[np.float32]:
        """In NumPy, the probability of a ship, (n,)."""
        values = answers.reshape(len(answers), -1).astype(np.float64)
        if self.scores == "softmax":
            values = np.exp(values - values.max(axis=1, keepdims=True))
            values /= values.sum(axis=1, keepdims=True)
        elif self.scores == "sigmoid":
            values = 1 / (1 + np.exp(-values))
        if self.columns == 1:
            values = np.concatenate([1 - values, values], axis=1)
        return np.asarray(np.clip(values[:, list(self.ships)].sum(axis=1), 0, 1), np.float32)


def wrap(model: onnx.ModelProto, takes: Takes, gives: Gives) -> onnx.ModelProto:
    """The model with nodes before and behind it.

    Args:
        model: one input, one output, batch axis first and symbolic, opset 13 or higher.
        takes: what its input is.
        gives: what its output is.
    """
    inner = compose.add_prefix(model, INSIDE)
    whole = compose.merge_models(_before(takes, model), inner, [("taken", inner.graph.input[0].name)])
    whole = compose.merge_models(whole, _behind(gives, model), [(inner.graph.output[0].name, "scores")])
    del whole.opset_import[:]  # merging lists each domain once a part
    whole.opset_import.extend(model.opset_import)
    whole.graph.name = model.graph.name
    whole.producer_name = "rivereye"
    onnx.checker.check_model(whole, full_check=True)
    return whole


def _before(takes: Takes, model: onnx.ModelProto) -> onnx.ModelProto:
    steps: list[tuple[str, NDArray[Any] | None, dict[str, Any]]] = [("Cast", None, {"to": TensorProto.FLOAT})]
    if takes.colour == "RGB":
        steps.append(("Gather", np.array([2, 1, 0], np.int64), {"axis": 3}))
    if any(takes.mean):
        steps.append(("Sub", np.array(takes.mean, np.float32), {}))
    if set(takes.scale) != {1.0}:
        steps.append(("Div", np.array(takes.scale, np.float32), {}))
    if takes.layout == "NCHW":
        steps.append(("Transpose", None, {"perm": [0, 3, 1, 2]}))
    steps.append(("Cast", None, {"to": takes.dtype}))
    nodes, constants, last = [], [], "pictures"
    for number, (kind, constant, attributes) in enumerate(steps, 1):
        given, last = [last], "taken" if number == len(steps) else f"taken after {number}"
        if constant is not None:
            constants.append(numpy_helper.from_array(constant, f"constant {number}"))
            given.append(constants[-1].name)
        nodes.append(helper.make_node(kind, given, [last], name=f"take {number}", **attributes))
    shape = [takes.height, takes.width, 3]
    inner = [3, takes.height, takes.width] if takes.layout == "NCHW" else shape
    return _part(
        model,
        nodes,
        helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["batch", *shape]),
        helper.make_tensor_value_info("taken", takes.dtype, ["batch", *inner]),
        constants,
    )


def _behind(gives: Gives, model: onnx.ModelProto) -> onnx.ModelProto:
    score = {"probabilities": "Identity", "softmax": "Softmax", "sigmoid": "Sigmoid"}[gives.scores]
    if gives.columns == 1:
        added = [
            ("Sub", ["one", "shares"], "other"),
            ("Identity", ["other" if gives.ships == (0,) else "shares"], "sum"),
        ]
    else:
        # No matrix: quantisation spares the last one of the graph, which has to be the model's own.
        added = [("Mul", ["shares", "ships"], "of ships"), ("ReduceSum", ["of ships", "across"], "sum")]
    steps = [
        ("Flatten", ["floats"], "rows"),
        (score, ["rows"], "shares"),
        *added,
        ("Clip", ["sum", "zero", "most"], "ship"),
        ("Sub", ["one", "ship"], "no_ship"),
    ]
    nodes = [helper.make_node("Cast", ["scores"], ["floats"], name="give", to=TensorProto.FLOAT)]
    nodes += [helper.make_node(kind, given, [made], name=f"give {made}") for kind, given, made in steps]
    nodes.append(helper.make_node("Concat", ["no_ship", "ship"], ["probabilities"], name="give both", axis=1))
    chosen = np.array([at in gives.ships for at in range(gives.columns)], np.float32)
    constants = {
        "one": np.ones(1, np.float32),
        "zero": np.array(0, np.float32),
        "most": np.array(1, np.float32),
        "ships": chosen,
        "across": np.ones(1, np.int64),
    }
    used = {name for node in nodes for name in node.input}
    taken = onnx.ValueInfoProto()
    taken.CopyFrom(model.graph.output[0])
    taken.name = "scores"
    return _part(
        model,
        nodes,
        taken,
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 2]),
        [numpy_helper.from_array(value, name) for name, value in constants.items() if name in used],
    )


def _part(model: onnx.ModelProto, nodes: list[Any], taken: Any, given: Any, constants: list[Any]) -> onnx.ModelProto:
    """Of the same opset and format as `model`, or they could not be merged."""
    graph = helper.make_graph(nodes, "part", [taken], [given], constants)
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
