"""Slim networks answer as the network that they were cut from would without the channels that are gone."""

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from models.narrow import CENTRE, Kept, build_narrow, convolutions, prune, widths_of
from models.networks import BASES, IMAGENET_MEAN_BGR, SIZE, Head, build
from tests.pictures import draw

HEADS = (Head((8,), 0.5, "average"), Head((), 0.5, "flatten"))


@pytest.fixture(scope="module", params=HEADS, ids=lambda head: head.pooling)
def head(request: pytest.FixtureRequest) -> Head:
    found: Head = request.param
    return found


@pytest.fixture(scope="module")
def full(head: Head) -> keras.Model:
    keras.utils.set_random_seed(3)
    network = build("vgg16", "none", head)
    random = np.random.default_rng(3)
    for layer in convolutions(network):  # a bias that is 0 could be lost without notice
        kernel, bias = layer.get_weights()
        layer.set_weights([kernel, random.normal(0, 0.1, bias.shape)])
    return network


@pytest.fixture(scope="module")
def pictures() -> NDArray[np.uint8]:
    return np.stack([draw(bool(number % 2), number, (SIZE, SIZE)) for number in range(4)])


def kept_of(network: keras.Model, share: float, seed: int = 0) -> Kept:
    random = np.random.default_rng(seed)
    return {
        name: np.sort(random.choice(width, max(1, round(share * width)), replace=False))
        for name, width in widths_of(network).items()
    }


@pytest.mark.parametrize("network", BASES)
def test_layers_have_the_names_of_the_full_one(network: str) -> None:
    widths = dict.fromkeys(widths_of(build(network, "none")), 8)
    slim = build_narrow(network, widths, Head())
    assert [each.name for each in slim.layers] == [each.name for each in build(network, "none").layers]
    assert widths_of(slim) == widths
    (given,), (ship,) = slim.inputs, slim.outputs
    assert (given.name, given.dtype, given.shape) == ("pictures", "uint8", (None, SIZE, SIZE, 3))
    assert (slim.name, ship.dtype, ship.shape) == (network, "float32", (None, 1))


def test_all_channels_kept_change_nothing_inside(full: keras.Model, head: Head, pictures: NDArray[np.uint8]) -> None:
    """At the picture's edge the middle level is another one."""
    slim = prune(full, kept_of(full, 1), head)
    first = (keras.Model(each.input, each.get_layer("block1_conv1").output) for each in (full, slim))
    before, after = (np.asarray(each.predict_on_batch(pictures)) for each in first)
    assert np.abs(before - after)[:, 1:-1, 1:-1].max() < 1e-3 * np.abs(before).max()
    assert np.abs(before - after)[:, 0].max() > 1e-3 * np.abs(before).max()


def test_pruned_is_the_same_as_zeroed(full: keras.Model, head: Head, pictures: NDArray[np.uint8]) -> None:
    """What is cut off is nothing else than what gives 0."""
    whole = prune(full, kept_of(full, 1), head)  # takes CENTRE off, as the slim one does
    kept = kept_of(full, 0.25)
    slim = prune(full, kept, head)
    for layer in convolutions(whole):
        kernel, bias = layer.get_weights()
        gone = np.setdiff1d(np.arange(len(bias)), kept[layer.name])
        kernel[..., gone], bias[gone] = 0, 0
        layer.set_weights([kernel, bias])
    logits = [np.log(p / (1 - p)) for p in (each.predict_on_batch(pictures) for each in (whole, slim))]
    assert np.ptp(logits[0]) > 0
    assert logits[1] == pytest.approx(logits[0], abs=1e-3)


def test_a_slim_one_can_be_cut_again(full: keras.Model, head: Head, pictures: NDArray[np.uint8]) -> None:
    once = prune(full, kept_of(full, 0.5), head)
    twice = prune(once, kept_of(once, 1), head)
    assert np.asarray(twice.predict_on_batch(pictures)) == pytest.approx(once.predict_on_batch(pictures), abs=1e-6)


def test_centre_is_the_mean_of_all_colours() -> None:
    assert pytest.approx(np.mean(IMAGENET_MEAN_BGR), abs=0.5) == CENTRE
    assert float(CENTRE).is_integer()
