"""Clocks for tests: one that they turn, one that hurries."""

import time
from threading import Event, Lock

REAL_S = 0.0003
"""Given to other threads at each wait."""


class TurnedClock:
    """Waiting takes next to no time, and moves the clock on. `step` sets the wall clock only, as a time server does."""

    def __init__(self) -> None:
        self.now, self._ahead, self._lock = 1000.0, 1_700_000_000.0, Lock()

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self._ahead + self.now

    def wait(self, event: Event, seconds: float) -> bool:
        if event.wait(REAL_S):
            return True
        with self._lock:
            self.now += seconds
        return event.is_set()

    def step(self, seconds: float) -> None:
        self._ahead += seconds


class HastyClock:
    """The machine's, five times as fast: waiting for a real peer takes a fifth of the time."""

    HASTE = 5.0

    def monotonic(self) -> float:
        return time.monotonic() * self.HASTE

    def wall(self) -> float:
        return time.time()

    def wait(self, event: Event, seconds: float) -> bool:
        return event.wait(seconds / self.HASTE)
