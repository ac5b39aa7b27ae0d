"""How long to wait before trying again."""

from collections.abc import Callable
from random import random

FIRST_S, FACTOR, MOST_S = 1.0, 2.0, 60.0
"""1, 2, 4 ... 60 seconds: a camera that restarts is found again at once, one that is gone for a week costs nothing."""
JITTER = 0.25
"""So that many cameras behind one switch do not all come at once."""


class Backoff:
    """Grows with every failure in a row, up to a minute, and never gives up.

    `draw`: a random number of 0 to 1.
    """

    def __init__(self, draw: Callable[[], float] = random) -> None:
        self._draw = draw
        self.failures = 0

    def next(self) -> float:
        """Seconds to wait after one more failure."""
        exponent = min(self.failures, 30)  # a float has an end
        self.failures += 1
        spread = 1 + JITTER * (2 * self._draw() - 1)
        return min(FIRST_S * FACTOR**exponent, MOST_S) * spread

    def reset(self) -> None:
        """It worked."""
        self.failures = 0
