"""Buffers a batch size: the same answers, and none of another batch's."""

import numpy as np
import onnxruntime as ort
import pytest
from numpy.typing import NDArray

from models.binding import BUCKETS, LARGEST, Binding
from models.providers import open_session
from tests.factories import SIDE, brightness_model


@pytest.fixture(scope="module")
def session() -> ort.InferenceSession:
    return open_session(brightness_model(), "cpu", 1)


def noise(count: int, seed: int = 1) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, SIDE, SIDE, 3), np.uint8)


def expected(session: ort.InferenceSession, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    answers: NDArray[np.float32] = session.run(None, {"pictures": pictures})[0]
    return answers


def test_buckets() -> None:
    assert BUCKETS == (1, 2, 4, 8, 16, 32, 64, 128, 256)
    assert BUCKETS[-1] == LARGEST


@pytest.mark.parametrize("size", [1, 3, 8, LARGEST, LARGEST + 1, 300, 2 * LARGEST + 5])
def test_answers_as_the_session_does(session: ort.InferenceSession, size: int) -> None:
    """More than the largest batch is cut into parts."""
    pictures = noise(size)
    answers = Binding(session, "cpu").run(pictures)
    assert answers.shape == (size, 2)
    assert answers.dtype == np.float32
    np.testing.assert_array_equal(answers, expected(session, pictures))


def test_no_batch_is_left_over_from_the_one_before(session: ort.InferenceSession) -> None:
    binding = Binding(session, "cpu")
    for seed, size in enumerate((8, 5, 8, 6, 1, 7)):
        pictures = noise(size, seed)
        np.testing.assert_array_equal(binding.run(pictures), expected(session, pictures))


def test_answers_outlive_the_next_batch(session: ort.InferenceSession) -> None:
    binding = Binding(session, "cpu")
    first = binding.run(noise(4, 1))
    kept = first.copy()
    binding.run(noise(4, 2))
    np.testing.assert_array_equal(first, kept)


def test_the_callers_pictures_stay(session: ort.InferenceSession) -> None:
    pictures = noise(3)
    kept = pictures.copy()
    Binding(session, "cpu").run(pictures)
    np.testing.assert_array_equal(pictures, kept)


def test_pictures_that_are_a_view(session: ort.InferenceSession) -> None:
    pictures = noise(6)[::2, :, :, ::-1]
    np.testing.assert_array_equal(
        Binding(session, "cpu").run(pictures), expected(session, np.ascontiguousarray(pictures))
    )
