"""The parameters, the input and the freezing of both networks. Weights are drawn at random where none are needed."""

from collections.abc import Iterator
from pathlib import Path

import h5py  # type: ignore[import-untyped]
import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from models.errors import UsageError
from models.networks import BASES, SIZE, Head, build, first_trainable, hash_up_to, layer_before, unfreeze_from
from models.picture import read_picture
from tests.pictures import draw, save, shared

HEAD = ("flatten", "hidden", "dropout", "ship")
HEAD_PARAMETERS = 2_097_665
BLOCK5 = {
    "vgg16": ["block5_conv1", "block5_conv2", "block5_conv3"],
    "vgg19": ["block5_conv1", "block5_conv2", "block5_conv3", "block5_conv4"],
}


@pytest.fixture(scope="module", params=BASES)
def network(request: pytest.FixtureRequest) -> keras.Model:
    return build(request.param, "none")


@pytest.fixture(scope="module", params=BASES)
def weights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A network's name, and a file of weights for its base; drawn at random."""
    base = BASES[request.param](include_top=False, weights=None, input_shape=(SIZE, SIZE, 3))
    path = tmp_path_factory.mktemp("weights") / f"{request.param}.weights.h5"
    base.save_weights(path)
    yield request.param, path
    path.unlink()


def kernels(network: keras.Model) -> list[tuple[str, NDArray[np.float32]]]:
    return [(layer.name, layer.get_weights()[0]) for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]


def trained(network: keras.Model) -> list[str]:
    """The layers whose weights an optimiser would change."""
    return [layer.name for layer in network.layers if layer.trainable_weights]


def test_parameters(network: keras.Model) -> None:
    head = sum(network.get_layer(name).count_params() for name in HEAD)
    base = sum(layer.count_params() for layer in network.layers) - head
    assert base == {"vgg16": 14_714_688, "vgg19": 20_024_384}[network.name]
    assert head == HEAD_PARAMETERS


def test_input_and_output(network: keras.Model) -> None:
    (pictures,), (ship,) = network.inputs, network.outputs
    assert (pictures.name, pictures.dtype, pictures.shape) == ("pictures", "uint8", (None, 150, 150, 3))
    assert (network.output_names, ship.dtype, ship.shape) == (["ship"], "float32", (None, 1))


def test_a_new_network_trains_only_its_head(network: keras.Model) -> None:
    assert trained(build(network.name, "none")) == ["hidden", "ship"]


def test_preprocessing_is_that_of_the_published_weights(tmp_path: Path) -> None:
    """A picture from a file, fed as BGR uint8, gives the base the same features as Keras' own way by RGB floats."""
    network = build("vgg16", "none")
    base = BASES["vgg16"](include_top=False, weights=None, input_shape=(SIZE, SIZE, 3))
    ours = keras.Model(network.input, network.get_layer("block5_pool").output)
    base.set_weights(ours.get_weights())
    path = save(draw(ship=True, seed=1, size=(SIZE, SIZE)), tmp_path / "ship.png")
    rgb = keras.utils.img_to_array(keras.utils.load_img(path))[None]

    features = ours.predict_on_batch(read_picture(path)[None])
    expected = base.predict_on_batch(keras.applications.vgg16.preprocess_input(rgb.copy()))
    wrong = base.predict_on_batch(keras.applications.vgg16.preprocess_input(rgb[..., ::-1].copy()))

    assert expected.max() > 0
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-5 * expected.max())
    assert np.abs(wrong - expected).max() > 0.01 * expected.max()


@pytest.mark.parametrize("layer", ["flatten", "block5_conv1"])
def test_unfreeze_from(network: keras.Model, layer: str) -> None:
    base = BLOCK5[network.name] if layer == "block5_conv1" else []
    unfreeze_from(network, "block1_conv1")  # whatever was trainable before
    unfreeze_from(network, layer)
    assert trained(network) == [*base, "hidden", "ship"]


@pytest.mark.parametrize(
    ("unfreeze", "first", "before"),
    [
        ("head", "flatten", "block5_pool"),
        ("block5", "block5_conv1", "block4_pool"),
        ("block4", "block4_conv1", "block3_pool"),
        ("block1", "block1_conv1", "centre"),
        ("block5_conv2", "block5_conv2", "block5_conv1"),
        ("block5_pool", "block5_pool", "block5_conv{last}"),
    ],
)
def test_where_training_begins(network: keras.Model, unfreeze: str, first: str, before: str) -> None:
    assert first_trainable(network, unfreeze) == first
    assert layer_before(network, first) == before.format(last=len(BLOCK5[network.name]))


