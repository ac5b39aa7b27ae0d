"""Answers by way of buffers that stay where they are, one pair a batch size: what a GPU wants of its caller."""

from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

LARGEST = 256
BUCKETS = tuple(2**power for power in range(LARGEST.bit_length()))
"""Batch sizes that there are buffers for, and tuned kernels after the first time; a batch is filled up to the next."""


class Binding:
    """Input and output of a session as buffers on its device. Not thread-safe: the buffers are shared.

    Args:
        session: one input, uint8, (batch, height, width, 3); one output, float32, (batch, 2).
        device: `cuda` or `cpu`, where the buffers lie.
    """

    def __init__(self, session: ort.InferenceSession, device: str) -> None:
        self._session, self._device = session, device
        self._take, self._give = session.get_inputs()[0], session.get_outputs()[0]
        self._bound: dict[int, tuple[Any, Any, Any]] = {}

    def run(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """From uint8, (n, height, width, 3), to float32, (n, 2)."""
        parts = [pictures[start : start + LARGEST] for start in range(0, len(pictures), LARGEST)]
        return np.concatenate([self._run(part) for part in parts])

    def _run(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        size = next(bucket for bucket in BUCKETS if bucket >= len(pictures))
        if size not in self._bound:
            self._bound[size] = self._bind(size)
        binding, given, answers = self._bound[size]
        filled = np.zeros((size, *pictures.shape[1:]), np.uint8)
        filled[: len(pictures)] = pictures
        given.update_inplace(filled)
        self._session.run_with_iobinding(binding)
        return np.array(answers.numpy()[: len(pictures)], np.float32)

    def _bind(self, size: int) -> tuple[Any, Any, Any]:
        value = ort.OrtValue.ortvalue_from_shape_and_type
        given = value([size, *self._take.shape[1:]], np.uint8, self._device, 0)
        answers = value([size, *self._give.shape[1:]], np.float32, self._device, 0)
        binding = self._session.io_binding()
        binding.bind_ortvalue_input(self._take.name, given)
        binding.bind_ortvalue_output(self._give.name, answers)
        return binding, given, answers
