"""What a benchmark is to measure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.bundle import Bundle
from models.classifier import Choice
from models.providers import AUTO, provider_named, providers_here
from stream.bench.clips import NAMES
from stream.bench.report import Plan
from stream.bench.soundness import named

BUSY = "busy"
"""The clip for what is measured with one: stages, capacity, tuning, the whole command. Where it is not, the first."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be measured.

    `batches`, `threads`: of the model alone; none: those that usually matter; where there is one, it is that of everything. `fps`: looks a second
    of each camera, 99 % of which shall come within `limit_ms`; `seconds`: of an attempt; `most`: cameras. `only`: the parts that are measured
    (see `stream.bench.demands.PARTS`); none: all.
    """

    choice: Choice
    plan: Plan
    clips: Sequence[Path] = ()
    batches: Sequence[int] = ()
    threads: Sequence[int] = ()
    capacity: bool = False
    fps: float = 5.0
    limit_ms: float = 200.0
    seconds: float = 20.0
    most: int = 64
    tune: bool = False
    only: Sequence[str] = ()

    def asks(self, part: str) -> bool:
        """Whether this part is measured."""
        return not self.only or part in self.only

    @property
    def looks(self) -> bool:
        """Whether anything is measured with a clip."""
        return self.tune or self.capacity or any(map(self.asks, ("pipeline", "stages", "command")))

    @property
    def names(self) -> tuple[str, ...]:
        """Of the clips. Raises UsageError: see `named`."""
        return tuple(named(self.clips)) if self.clips else NAMES

    @property
    def main(self) -> str:
        """The clip for what is measured with one."""
        return BUSY if BUSY in self.names else self.names[0]

    @property
    def providers(self) -> list[str]:
        """Those of the model alone. Raises UsageError: there is no such provider here."""
        return providers_here() if self.choice.provider == AUTO else [provider_named(self.choice.provider)]

    def precisions(self, bundle: Bundle) -> list[str]:
        """Those of the model alone, and of accuracy."""
        return list(bundle.card.precisions) if self.choice.precision is None else [self.choice.precision]