@pytest.mark.parametrize(
    "unfreeze", ["block6", "block0", "block", "", "hidden", "ship", "flatten", "centre", "block5_"]
)
def test_where_training_cannot_begin(network: keras.Model, unfreeze: str) -> None:
    """Nor at a layer of the head other than its first, nor at what takes the pictures."""
    with pytest.raises(UsageError) as caught:
        first_trainable(network, unfreeze)
    said = str(caught.value)
    assert said.startswith(f"cannot unfreeze {unfreeze!r} in {network.name}; give head, block1 to block5, or one of")
    assert "block1_conv1, block1_conv2" in said
    assert "centre" not in said.split(";")[1]


@pytest.mark.parametrize(
    ("head", "layers", "parameters"),
    [
        (Head(), list(HEAD), HEAD_PARAMETERS),
        (Head((), 0.5, "average"), ["average", "ship"], 513),
        (
            Head((16, 8), 0.2, "average"),
            ["average", "hidden", "dropout", "hidden2", "dropout2", "ship"],
            512 * 16 + 16 + 16 * 8 + 8 + 9,
        ),
    ],
    ids=["paper", "none", "two"],
)
def test_heads(head: Head, layers: list[str], parameters: int) -> None:
    network = build("vgg16", "none", head)
    built = network.layers[[layer.name for layer in network.layers].index("block5_pool") + 1 :]
    assert [layer.name for layer in built] == layers
    assert sum(layer.count_params() for layer in built) == parameters
    assert {layer.rate for layer in built if isinstance(layer, keras.layers.Dropout)} <= {head.dropout}
    assert first_trainable(network, "head") == layers[0]


def test_the_hash_is_of_all_layers_up_to_one(network: keras.Model) -> None:
    """What lies behind does not matter; what lies before does, and so does the place where one stops."""
    before = {name: hash_up_to(network, name) for name in ("block1_conv1", "block4_pool", "block5_pool")}
    assert len(set(before.values())) == 3
    layer = network.get_layer("block5_conv1")
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel, bias + 1])
    after = {name: hash_up_to(network, name) for name in before}
    layer.set_weights([kernel, bias])
    assert {name for name in before if before[name] != after[name]} == {"block5_pool"}


def test_unknown_network() -> None:
    with pytest.raises(UsageError, match="'vgg17'; known: vgg16, vgg19"):
        build("vgg17", "none")


@pytest.mark.parametrize("name", ["missing.weights.h5", "", "imagnet"])
def test_no_weights_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no weights at .*; give imagenet, none, or the path of a .weights.h5 file"):
        build("vgg16", str(tmp_path / name))


@pytest.mark.parametrize("name", ["text.weights.h5", "text.h5", "text.txt"])
def test_weights_that_are_none(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("404 Not Found")
    with pytest.raises(UsageError, match="cannot load weights .* into vgg16: .+; give a file made for this network"):
        build("vgg16", str(tmp_path / name))


def test_weights_are_loaded_and_the_head_is_not(weights: tuple[str, Path]) -> None:
    name, path = weights
    network = build(name, str(path))
    base = BASES[name](include_top=False, weights=str(path), input_shape=(SIZE, SIZE, 3))
    loaded, expected = kernels(network), kernels(base)
    assert [layer for layer, _ in loaded] == [layer for layer, _ in expected]
    assert all(np.array_equal(kernel, wanted) for (_, kernel), (_, wanted) in zip(loaded, expected, strict=True))
    assert trained(network) == ["hidden", "ship"]


def test_weights_of_the_other_network(weights: tuple[str, Path]) -> None:
    name, path = weights
    other = next(each for each in BASES if each != name)
    with pytest.raises(UsageError, match=f"cannot load weights .* into {other}: .+; give a file made for this network"):
        build(other, str(path))


@pytest.mark.parametrize("name", BASES)
def test_the_published_weights(name: str) -> None:
    path = shared(f"weights/{name}_notop.weights.h5")
    with h5py.File(path) as file:
        first = file["layers/conv2d/vars/0"][:]
    assert first.std() > 0
    np.testing.assert_array_equal(build(name, str(path)).get_layer("block1_conv1").get_weights()[0], first)
