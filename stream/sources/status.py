"""How a camera is doing, and how long it is waited for."""

from dataclasses import dataclass
from typing import Literal

Phase = Literal["connecting", "up", "stalled", "offline", "ended", "failed"]


@dataclass(frozen=True, slots=True)
class Patience:
    """`open_timeout`, `read_timeout`: of the source, in seconds. `retries`: failures in a row after which to give up; None: never."""

    open_timeout: float = 10.0
    read_timeout: float = 10.0
    retries: int | None = None

    @property
    def stalled(self) -> float:
        """Seconds without a frame after which a camera counts as blind, though still connected."""
        return self.read_timeout / 2


@dataclass(frozen=True, slots=True)
class Status:
    """How a camera is doing. Times are of the monotonic clock; `trouble` is the sentence for people."""

    phase: Phase = "connecting"
    last_frame: float | None = None
    next_try: float | None = None
    connections: int = 0
    failures: int = 0
    left_behind: int = 0
    trouble: str | None = None
    decoder: str | None = None
