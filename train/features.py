"""What frozen layers answered, kept on disk under the hash of the pixels they were shown.

The same pixels give the same answer in every epoch, in every run with the same base, and after a kill.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

DIGEST = 32
"""Bytes of a SHA-256."""


class Features:
    """Rows of numbers, each found by the SHA-256 of a picture. Only ever grows.

    A kill in the middle of writing loses the last rows, never more: what is not whole on both files is
    cut off when they are opened again.

    Args:
        folder: of the two files `digests` and `values`; made where it is not there.
        shape: of one row.
        dtype: `float32`, or `float16`: half as large, and finer than what half precision computes with.
    """

    def __init__(self, folder: Path, shape: tuple[int, ...], dtype: str = "float32") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.shape, self.dtype = shape, np.dtype(dtype)
        self._digests, self._values = folder / "digests", folder / "values"
        self._row_bytes = self.dtype.itemsize * int(np.prod(shape))
        for path in (self._digests, self._values):
            path.touch()
        n = min(self._digests.stat().st_size // DIGEST, self._values.stat().st_size // self._row_bytes)
        os.truncate(self._digests, n * DIGEST)
        os.truncate(self._values, n * self._row_bytes)
        known = self._digests.read_bytes()
        self._rows = {known[start : start + DIGEST]: start // DIGEST for start in range(0, len(known), DIGEST)}

    def __len__(self) -> int:
        return len(self._rows)

    def missing(self, digests: Sequence[bytes]) -> NDArray[np.intp]:
        """Positions of those not kept yet, the first of equals only."""
        first = {digest: position for position, digest in reversed(list(enumerate(digests)))}
        return np.array(sorted(at for digest, at in first.items() if digest not in self._rows), np.intp)

    def add(self, digests: Sequence[bytes], values: NDArray[Any]) -> None:
        """Keeps a row for each digest; none of them may be kept already.

        `values`: (n, *shape), of any float type; what is too large for float16 is kept as its largest number.
        """
        if values.shape != (len(digests), *self.shape):
            raise ValueError(f"values must have the shape {(len(digests), *self.shape)}; received {values.shape}")
        largest = np.finfo(self.dtype).max
        with self._values.open("ab") as file:
            file.write(np.clip(values, -largest, largest).astype(self.dtype).tobytes())
        with self._digests.open("ab") as file:
            file.write(b"".join(digests))
        self._rows |= {digest: len(self._rows) + number for number, digest in enumerate(digests)}

    def rows(self, digests: Sequence[bytes]) -> NDArray[np.intp]:
        """Where each stands in `values`. Raises KeyError for one that is not kept."""
        return np.array([self._rows[digest] for digest in digests], np.intp)

    @property
    def values(self) -> NDArray[Any]:
        """All rows kept so far, read from disk as they are used: (n, *shape)."""
        if not self._rows:
            return np.zeros((0, *self.shape), self.dtype)
        return np.memmap(self._values, self.dtype, "r", shape=(len(self), *self.shape))


def digests_of(pictures: Iterable[NDArray[np.uint8]]) -> list[bytes]:
    """SHA-256 of each picture's pixels."""
    return [hashlib.sha256(picture.tobytes()).digest() for picture in pictures]
