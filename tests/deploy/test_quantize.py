"""A quarter of the size, nearly the same answers."""

from typing import Any

import keras
import numpy as np
import onnx
import onnxruntime as ort
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

from deploy.quantize import to_int8
from deploy.rounding import LARGEST
from models.bundle import Bundle
from tests.deploy.runs import toy_pictures


@pytest.fixture(scope="module")
def quantised(toy_onnx: onnx.ModelProto) -> onnx.ModelProto:
    return to_int8(toy_onnx, toy_pictures(40, seed=100))


@pytest.fixture(scope="module", params=["toy", "vgg16"])
def pair(request: pytest.FixtureRequest) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """A model in fp32 and in int8."""
    if request.param == "toy":
        return request.getfixturevalue("toy_onnx"), request.getfixturevalue("quantised")
    bundles: list[Bundle] = [request.getfixturevalue(precision) for precision in ("fp32", "int8")]
    plain, small = (onnx.load_from_string(bundle.read_model()) for bundle in bundles)
    return plain, small


def weights(model: onnx.ModelProto, op_type: str) -> list[NDArray[Any] | None]:
    """What each node of a kind multiplies by, in the order of the graph, as it is stored; None: by another node's output."""
    stored = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    sources = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "DequantizeLinear"}
    names = [node.input[1] for node in model.graph.node if node.op_type == op_type]
    return [stored.get(sources.get(name, name)) for name in names]


def ask(model: onnx.ModelProto, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    answers: NDArray[np.float32] = session.run(["probabilities"], {"pictures": pictures})[0][:, 1]
    return answers


def test_size(fp32: Bundle, int8: Bundle) -> None:
    assert int8.model.bytes < 0.3 * fp32.model.bytes


def test_input_and_output_stay(pair: tuple[onnx.ModelProto, onnx.ModelProto]) -> None:
    plain, small = pair
    assert list(small.graph.input) == list(plain.graph.input)
    assert list(small.graph.output) == list(plain.graph.output)


def test_convolutions_are_in_eight_bits(pair: tuple[onnx.ModelProto, onnx.ModelProto]) -> None:
    """All but the first."""
    plain, small = pair
    first, *kernels = weights(small, "Conv")
    assert first is not None
    assert first.dtype == np.float32
    assert len(kernels) == len(weights(plain, "Conv")) - 1 > 0
    for kernel in kernels:
        assert kernel is not None
        assert kernel.dtype == np.int8
        assert np.abs(kernel.astype(int)).max() == LARGEST


def test_only_the_last_matrix_stays(pair: tuple[onnx.ModelProto, onnx.ModelProto]) -> None:
    kinds = [
        None if matrix is None else matrix.dtype for kind in ("MatMul", "Gemm") for matrix in weights(pair[1], kind)
    ]
    assert kinds == [np.int8, np.float32]


def test_every_channel_has_its_own_scale(quantised: onnx.ModelProto) -> None:
    stored = {each.name: each for each in quantised.graph.initializer}
    scales = [
        numpy_helper.to_array(stored[node.input[1]]).shape
        for node in quantised.graph.node
        if node.op_type == "DequantizeLinear"
        and stored.get(node.input[0]) is not None
        and stored[node.input[0]].data_type == TensorProto.INT8
    ]
    assert (16,) in scales
    assert (32,) in scales


def test_answers_are_near(toy: keras.Model, quantised: onnx.ModelProto) -> None:
    """On pictures that gave no ranges."""
    pictures = toy_pictures(24)
    expected = toy.predict_on_batch(pictures)[:, 0]
    difference = np.abs(ask(quantised, pictures) - expected)
    assert 0 < difference.max() < 0.1
    assert difference.mean() < 0.1 * expected.std()


def test_the_model_that_is_given_stays(toy_onnx: onnx.ModelProto) -> None:
    before = toy_onnx.SerializeToString()
    to_int8(toy_onnx, toy_pictures(3))
    assert toy_onnx.SerializeToString() == before


def test_fewer_pictures_than_a_batch(toy: keras.Model, toy_onnx: onnx.ModelProto) -> None:
    pictures = toy_pictures(1)
    np.testing.assert_allclose(
        ask(to_int8(toy_onnx, pictures), pictures), toy.predict_on_batch(pictures)[:, 0], atol=0.1
    )
