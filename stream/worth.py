"""Which frames of a camera are worth a person's label: those the model can learn most from, and none twice."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from models.looks import measure_looks, unusual
from models.picture import Picture
from stream.looking.background import log_odds

Reason = Literal["uncertain", "flipped", "changed", "unlike"]
REASONS: tuple[Reason, ...] = ("uncertain", "flipped", "changed", "unlike")

UNCERTAIN = 1.0
"""Log-odds from the threshold, below which a decision is uncertain: at a threshold of 0.5, 0.27 to 0.73."""
CHANGED = 10.0
"""Mean difference of two thumbnails, in levels of grey, from which on the scene is another one."""
SAME = 4.0
"""The same, below which two frames teach the same. Waves and noise of a resting camera come to 1 to 3."""
REMEMBERED = 50
"""Kept frames to which a new one is compared."""
THUMBNAIL = 32
"""Side in pixels: small enough that waves average out, large enough that a ship of a tenth of the frame shows."""

Thumbnail = NDArray[np.float32]


@dataclass(slots=True)
class Worth:
    """Judges the frames of one source in order, and remembers those worth keeping.

    `threshold`: the model's. `usual`: how its training pictures looked, see `Card.looks`; None where unknown.
    """

    threshold: float
    usual: Mapping[str, tuple[float, float]] | None = None
    _decided: bool | None = None
    _kept: deque[Thumbnail] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _flips: dict[bool, deque[Thumbnail]] = field(
        default_factory=lambda: {decided: deque(maxlen=REMEMBERED) for decided in (False, True)}
    )

    def judge(self, picture: Picture, probability: float) -> tuple[Reason, ...]:
        """Why this frame is worth a label; none where it is not, or where one like it was kept lately.

        A frame at which the decision flips is compared only with those that flipped to the same: two that
        look alike to us but not to the model are both wanted, but not a third time.

        Args:
            picture: the frame at the network's size, uint8, (height, width, 3), BGR.
            probability: of a ship, 0 to 1.
        """
        small = thumbnail(picture)
        decided = probability >= self.threshold
        flipped = self._decided is not None and decided != self._decided
        self._decided = decided
        holds: dict[Reason, bool] = {
            "uncertain": is_uncertain(probability, self.threshold),
            "flipped": flipped,
            "changed": not self._kept or difference(small, self._kept[-1]) >= CHANGED,
            "unlike": bool(self.usual and unusual(measure_looks(picture), self.usual)),
        }
        reasons = tuple(reason for reason in REASONS if holds[reason])
        known = self._flips[decided] if flipped else self._kept
        if not reasons or any(difference(small, each) < SAME for each in known):
            return ()
        if flipped:
            self._flips[decided].append(small)
        self._kept.append(small)
        return reasons

    def remember(self, picture: Picture, flipped_to: bool | None = None) -> None:
        """Takes note of a picture that was kept before, by an earlier run. At the network's size, uint8, BGR.

        `flipped_to`: where the decision flipped at it, whether to a ship.
        """
        small = thumbnail(picture)
        self._kept.append(small)
        if flipped_to is not None:
            self._flips[flipped_to].append(small)


def is_uncertain(probability: float, threshold: float) -> bool:
    """Whether a little more or less of what the network saw would have turned the decision."""
    return abs(log_odds(probability) - log_odds(threshold)) < UNCERTAIN


def thumbnail(picture: Picture) -> Thumbnail:
    """Its coarse brightness: float32, (THUMBNAIL, THUMBNAIL), levels of 0 to 255. Takes uint8, BGR, of any size."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.resize(grey, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA), np.float32)


def difference(one: Thumbnail, other: Thumbnail) -> float:
    """Mean absolute difference of two thumbnails, in levels of grey."""
    return float(np.abs(one - other).mean())
