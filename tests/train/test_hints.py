"""What the full network sees half-way, and in the end."""

import keras
import numpy as np
import pytest

from tests.train.conftest import toy_network
from train.distilling import HINT, Lessons, Taught, distilled
from train.hints import MEASURED, Hint, beside
from train.inputs import Inputs, pictures_as

SIDE, CHANNELS, N = 4, np.array([1, 3]), 16


@pytest.fixture
def maps() -> Hint:
    values = np.random.default_rng(1).normal(3, [1, 2, 3, 4], (N, SIDE, SIDE, 4)).astype(np.float16)
    return Hint.measured(Inputs("pool", values, np.arange(N)), CHANNELS)


@pytest.fixture
def units() -> Hint:
    values = np.random.default_rng(2).normal(0, [1, 0.01, 3], (N, 3)).astype(np.float32)
    return Hint.measured(Inputs("hidden", values, np.arange(N)), np.arange(3))


def test_each_channel_is_divided_by_its_spread(maps: Hint) -> None:
    assert maps.spread == pytest.approx([2, 4], rel=0.15)
    taken = maps.take(np.arange(N)).reshape(N, SIDE, SIDE, 2) * np.sqrt(SIDE * SIDE * 2)
    assert taken.std((0, 1, 2)) == pytest.approx([1, 1], rel=0.01)
    assert taken[3, 1, 2] == pytest.approx(maps.seen.values[3, 1, 2, CHANNELS] / maps.spread, rel=1e-3)


def test_units_that_say_next_to_nothing_count_so(units: Hint) -> None:
    assert len(set(units.spread.tolist())) == 1
    taken = units.take(np.arange(N))
    assert taken * np.sqrt(3) * units.spread == pytest.approx(units.seen.values, rel=1e-5)
    assert taken[:, 1].std() < 0.02 * taken[:, 2].std()


def test_the_spread_is_that_of_all_pictures_not_of_the_first() -> None:
    """Pictures come folder by folder: the first ones show no ship."""
    values = np.random.default_rng(4).normal(0, 1, (4 * MEASURED, 3)).astype(np.float32)
    values[: 2 * MEASURED] /= 100
    hint = Hint.measured(Inputs("hidden", values, np.arange(len(values))), np.arange(3))
    assert hint.spread == pytest.approx(np.full(3, values.std()), rel=0.1)


def test_other_pictures_are_measured_alike(maps: Hint) -> None:
    other = maps.of(Inputs("pool", 10 * maps.seen.values, np.arange(N)))
    assert other.take(np.array([2])) == pytest.approx(10 * maps.take(np.array([2])), rel=1e-2)


def test_beside_its_answer_stands_what_it_sees_itself() -> None:
    network = toy_network(16)
    hints, expected = [], []
    pictures = np.random.default_rng(2).integers(0, 255, (3, 16, 16, 3), np.uint8)
    for name in ("block4_pool", "hidden"):
        own = np.asarray(keras.Model(network.input, network.get_layer(name).output)(pictures))
        width = own.shape[-1]
        hints.append(Hint(Inputs(name, own, np.arange(3)), np.arange(width), np.full(width, 2, np.float32)))
        expected.append(own.reshape(3, -1) / 2 / np.sqrt(own[0].size))
    given = np.asarray(beside(network, hints)(pictures))
    assert given[:, 0] == pytest.approx(np.asarray(network(pictures))[:, 0], rel=1e-5)
    assert given[:, 1:] == pytest.approx(np.concatenate(expected, axis=1), rel=1e-4)
    assert given[:, 1:] == pytest.approx(np.concatenate([each.take(np.arange(3)) for each in hints], axis=1), rel=1e-4)
    assert beside(network, ()) is network


def test_maps_are_of_the_picture_as_it_was_and_units_of_both(maps: Hint, units: Hint) -> None:
    pictures = np.random.default_rng(3).integers(0, 255, (N, 8, 8, 3), np.uint8)
    taught = Taught(pictures_as(pictures), np.arange(N) % 2, np.full(N, 0.5, np.float32), (maps, units))
    lessons = Lessons(taught, N, seed=1)
    shown, targets = lessons[0]
    order, numbers = lessons._order, SIDE * SIDE * 2
    as_is = np.array([np.array_equal(one, pictures[at]) for one, at in zip(shown, order, strict=True)])
    assert 0 < as_is.sum() < N
    assert np.isnan(targets[~as_is, 2 : 2 + numbers]).all()
    assert targets[as_is, 2 : 2 + numbers] == pytest.approx(maps.take(order[as_is]))
    assert targets[:, 2 + numbers :] == pytest.approx(units.take(order))
    judged, targets = Lessons(taught, N, None)[0]
    assert np.array_equal(judged, pictures)
    assert np.isfinite(targets).all()


def test_the_loss_of_what_is_seen_otherwise() -> None:
    plain = float(np.asarray(distilled(keras.ops.array([[1.0, 0.9]]), keras.ops.array([[0.6]])))[0])
    targets, given = [[1.0, 0.9, np.nan, 1.0, 2.0]], [[0.6, 7.0, 3.0, 2.0]]
    seen = keras.Variable(given)
    found = float(np.asarray(distilled(keras.ops.array(targets), seen))[0])
    assert found == pytest.approx(plain + HINT * 4, rel=1e-5)


def test_a_hint_that_does_not_count_pulls_nowhere() -> None:
    import tensorflow as tf

    seen = tf.Variable([[0.6, 7.0, 3.0]])
    with tf.GradientTape() as tape:
        loss = distilled(tf.constant([[1.0, 0.9, np.nan, 1.0]]), seen)
    gradient = np.asarray(tape.gradient(loss, seen))[0]
    assert gradient[1] == 0
    assert gradient[2] == pytest.approx(HINT * 4)
