"""What is left of a pruned network gives again what the full one gave."""

from collections.abc import Sequence

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from models.narrow import Kept, build_narrow, convolutions, prune, widths_of
from models.networks import SIZE, Head, build
from tests.pictures import draw
from train.inputs import pictures_as
from train.refitting import ROUNDS, _fitted, refit

HEADS = (Head((8,), 0.5, "average"), Head((), 0.5, "flatten"))


def quietly(names: Sequence[str]) -> Sequence[str]:
    return names


@pytest.fixture(scope="module", params=HEADS, ids=lambda head: head.pooling)
def head(request: pytest.FixtureRequest) -> Head:
    found: Head = request.param
    return found


@pytest.fixture(scope="module")
def pictures() -> NDArray[np.uint8]:
    return np.stack([draw(bool(number % 2), number, (SIZE, SIZE)) for number in range(12)])


@pytest.fixture(scope="module")
def full(head: Head) -> keras.Model:
    keras.utils.set_random_seed(5)
    # As narrow as it may be, to be fast: what is cut further is as hard to fit.
    network = build_narrow("vgg16", dict.fromkeys(widths_of(build("vgg16", "none")), 16), head)
    random = np.random.default_rng(5)
    for layer in convolutions(network):
        kernel, bias = layer.get_weights()
        # As wide again as random weights make it, or nothing would be left of the pictures after 13 of them.
        layer.set_weights([1.4 * kernel, random.normal(0, 1, bias.shape)])
    return network


def half_of(network: keras.Model) -> Kept:
    random = np.random.default_rng(0)
    return {
        name: np.sort(random.choice(width, width // 2, replace=False)) for name, width in widths_of(network).items()
    }


def seen(network: keras.Model, name: str, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(keras.Model(network.input, network.get_layer(name).output)(pictures, training=False))


def test_layers_give_more_of_what_they_gave(full: keras.Model, head: Head, pictures: NDArray[np.uint8]) -> None:
    kept = half_of(full)
    cut, fitted = prune(full, kept, head), prune(full, kept, head)
    refit(full, fitted, kept, pictures_as(pictures), 1, quietly)
    for name in ("block1_conv2", "block2_conv2", "block4_conv1"):
        wanted = seen(full, name, pictures)[..., kept[name]]
        lost = [float(np.square(seen(each, name, pictures) - wanted).mean()) for each in (cut, fitted)]
        assert lost[1] < 0.5 * lost[0], name
    assert np.isfinite(np.asarray(fitted(pictures, training=False))).all()


def test_where_nothing_is_cut_nothing_changes(full: keras.Model, head: Head, pictures: NDArray[np.uint8]) -> None:
    kept = {name: np.arange(width) for name, width in widths_of(full).items()}
    slim = prune(full, kept, head)
    refit(full, slim, kept, pictures_as(pictures), 1, quietly)
    first, again = (seen(each, "block1_conv1", pictures) for each in (full, slim))
    inside = np.s_[:, 1:-1, 1:-1]
    assert np.square(first[inside] - again[inside]).mean() < 1e-3 * np.square(first[inside]).mean()


def test_the_same_again(full: keras.Model, head: Head, pictures: NDArray[np.uint8]) -> None:
    kept = half_of(full)
    slims = [prune(full, kept, head) for _ in range(2)]
    for slim in slims:
        refit(full, slim, kept, pictures_as(pictures), 1, quietly)
    for one, other in zip(*(slim.get_weights() for slim in slims), strict=True):
        assert np.array_equal(one, other)


def test_what_the_relu_cuts_off_may_be_anything_below() -> None:
    """A straight line near all four is far from the two that matter."""
    fed = np.array([[2, 1], [4, 1], [-1, 1], [-2, 1]], np.float32)
    wanted = np.array([[2], [4], [-50], [-60]], np.float32)
    weights = _fitted(fed, wanted, ROUNDS)
    plain = _fitted(fed, wanted, 1)
    assert plain == pytest.approx(np.linalg.lstsq(fed, wanted, rcond=None)[0], rel=0.01)
    through, straight = (
        float(np.abs(np.maximum(fed @ each, 0) - np.maximum(wanted, 0)).max()) for each in (weights, plain)
    )
    assert through < 0.5 * straight
