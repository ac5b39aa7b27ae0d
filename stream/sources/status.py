"""How a camera is doing, and how long it is waited for."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Self

Phase = Literal["connecting", "up", "stalled", "offline", "ended", "failed"]
Ending = Literal["lost", "stalled", "hung"]
"""How a connection ended: cut off while frames came, after no frame came any more, or its decoder did not answer and was given up."""


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

    def ending(self, quiet: float, hung: bool) -> Ending:
        """How a connection ended that had sent nothing for so many seconds."""
        return "hung" if hung else "stalled" if quiet > self.stalled else "lost"


@dataclass(frozen=True, slots=True)
class Status:
    """How a camera is doing. Times are of the monotonic clock; `trouble` is the sentence for people.

    `reconnects`: connections after the first, by how the one before ended; `ended`: how the last that is over did.
    """

    phase: Phase = "connecting"
    last_frame: float | None = None
    next_try: float | None = None
    connections: int = 0
    reconnects: Mapping[Ending, int] = field(default_factory=dict)
    ended: Ending | None = None
    failures: int = 0
    left_behind: int = 0
    trouble: str | None = None
    decoder: str | None = None

    def connected(self, decoder: str) -> Self:
        """After the first frame of a connection."""
        counted = dict(self.reconnects)
        if self.ended is not None:
            counted[self.ended] = counted.get(self.ended, 0) + 1
        return replace(self, failures=0, connections=self.connections + 1, reconnects=counted, decoder=decoder)
