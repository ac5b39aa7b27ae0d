"""The parameters, the input and the freezing of both networks. Weights are drawn at random where none are needed."""

from collections.abc import Iterator
from pathlib import Path

import h5py  # type: ignore[import-untyped]
import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from models.errors import UsageError
from models.networks import BASES, SIZE, build, unfreeze_from
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


def test_unfreeze_from_an_unknown_layer(network: keras.Model) -> None:
    unfreeze_from(network, "flatten")
    with pytest.raises(UsageError, match=rf"'{network.name}' has no layer 'block6_conv1'.*block5_conv1.*flatten"):
        unfreeze_from(network, "block6_conv1")
    assert trained(network) == ["hidden", "ship"]


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
