"""What frozen layers answered, kept on disk under the hash of the pixels they were shown.

The same pixels give the same answer in every epoch, in every run with the same base, and after a kill.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DIGEST = 32
"""Bytes of a SHA-256."""


class Features:
    """Rows of float32, each found by the SHA-256 of a picture. Only ever grows.

    A kill in the middle of writing loses the last rows, never more: what is not whole on both files is
    cut off when they are opened again.

    Args:
        folder: of the two files `digests` and `values`; made where it is not there.
        shape: of one row.
    """

    def __init__(self, folder: Path, shape: tuple[int, ...]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.shape, self._digests, self._values = shape, folder / "digests", folder / "values"
        self._row_bytes = 4 * int(np.prod(shape))
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

    def add(self, digests: Sequence[bytes], values: NDArray[np.float32]) -> None:
        """Keeps a row for each digest; none of them may be kept already. `values`: float32, (n, *shape)."""
        if values.dtype != np.float32 or values.shape != (len(digests), *self.shape):
            raise ValueError(
                f"values must be float32 of shape {(len(digests), *self.shape)}; received {values.dtype} {values.shape}"
            )
        with self._values.open("ab") as file:
            file.write(np.ascontiguousarray(values).tobytes())
        with self._digests.open("ab") as file:
            file.write(b"".join(digests))
        self._rows |= {digest: len(self._rows) + number for number, digest in enumerate(digests)}

    def rows(self, digests: Sequence[bytes]) -> NDArray[np.intp]:
        """Where each stands in `values`. Raises KeyError for one that is not kept."""
        return np.array([self._rows[digest] for digest in digests], np.intp)

    @property
    def values(self) -> NDArray[np.float32]:
        """All rows kept so far, read from disk as they are used: float32, (n, *shape)."""
        if not self._rows:
            return np.zeros((0, *self.shape), np.float32)
        return np.memmap(self._values, np.float32, "r", shape=(len(self), *self.shape))


def digests_of(pictures: Iterable[NDArray[np.uint8]]) -> list[bytes]:
    """SHA-256 of each picture's pixels."""
    return [hashlib.sha256(picture.tobytes()).digest() for picture in pictures]
