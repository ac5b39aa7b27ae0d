"""Whether a frame shows anything at all: a blind camera must not say that there is no ship."""

import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

from models.picture import Picture, fit
from stream.sources.frame import Reason

DARK = 30.0
"""Level of grey, of 255, that 95 % of the pixels stay below. The darkest of 2,947 photographs and camera frames with something to
see on them came to 41. A time stamp or a few lamps take less than the other 5 %."""
FLAT = 5.0
"""Levels of grey between the darkest and the brightest 5 % of the pixels, below which nothing stands out. The haziest of those pictures
came to 7."""
GREY, GREY_SHARE = 128, 0.4
"""A decoder that lacks what a frame builds on paints this level: so much of the frame in it is no picture. Of those pictures the greyest
came to 0.15."""
GREY_WITHIN = 2
GREY_FROM, GREY_TO = (np.full(3, GREY + sign * GREY_WITHIN, np.uint8) for sign in (-1, 1))
FROZEN_S = 20.0
"""A camera's noise makes every frame another one. Where for so long each is the same to the last bit as one shortly before, it hangs:
a hung encoder repeats its last picture, but with every key frame in another quality, so that there are some few of it."""
STILL = 2.0
"""Mean difference in levels that a hung encoder's pictures keep within: 1.0 at most was seen, and 2.5 at least of water that moves."""
SIDE = 150
"""Pixels; the figures above are of pictures of this size."""
STEP = 8
"""Every so many rows and columns are compared: enough to tell noise, and next to no work."""


class Quality:
    """Judges the frames of one camera in order."""

    def __init__(self, frozen: float = FROZEN_S) -> None:
        self.frozen = frozen
        self._seen: dict[int, float] = {}
        self._new = 0.0
        self._first: NDArray[np.uint8] | None = None

    def judge(self, picture: NDArray[np.uint8], small: Picture, media_time: float | None) -> Reason | None:
        """Why nothing can be said of this frame; None where something can.

        Args:
            picture: the frame, uint8, (height, width, 3), BGR; or of all frames of a camera their brightness, (height, width).
            small: the same, shrunk to SIDE or more on each side.
            media_time: in seconds; None for still pictures, which never freeze.
        """
        frozen = media_time is not None and self._is_frozen(picture, media_time)
        return blindness(fit(small, SIDE, SIDE)) or ("frozen" if frozen else None)  # a black picture is always the same

    def _is_frozen(self, picture: NDArray[np.uint8], media_time: float) -> bool:
        """Whether for long no frame came that was not like one of the last `frozen` seconds, and nothing moved."""
        sample = np.ascontiguousarray(picture[::STEP, ::STEP])  # copied once: its rows lie far apart in memory
        # Two that share their name by chance, once in 10^7 frames, must also look alike, and all of 20 s, to do harm.
        name = zlib.crc32(sample.data)
        while self._seen and media_time - next(iter(self._seen.values())) > self.frozen:  # the oldest comes first
            del self._seen[next(iter(self._seen))]
        if name not in self._seen or self._first is None or _moved(sample, self._first):
            self._new, self._first = media_time, sample
        self._seen.pop(name, None)
        self._seen[name] = media_time
        return media_time - self._new >= self.frozen


def _moved(sample: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    return sample.shape != other.shape or float(cv2.absdiff(sample, other).mean()) > STILL


def blindness(small: Picture) -> Reason | None:
    """Why nothing can be seen on this picture: uint8, (SIDE, SIDE, 3), BGR."""
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
    if cv2.countNonZero(cv2.inRange(small, GREY_FROM, GREY_TO)) > GREY_SHARE * grey.size:
        return "corrupt"
    darkest, brightest = percentiles(grey, 0.05, 0.95)
    if brightest < DARK:
        return "dark"
    return "no_contrast" if brightest - darkest < FLAT else None


def percentiles(grey: NDArray[np.uint8], *shares: float) -> list[float]:
    """The levels that so many of the pixels stay below; as NumPy's, and many times faster: levels are counted, not sorted."""
    below = np.cumsum(cv2.calcHist([grey], [0], None, [256], [0, 256]))
    places = np.array(shares) * (grey.size - 1)
    lower, upper = (np.searchsorted(below, rounded, side="right") for rounded in (np.floor(places), np.ceil(places)))
    return [float(level) for level in lower + (places - np.floor(places)) * (upper - lower)]
