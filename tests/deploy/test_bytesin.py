"""The front of an 8-bit network: the same answers, without arithmetic before the first convolution."""

import keras
import numpy as np
import onnx
import onnxruntime as ort
import pytest
from numpy.typing import NDArray

import deploy.bytesin
from deploy.bytesin import centre_of, side_by_side
from deploy.convert import to_onnx
from deploy.quantize import layers, to_int8


def network(centre: float | list[float], channels: int, side: int, bias: bool = True) -> keras.Model:
    keras.utils.set_random_seed(5)
    pictures = keras.Input((side, side, 3), dtype="uint8", name="pictures")
    values = keras.layers.Rescaling(1.0, centre, name="centre")(pictures)
    for number, width in enumerate((channels, 16)):
        conv = keras.layers.Conv2D(
            width, 3, padding="same", activation="relu", name=f"conv{number}", use_bias=bias, bias_initializer="normal"
        )
        values = keras.layers.MaxPooling2D(2)(conv(values))
    values = keras.layers.GlobalAveragePooling2D()(values)
    small = keras.initializers.RandomNormal(
        stddev=0.05, seed=5
    )  # pixels are large: the answer would be 1 to the last bit
    hidden = keras.layers.Dense(8, activation="relu", name="hidden")(values)
    return keras.Model(
        pictures, keras.layers.Dense(1, activation="sigmoid", kernel_initializer=small, name="ship")(hidden)
    )


def drawn(n: int, side: int) -> NDArray[np.uint8]:
    return np.random.default_rng(n).integers(0, 256, (n, side, side, 3), dtype=np.uint8)


def logits(model: onnx.ModelProto, pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    ship = session.run(None, {"pictures": pictures})[0][:, 1].astype(np.float64)
    return np.asarray(np.log(ship / (1 - ship)))


def ops(model: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]


@pytest.mark.parametrize(
    ("centre", "found"),
    [
        (-115.0, 115),
        (0.0, 0),
        ([-115.0, -115.0, -115.0], 115),
        (-114.8, None),
        ([-103.939, -116.779, -123.68], None),
        (-300.0, None),
        (10.0, None),
    ],
)
def test_only_one_whole_number_is_a_centre(centre: float | list[float], found: int | None) -> None:
    assert centre_of(to_onnx(network(centre, 8, 16), "toy")) == found


def test_scaled_pictures_have_none() -> None:
    model = network(-115.0, 8, 16)
    model.get_layer("centre").scale = 1 / 255
    assert centre_of(to_onnx(model, "toy")) is None


@pytest.mark.parametrize("side", [16, 17, 18, 19])
@pytest.mark.parametrize(("channels", "beside"), [(8, True), (16, True), (5, True)])
@pytest.mark.parametrize("bias", [True, False])
def test_laid_side_by_side_the_answers_are_the_same(
    side: int, channels: int, beside: bool, bias: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, pictures = to_onnx(network(-115.0, channels, side, bias), "toy"), drawn(6, side)
    laid = to_int8(plain, pictures)
    monkeypatch.setattr(deploy.bytesin, "TAKEN", 1)
    monkeypatch.setattr(deploy.bytesin, "GIVEN", 1)
    apart = to_int8(plain, pictures)
    assert ("Pad" in ops(laid), "Pad" in ops(apart)) == (beside, False)
    assert logits(laid, pictures).tolist() == logits(apart, pictures).tolist()
    assert logits(laid, pictures) == pytest.approx(logits(plain, pictures), abs=0.3)
    assert np.ptp(logits(laid, pictures)) > 0


def test_bytes_reach_the_first_convolution() -> None:
    """Cast, multiplication and addition are gone; all convolutions are in 8 bits."""
    made = to_int8(to_onnx(network(-115.0, 8, 16), "toy"), drawn(8, 16))
    assert not {"Cast", "Mul", "Add"} & set(ops(made))
    makers = {name: node.op_type for node in made.graph.node for name in node.output}
    assert {makers[name] for node in made.graph.node if node.op_type == "Conv" for name in node.input} == {
        "DequantizeLinear"
    }
    assert len(layers(to_onnx(network(-115.0, 8, 16), "toy"))) == 3


def test_a_first_layer_that_is_kept_stays_in_float() -> None:
    plain = to_onnx(network(-115.0, 8, 16), "toy")
    made = to_int8(plain, drawn(8, 16), kept=layers(plain)[:1])
    assert {"Cast", "Add"} <= set(ops(made))
    assert logits(made, drawn(6, 16)) == pytest.approx(logits(plain, drawn(6, 16)), abs=0.3)


def test_side_by_side_by_hand() -> None:
    """Of four pixels each sees its two neighbours, in its own group or the one beside."""
    kernel = np.arange(1, 10, dtype=np.int8).reshape(1, 1, 3, 3)
    wide = side_by_side(kernel)
    assert wide.shape == (4, 4, 3, 3)
    rows = wide[:, :, 1].transpose(0, 2, 1).reshape(4, 12)  # what each output takes of three groups of four pixels
    assert [row.tolist() for row in rows] == [[0] * (3 + at) + [4, 5, 6] + [0] * (6 - at) for at in range(4)]
