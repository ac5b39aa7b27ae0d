"""The clock, which tests replace by one that they turn themselves."""

import time
from threading import Event
from typing import Protocol


class Clock(Protocol):
    """All durations come from `monotonic`; `wall` only labels."""

    def monotonic(self) -> float:
        """Seconds from some moment on; never goes back."""
        ...

    def wall(self) -> float:
        """Seconds since 1970, UTC, as far as this machine knows."""
        ...

    def wait(self, event: Event, seconds: float) -> bool:
        """Sleeps until the event is set, for so many seconds at most. Says whether it is."""
        ...


class SystemClock:
    """The machine's."""

    def monotonic(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()

    def wait(self, event: Event, seconds: float) -> bool:
        return event.wait(seconds)
