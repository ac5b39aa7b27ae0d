"""Which channels matter."""

from collections.abc import Sequence

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from train.importance import PICTURES, importance, most_important
from train.inputs import Inputs, pictures_as

SIDE = 16


@pytest.fixture(scope="module")
def network() -> keras.Model:
    """Two channels: the first is the brightness, by which it decides; the second is nothing to it."""
    pictures = keras.Input((SIDE, SIDE, 3), dtype="uint8")
    centred = keras.layers.Rescaling(1 / 255)(pictures)
    conv = keras.layers.Conv2D(3, 3, padding="same", activation="relu", name="only")
    ship = keras.layers.Dense(1, activation="sigmoid", name="ship")
    model = keras.Model(pictures, ship(keras.layers.GlobalAveragePooling2D()(conv(centred))))
    kernel = np.zeros((3, 3, 3, 3), np.float32)
    kernel[1, 1, :, 0], kernel[1, 1, :, 1] = 1 / 3, 1 / 3
    conv.set_weights([kernel, np.zeros(3, np.float32)])
    ship.set_weights([np.array([[4.0], [0.0], [4.0]], np.float32), np.array([-2.0], np.float32)])
    return model


def pictures(n: int) -> tuple[Inputs, NDArray[np.int64]]:
    labels = np.arange(n) % 2
    levels = np.where(labels == 1, 180, 90).astype(np.uint8)
    return pictures_as(np.ascontiguousarray(np.broadcast_to(levels[:, None, None, None], (n, SIDE, SIDE, 3)))), labels


def test_by_the_definition(network: keras.Model) -> None:
    """(Sum of activation times gradient) squared; the gradient of the loss is 4 (p - y) for each unit of the mean."""
    inputs, labels = pictures(8)
    found = importance(network, inputs, labels, 1, lambda rows: rows)["only"]
    levels = np.array([90, 180]) / 255
    given = 1 / (1 + np.exp(-(4 * levels - 2)))
    expected = ((levels * 4 * (given - [0, 1])) ** 2).mean()
    assert found == pytest.approx([expected, 0, 0], rel=1e-3)


def test_no_more_pictures_than_needed(network: keras.Model) -> None:
    inputs, labels = pictures(2 * PICTURES)
    seen: list[int] = []

    def watched(rows: Sequence[int]) -> Sequence[int]:
        seen.extend(rows)
        return rows

    importance(network, inputs, labels, 1, watched)
    assert len(seen) * 16 == PICTURES


def test_the_most_important_in_their_old_order() -> None:
    assert most_important(np.array([0.5, 3, 1, 2]), 2).tolist() == [1, 3]
    assert most_important(np.zeros(4), 2).tolist() == [0, 1]
