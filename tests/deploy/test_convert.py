"""Names, types and answers of what comes out of Keras; for a toy network, and for the VGG16 as it was exported."""

import keras
import numpy as np
import onnx
import onnxruntime as ort
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

from deploy.convert import OPSET, to_onnx
from models.bundle import Bundle
from models.networks import SIZE, Head, build
from tests.deploy.runs import HEIGHT, WIDTH, toy_network, toy_pictures
from tests.pictures import draw


@pytest.fixture(scope="module")
def average_pooling() -> keras.Model:
    return build("vgg16", "none", Head((), pooling="average"))


@pytest.fixture(scope="module", params=["toy", "vgg16", "average pooling"])
def pair(request: pytest.FixtureRequest) -> tuple[keras.Model, onnx.ModelProto]:
    """A network, and the ONNX model made of it; `vgg16` has the paper's head."""
    if request.param == "toy":
        return request.getfixturevalue("toy"), request.getfixturevalue("toy_onnx")
    if request.param == "average pooling":
        network = request.getfixturevalue("average_pooling")
        return network, to_onnx(network, network.name)
    bundle: Bundle = request.getfixturevalue("fp32")
    return request.getfixturevalue("keras_vgg16"), onnx.load_from_string(bundle.read_model())


def axes(value: onnx.ValueInfoProto) -> list[str | int]:
    return [each.dim_param or each.dim_value for each in value.type.tensor_type.shape.dim]


def test_signature(pair: tuple[keras.Model, onnx.ModelProto]) -> None:
    network, model = pair
    _, height, width, _ = network.input_shape
    (pictures,), (probabilities,) = model.graph.input, model.graph.output
    assert (pictures.name, pictures.type.tensor_type.elem_type) == ("pictures", TensorProto.UINT8)
    assert axes(pictures) == ["batch", height, width, 3]
    assert (probabilities.name, probabilities.type.tensor_type.elem_type) == ("probabilities", TensorProto.FLOAT)
    assert axes(probabilities) == ["batch", 2]


def test_name_and_opset(pair: tuple[keras.Model, onnx.ModelProto]) -> None:
    network, model = pair
    assert model.graph.name == network.name
    assert {each.domain: each.version for each in model.opset_import}[""] == OPSET
    assert {node.domain for node in model.graph.node} <= {"", "ai.onnx"}


def pictures_for(network: keras.Model, count: int) -> NDArray[np.uint8]:
    if network.input_shape[1:3] == (HEIGHT, WIDTH):
        return toy_pictures(count)
    return np.stack([draw(number % 2 == 0, number, (SIZE, SIZE)) for number in range(count)])


def test_no_shape_is_computed(pair: tuple[keras.Model, onnx.ModelProto]) -> None:
    """CUDA would leave such nodes to the CPU, and wait for it."""
    _, model = pair
    assert not {"Shape", "Gather", "Slice", "ConstantOfShape"} & {node.op_type for node in model.graph.node}
    stored = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Reshape":
            batch, *sides = stored[node.input[1]].tolist()
            assert batch == -1
            assert all(side > 0 for side in sides)


def test_networks_that_flatten_are_among_them(toy_onnx: onnx.ModelProto) -> None:
    stored = {each.name: numpy_helper.to_array(each).tolist() for each in toy_onnx.graph.initializer}
    shapes = [stored[node.input[1]] for node in toy_onnx.graph.node if node.op_type == "Reshape"]
    assert [-1, HEIGHT // 16 * (WIDTH // 16) * 16] in shapes


def test_nothing_is_stored_that_no_node_takes(pair: tuple[keras.Model, onnx.ModelProto]) -> None:
    _, model = pair
    taken = {name for node in model.graph.node for name in node.input}
    assert {each.name for each in model.graph.initializer} <= taken


@pytest.mark.parametrize("batch", [1, 3])
def test_answers(pair: tuple[keras.Model, onnx.ModelProto], batch: int) -> None:
    compare(pair, batch)


@pytest.mark.parametrize("batch", [2, 8, 33])
def test_answers_of_any_batch(toy: keras.Model, toy_onnx: onnx.ModelProto, batch: int) -> None:
    compare((toy, toy_onnx), batch)


def compare(pair: tuple[keras.Model, onnx.ModelProto], batch: int) -> None:
    network, model = pair
    pictures = pictures_for(network, batch)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (answers,) = session.run(None, {"pictures": pictures})
    expected = network.predict_on_batch(pictures)
    assert answers.shape == (batch, 2)
    np.testing.assert_allclose(answers[:, 1:], expected, atol=1e-5)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-6)


def test_the_toy_tells_pictures_apart(toy: keras.Model) -> None:
    """Or the comparisons of this folder would prove nothing."""
    answers = toy.predict_on_batch(toy_pictures(16))[:, 0]
    assert answers.std() > 0.1


def test_dropout_is_off() -> None:
    model = to_onnx(toy_network(), "toy")
    assert not {"Dropout", "RandomUniform", "RandomUniformLike"} & {node.op_type for node in model.graph.node}
