"""How fast several models are, measured so that none has an advantage."""

from time import sleep

import numpy as np
import pytest
from numpy.typing import NDArray

from deploy.speed import BATCH, Ask, pictures_per_second

SIDE = 4


def sleeper(seconds: float, calls: list[tuple[float, tuple[int, ...]]]) -> Ask:
    """Answers after so long; each call is noted."""

    def ask(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        calls.append((seconds, pictures.shape))
        sleep(seconds)
        return np.zeros(len(pictures), np.float32)

    return ask


def test_the_slower_one_is_told_apart() -> None:
    found = pictures_per_second(
        {"slow": sleeper(0.02, []), "fast": sleeper(0.004, [])}, np.zeros((8, SIDE, SIDE, 3), np.uint8), rounds=3
    )
    assert found["slow"] < BATCH / 0.02
    assert found["slow"] < found["fast"] < BATCH / 0.004


@pytest.mark.parametrize("pictures", [1, 8, 20])
def test_models_take_turns_with_whole_batches(pictures: int) -> None:
    calls: list[tuple[float, tuple[int, ...]]] = []
    models = {"a": sleeper(0.001, calls), "b": sleeper(0.002, calls)}
    pictures_per_second(models, np.zeros((pictures, SIDE, SIDE, 3), np.uint8), rounds=2)
    assert [seconds for seconds, _ in calls] == [0.001, 0.002] * 3
    assert {shape for _, shape in calls} == {(BATCH, SIDE, SIDE, 3)}


def test_a_slow_start_does_not_count() -> None:
    began: list[bool] = []

    def ask(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        sleep(0.001 if began else 0.2)
        began.append(True)
        return np.zeros(len(pictures), np.float32)

    assert pictures_per_second({"a": ask}, np.zeros((1, SIDE, SIDE, 3), np.uint8), rounds=1)["a"] > BATCH / 0.1
