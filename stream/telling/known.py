"""What is known of a camera, as others are told."""

from dataclasses import dataclass
from typing import Literal

from stream.looking.detection import State
from stream.sources.status import Phase
from stream.telling.topics import GONE, Standing


@dataclass
class Known:
    """`state` None: nothing was seen yet. `ship`: a passage is under way."""

    phase: Phase | Literal["disabled"] = "connecting"
    state: State | None = None
    ship: bool = False

    @property
    def standing(self) -> Standing:
        """As Frigate says it: a camera without frames is offline, connected or not."""
        if self.phase == "disabled":
            return "disabled"
        return "online" if self.phase == "up" else "offline"

    @property
    def ships(self) -> str:
        """How many; nothing where the camera cannot see, which is not none."""
        if self.ship:
            return "1"
        return "0" if self.state in ("ship", "no_ship") else GONE
