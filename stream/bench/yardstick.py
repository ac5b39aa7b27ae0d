"""A fixed piece of arithmetic, measured like all else: should it change between two runs, the machine did, not rivereye."""

from time import perf_counter

import numpy as np

from stream.bench.repeats import Kind, Task

SIDE = 512
KINDS = {"machine_matmul_gflops": Kind("GFLOP/s", "higher")}


def yardstick(seconds: float, seed: int) -> Task:
    """Products of two float32 matrices, by numpy, for so long."""
    draw = np.random.default_rng(seed)
    a, b = (draw.random((SIDE, SIDE), np.float32) for _ in range(2))

    def sample() -> dict[str, float]:
        done, began = 0, perf_counter()
        while not done or perf_counter() - began < seconds:
            a @ b
            done += 1
        return {"machine_matmul_gflops": done * 2 * SIDE**3 / (perf_counter() - began) / 1e9}

    return Task({}, KINDS, sample)
