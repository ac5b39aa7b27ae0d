"""How many pictures a second several models answer on this machine, taking turns so that other work beside hits all alike."""

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

BATCH = 8
ROUNDS = 9

Ask = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Pictures, uint8 (n, height, width, 3) BGR, to probabilities of a ship, float32 (n,)."""


def pictures_per_second(
    models: Mapping[str, Ask], pictures: NDArray[np.uint8], rounds: int = ROUNDS
) -> dict[str, float]:
    """The median over `rounds`, in batches of BATCH of these pictures (uint8, (n, height, width, 3)), after one to warm up."""
    batch = np.resize(pictures, (BATCH, *pictures.shape[1:]))
    seconds: dict[str, list[float]] = {name: [] for name in models}
    for number in range(rounds + 1):
        for name, ask in models.items():
            began = perf_counter()
            ask(batch)
            if number:
                seconds[name].append(perf_counter() - began)
    return {name: BATCH / median(each) for name, each in seconds.items()}
