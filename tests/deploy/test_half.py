"""Half the size, nearly the same answers, and nothing that overflows."""

import keras
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnxruntime.transformers.float16 import convert_float_to_float16

from deploy.asking import asker
from deploy.convert import to_onnx
from deploy.half import LARGEST, MARGIN, to_fp16
from models.bundle import Bundle
from tests.deploy.runs import HEIGHT, WIDTH, toy_pictures

LOUD = 4000.0
"""How much a layer of `loud` multiplies by, which the next but one takes back."""


@pytest.fixture(scope="module")
def half(toy_onnx: onnx.ModelProto) -> onnx.ModelProto:
    return to_fp16(toy_onnx, toy_pictures(16, seed=100))


@pytest.fixture(scope="module")
def loud() -> keras.Model:
    """Like the toy, but the values in its middle are far beyond what 16 bits hold."""
    keras.utils.set_random_seed(5)
    pictures = keras.Input((HEIGHT, WIDTH, 3), dtype="uint8", name="pictures")
    values = keras.layers.Rescaling(1.0, -128.0)(pictures)
    values = keras.layers.Conv2D(8, 3, padding="same", activation="relu")(values)
    values = keras.layers.MaxPooling2D(4)(values)
    for name, gain in (("loud", LOUD), ("quiet", 1 / LOUD)):
        layer = keras.layers.Conv2D(8, 3, padding="same", activation="relu", name=name)
        values = layer(values)
        kernel, bias = layer.get_weights()
        layer.set_weights([kernel * gain, bias])
    values = keras.layers.Flatten()(values)
    ship = keras.layers.Dense(1, activation="sigmoid", name="ship")
    network = keras.Model(pictures, ship(values), name="loud")
    kernel, bias = ship.get_weights()
    ship.set_weights([kernel / 16, bias])
    return network


@pytest.fixture(scope="module")
def loud_onnx(loud: keras.Model) -> onnx.ModelProto:
    return to_onnx(loud, "loud")


def types(model: onnx.ModelProto) -> dict[str, list[int]]:
    """Of the weights of each kind of node, in the order of the graph."""
    stored = {each.name: each.data_type for each in model.graph.initializer}
    found: dict[str, list[int]] = {}
    for node in model.graph.node:
        found.setdefault(node.op_type, []).extend(stored[name] for name in node.input if name in stored)
    return found


