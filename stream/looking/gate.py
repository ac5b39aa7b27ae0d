"""The gate: a view that has not changed since the network looked at it gets the same answer again, and the look is saved."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.picture import Picture

BLOCKS = 30
"""Rows and columns into which a view is divided: at 150 x 150 pixels blocks of 5 x 5, over which the noise of a camera averages out."""
CHANGED = 3.0
"""Mean difference over all blocks and colours, in levels of 0 to 255, from which on a view is another one."""
CHANGED_BLOCK = 8.0
"""The same of the block that changed most: a small ship enters in a corner, and the mean hardly moves. Chosen on two clips of `benchmarks/gate.py`, whole
frames: at 8, no confidence was off by more than 0.07; at 12, by 0.33, and at 16, ships were lost for a second. Noise of 4 levels
in each pixel of a fitted view comes to 5."""

Blocks = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Look:
    blocks: Blocks
    media_time: float
    confidence: float


class Gate:
    """Of one camera. One thread may ask while another remembers.

    Args:
        max_age: seconds of media time for which an answer may stand in for a look.
    """

    def __init__(self, max_age: float) -> None:
        self.max_age = max_age
        self._looks: dict[int, _Look] = {}

    def needs(self, view_index: int, fitted: Picture, media_time: float) -> bool:
        """Whether the network has to look at this view: it has changed, its answer is too old, or there is none.

        Args:
            view_index: number of the view in its layout.
            fitted: the view at the network's size, uint8, (height, width, 3), BGR.
            media_time: of the frame, in seconds. One before the last look makes a new look: the clock was set, or the source begins again.
        """
        look = self._looks.get(view_index)
        if look is None or not 0 <= media_time - look.media_time < self.max_age:
            return True
        apart = np.abs(_blocks(fitted) - look.blocks)
        return bool(apart.mean() >= CHANGED or apart.max() >= CHANGED_BLOCK)

    def remember(self, view_index: int, fitted: Picture, media_time: float, confidence: float) -> None:
        """Takes note of what the network answered; arguments as of `needs`."""
        self._looks[view_index] = _Look(_blocks(fitted), media_time, confidence)

    def last(self, view_index: int) -> float:
        """What the network last answered to this view. Raises ValueError where it never looked."""
        if view_index not in self._looks:
            raise ValueError(f"view {view_index} was never looked at; ask `needs` first, then look and `remember`")
        return self._looks[view_index].confidence


def _blocks(fitted: Picture) -> Blocks:
    """Mean colours of the blocks: float32, (BLOCKS, BLOCKS, 3)."""
    return np.asarray(cv2.resize(fitted.astype(np.float32), (BLOCKS, BLOCKS), interpolation=cv2.INTER_AREA), np.float32)
