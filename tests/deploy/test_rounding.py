"""Rounded weights: answers stay, on processors without VNNI too."""

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from deploy.rounding import LARGEST, PLACES, patches, round_layer, rounded_weights

CHANNELS, INPUTS = 6, 40


def seen(rows: int = 4000) -> NDArray[np.float64]:
    """Inputs of a layer, of which neighbours see much the same, and none is ever below 0."""
    alike = np.random.default_rng(3).uniform(0, 1, (4, INPUTS))
    chance = np.random.default_rng(rows)
    return np.asarray(np.maximum(chance.normal(1, 1, (rows, 4)) @ alike + chance.normal(0, 0.1, (rows, INPUTS)), 0))


def weights() -> NDArray[np.float32]:
    return np.random.default_rng(4).normal(0, 1, (CHANNELS, INPUTS)).astype(np.float32)


def error(steps: NDArray[np.int8], given: NDArray[np.float32], rows: NDArray[np.float64]) -> float:
    size = np.abs(given).max(axis=1, keepdims=True) / LARGEST
    return float(((rows @ (steps * size - given).T) ** 2).mean())


def test_answers_stay_nearer_than_rounded_to_the_nearest() -> None:
    given, rows = weights(), seen()
    nearest = np.rint(given / (np.abs(given).max(axis=1, keepdims=True) / LARGEST)).astype(np.int8)
    found = round_layer(given, rows.T @ rows)
    assert error(found, given, seen(500)) < 0.1 * error(nearest, given, seen(500))
    assert np.abs(found.astype(int) - nearest).max() > 0


def test_seven_bits() -> None:
    found = round_layer(weights(), seen().T @ seen())
    assert np.abs(found.astype(int)).max() == LARGEST
    assert np.iinfo(np.int16).max >= 2 * 255 * LARGEST


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    products = seen().T @ seen()
    whole = round_layer(weights(), products)
    monkeypatch.setattr("deploy.rounding.TOGETHER", 7)
    np.testing.assert_array_equal(round_layer(weights(), products), whole)


@pytest.mark.parametrize("rows", [0, 1])
def test_inputs_that_are_never_seen(rows: int) -> None:
    """Nothing is known of them: each weight goes to its nearest step."""
    given = weights()
    found = round_layer(given, np.zeros((INPUTS, INPUTS)) if rows == 0 else np.diag(np.eye(INPUTS)[0]))
    nearest = np.rint(given / (np.abs(given).max(axis=1, keepdims=True) / LARGEST))
    np.testing.assert_array_equal(found, nearest)


def test_a_channel_of_zeros() -> None:
    given = weights()
    given[2] = 0
    assert not round_layer(given, seen().T @ seen())[2].any()


@pytest.mark.parametrize(
    "said",
    [{}, {"pads": [1, 1, 1, 1]}, {"strides": [2, 2], "pads": [0, 1, 2, 3]}, {"dilations": [2, 3]}],
    ids=["plain", "padded", "strides", "dilations"],
)
def test_patches_are_what_the_convolution_sees(said: dict[str, list[int]]) -> None:
    """Every one of them, times the weights, is one of the answers that ONNX Runtime gives for its picture."""
    import onnxruntime as ort

    chance = np.random.default_rng(0)
    maps, kernel = (
        chance.normal(0, 1, (2, 3, 9, 11)).astype(np.float32),
        chance.normal(0, 1, (1, 3, 3, 3)).astype(np.float32),
    )
    graph = helper.make_graph(
        [helper.make_node("Conv", ["maps", "kernel"], ["given"], **said)],
        "one",
        [helper.make_tensor_value_info("maps", TensorProto.FLOAT, [2, 3, 9, 11])],
        [helper.make_tensor_value_info("given", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(kernel, "kernel")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    (given,) = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(
        None, {"maps": maps}
    )
    answers = (patches(maps, (3, 3), said, chance) @ kernel.ravel()).reshape(2, PLACES)
    for picture, answer in zip(given, answers, strict=True):
        assert np.abs(picture.ravel()[:, None] - answer).min(axis=0).max() < 1e-4
        assert len(np.unique(answer.round(4))) > PLACES / 4


def test_layers_that_are_left_out(toy_onnx: onnx.ModelProto) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (9, 32, 32, 3), dtype=np.uint8)
    shape = [dim.dim_value for dim in toy_onnx.graph.input[0].type.tensor_type.shape.dim]
    pictures = np.resize(pictures, (9, *shape[1:]))
    found = rounded_weights(toy_onnx, pictures)
    convolutions = [node for node in toy_onnx.graph.node if node.op_type == "Conv"]
    assert set(found) == {node.name for node in convolutions}
    other = onnx.ModelProto()
    other.CopyFrom(toy_onnx)
    first = next(node for node in other.graph.node if node.op_type == "Conv")
    del first.attribute[:]
    first.attribute.append(helper.make_attribute("auto_pad", "SAME_UPPER"))
    assert set(found) - set(rounded_weights(other, pictures)) == {first.name}