def ask(model: onnx.ModelProto, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    return asker(model, "cpu")(pictures)


def by_the_letter(model: onnx.ModelProto, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Every value in the bits that the graph says, as on a GPU; ONNX Runtime computes 16 bits in 32 on a CPU, where nothing overflows."""
    with np.errstate(all="ignore"):
        answers: NDArray[np.float32] = ReferenceEvaluator(model).run(None, {"pictures": pictures})[0][:, 1]
    return answers


def test_size(fp32: Bundle, fp16: Bundle) -> None:
    assert fp16.model.bytes < 0.51 * fp32.model.bytes


def test_input_and_output_stay(toy_onnx: onnx.ModelProto, half: onnx.ModelProto) -> None:
    assert list(half.graph.input) == list(toy_onnx.graph.input)
    assert list(half.graph.output) == list(toy_onnx.graph.output)
    onnx.checker.check_model(half, full_check=True)


def test_weights_are_in_sixteen_bits(half: onnx.ModelProto) -> None:
    kinds = types(half)
    assert len(kinds["Conv"]) == len(kinds["MatMul"]) == 2
    assert {kind for each in ("Conv", "MatMul", "Mul", "Add") for kind in kinds[each]} == {TensorProto.FLOAT16}


def test_weights_of_vgg16_are_in_sixteen_bits(fp16: Bundle) -> None:
    kinds = types(onnx.load_from_string(fp16.read_model()))
    assert len(kinds["Conv"]) >= 13
    assert set(kinds["Conv"]) == set(kinds["MatMul"]) == {TensorProto.FLOAT16}


def test_answers_are_near(toy: keras.Model, half: onnx.ModelProto) -> None:
    pictures = toy_pictures(24)
    difference = np.abs(ask(half, pictures) - toy.predict_on_batch(pictures)[:, 0])
    assert 0 < difference.max() < 0.005


def test_the_model_that_is_given_stays(toy_onnx: onnx.ModelProto) -> None:
    before = toy_onnx.SerializeToString()
    to_fp16(toy_onnx, toy_pictures(3))
    assert toy_onnx.SerializeToString() == before


def test_what_would_overflow_stays_in_thirty_two_bits(loud: keras.Model, loud_onnx: onnx.ModelProto) -> None:
    middle = keras.Model(loud.input, loud.get_layer("loud").output)
    pictures = toy_pictures(8)
    assert middle.predict_on_batch(pictures).max() > 2 * LARGEST
    expected = loud.predict_on_batch(pictures)[:, 0]
    careless = onnx.ModelProto()
    careless.CopyFrom(loud_onnx)
    assert np.isnan(by_the_letter(convert_float_to_float16(careless, keep_io_types=True), pictures)).all()
    careful = to_fp16(loud_onnx, toy_pictures(16, seed=100))
    np.testing.assert_allclose(by_the_letter(careful, pictures), expected, atol=0.005)
    np.testing.assert_allclose(ask(careful, pictures), expected, atol=0.005)
    assert types(careful)["Conv"] == [TensorProto.FLOAT16, TensorProto.FLOAT, TensorProto.FLOAT]
    assert types(careful)["MatMul"] == [TensorProto.FLOAT16]


def test_a_graph_of_both_is_sound(loud_onnx: onnx.ModelProto) -> None:
    """ONNX Runtime forgives nodes that are out of order; other readers do not."""
    onnx.checker.check_model(to_fp16(loud_onnx, toy_pictures(3)), full_check=True)


def test_the_judge_of_sixteen_bits_is_fair(toy: keras.Model, half: onnx.ModelProto) -> None:
    pictures = toy_pictures(8)
    np.testing.assert_allclose(by_the_letter(half, pictures), toy.predict_on_batch(pictures)[:, 0], atol=0.005)


@pytest.mark.parametrize(("share", "kept"), [(0.9, False), (1.1, True)])
def test_other_pictures_may_be_four_times_as_loud(loud: keras.Model, share: float, kept: bool) -> None:
    """A layer keeps its 32 bits from a quarter of what 16 can hold."""
    pictures = toy_pictures(16)
    layer = loud.get_layer("loud")
    network = keras.models.clone_model(loud)
    network.set_weights(loud.get_weights())
    kernel, bias = layer.get_weights()
    gain = share * LARGEST / MARGIN / largest_before_relu(loud, layer, pictures)
    network.get_layer("loud").set_weights([kernel * gain, bias * gain])
    model = to_fp16(to_onnx(network, "near"), pictures)
    assert (TensorProto.FLOAT in types(model)["Conv"]) == kept


def largest_before_relu(network: keras.Model, layer: keras.layers.Layer, pictures: NDArray[np.uint8]) -> float:
    before = keras.Model(network.input, layer.input).predict_on_batch(pictures)
    kernel, bias = layer.get_weights()
    values = keras.ops.conv(before, kernel, padding="same") + bias
    return float(np.abs(np.asarray(values)).max())


def test_weights_are_rounded_to_the_nearest(toy_onnx: onnx.ModelProto, half: onnx.ModelProto) -> None:
    plain = {each.name: numpy_helper.to_array(each) for each in toy_onnx.graph.initializer}
    for each in half.graph.initializer:
        if each.data_type == TensorProto.FLOAT16:
            np.testing.assert_allclose(numpy_helper.to_array(each), plain[each.name], rtol=1e-3, atol=1e-7)
