"""What the full network sees half-way."""

import keras
import numpy as np
import pytest

from tests.train.conftest import toy_network
from train.distilling import HINT, Lessons, Taught, distilled
from train.hints import Hints
from train.inputs import Inputs, pictures_as

SIDE, CHANNELS = 4, np.array([1, 3])


@pytest.fixture
def hints() -> Hints:
    values = np.random.default_rng(1).normal(3, [1, 2, 3, 4], (16, SIDE, SIDE, 4)).astype(np.float16)
    return Hints.measured(Inputs("pool", values, np.arange(16)), CHANNELS)


def test_each_channel_is_divided_by_its_spread(hints: Hints) -> None:
    assert hints.spread == pytest.approx([2, 4], rel=0.15)
    taken = hints.take(np.arange(16)).reshape(16, SIDE, SIDE, 2)
    assert taken.std((0, 1, 2)) == pytest.approx([1, 1], rel=0.01)
    assert taken[3, 1, 2] == pytest.approx(hints.seen.values[3, 1, 2, CHANNELS] / hints.spread, rel=1e-3)


def test_other_pictures_are_measured_alike(hints: Hints) -> None:
    other = hints.of(Inputs("pool", 10 * hints.seen.values, np.arange(16)))
    assert other.take(np.array([2])) == pytest.approx(10 * hints.take(np.array([2])), rel=1e-2)


def test_beside_its_answer_stands_what_it_sees_itself() -> None:
    network = toy_network(16)
    before = network.get_layer("block4_pool")
    width = before.output.shape[-1]
    hints = Hints(
        Inputs(before.name, np.zeros((1, 1, 1, width)), np.arange(1)), np.arange(width), np.full(width, 2, np.float32)
    )
    pictures = np.random.default_rng(2).integers(0, 255, (3, 16, 16, 3), np.uint8)
    given = np.asarray(hints.beside(network)(pictures))
    own = np.asarray(keras.Model(network.input, before.output)(pictures))
    assert given[:, 0] == pytest.approx(np.asarray(network(pictures))[:, 0], rel=1e-5)
    assert given[:, 1:] == pytest.approx(own.reshape(3, -1) / 2, rel=1e-4)


def test_a_hint_is_of_the_picture_as_it_was(hints: Hints) -> None:
    pictures = np.random.default_rng(3).integers(0, 255, (16, 8, 8, 3), np.uint8)
    taught = Taught(pictures_as(pictures), np.arange(16) % 2, np.full(16, 0.5, np.float32), hints)
    lessons = Lessons(taught, 16, seed=1)
    shown, targets = lessons[0]
    as_is = [bool(np.array_equal(one, pictures[at])) for one, at in zip(shown, lessons._order, strict=True)]
    assert (targets[:, 2] == as_is).all()
    assert 0 < sum(as_is) < 16
    assert targets[:, 3:] == pytest.approx(hints.take(lessons._order[:16]))
    judged, targets = Lessons(taught, 16, None)[0]
    assert np.array_equal(judged, pictures)
    assert (targets[:, 2] == 1).all()


@pytest.mark.parametrize("counts", [0.0, 1.0])
def test_the_loss_of_what_is_seen_otherwise(counts: float) -> None:
    plain = float(np.asarray(distilled(keras.ops.array([[1.0, 0.9]]), keras.ops.array([[0.6]])))[0])
    targets, given = [[1.0, 0.9, counts, 1.0, 2.0]], [[0.6, 3.0, 2.0]]
    found = float(np.asarray(distilled(keras.ops.array(targets), keras.ops.array(given)))[0])
    assert found == pytest.approx(plain + counts * HINT * 2, rel=1e-5)
