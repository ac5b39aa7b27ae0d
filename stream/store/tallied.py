"""What cameras saw in a stretch of time, as it is read from a store and added up again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Tallied:
    """Seconds are of media time: watched, of these blind, by reason, and with a ship in sight. `passages`: that ended in it."""

    seconds: float = 0.0
    blind_s: float = 0.0
    ship_s: float = 0.0
    frames: int = 0
    passages: int = 0
    unknown: dict[str, float] = field(default_factory=dict)

    def add(self, seconds: float, blind_s: float, ship_s: float, frames: int, passages: int) -> None:
        self.seconds += seconds
        self.blind_s += blind_s
        self.ship_s += ship_s
        self.frames += int(frames)  # a sum of PostgreSQL is no int
        self.passages += int(passages)

    def blind(self, unknown: Mapping[str, float]) -> None:
        """Reasons of seconds that were added as blind."""
        mine = self.unknown
        for reason, seconds in unknown.items():
            mine[reason] = mine.get(reason, 0.0) + seconds

    @property
    def reasons(self) -> dict[str, float]:
        """Blind seconds by reason, in order of the alphabet, to the millisecond."""
        return {reason: round(seconds, 3) for reason, seconds in sorted(self.unknown.items())}

    @property
    def columns(self) -> dict[str, Any]:
        """As a table has them."""
        return {
            "seconds": round(self.seconds, 3),
            "blind_s": round(self.blind_s, 3),
            "ship_s": round(self.ship_s, 3),
            "frames": self.frames,
            "passages": self.passages,
            "unknown": self.reasons,
        }
