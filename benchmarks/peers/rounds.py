"""Peers in turn, round after round, each time in another order, so that whatever else the machine does hits all of them alike."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.peers.entries import ROOT, Entry, Maker, why_absent
from benchmarks.peers.process import Ended, run
from benchmarks.peers.timing import Timed
from models.errors import RivereyeError
from stream.bench.figure import Better, Figure

MAKING_S = 600.0
KINDS: Mapping[str, tuple[str, Better, Callable[[Timed, Ended], float]]] = {
    "peer_fps": ("frames/s", "higher", lambda timed, _: timed.frames / timed.seconds),
    "peer_cpu_ms": ("ms", "lower", lambda timed, _: 1000 * timed.cpu_seconds / timed.frames),
    "peer_memory_mb": ("MB", "lower", lambda timed, _: timed.memory_mb),
    "peer_startup_s": ("s", "lower", lambda timed, _: timed.startup_seconds),
    "peer_warm_up_s": ("s", "lower", lambda timed, _: timed.warm_up_seconds),
    "peer_wall_s": ("s", "lower", lambda _, ended: ended.seconds),
    "peer_wall_cpu_s": ("s", "lower", lambda _, ended: ended.cpu_seconds),
}


@dataclass(slots=True, eq=False)
class Taken:
    """What one peer came to, a sample a round."""

    entry: Entry
    samples: list[tuple[Timed, Ended]] = field(default_factory=list)

    def figures(self) -> list[Figure]:
        labels, frames = {"peer": self.entry.name}, sum(timed.frames for timed, _ in self.samples)
        return [
            Figure.of(name, [value(*each) for each in self.samples], unit, better, labels, n=frames)
            for name, (unit, better, value) in KINDS.items()
        ]


@dataclass(frozen=True, slots=True)
class Rounds:
    """`frames`: how many the clip has; who handled more or fewer did other work, and is left out. `limit`: seconds for one run of one peer."""

    clip: Path
    work: Path
    frames: int
    rounds: int
    limit: float
    seed: int

    def take(self, entries: Sequence[Entry], tell: Callable[[str], None]) -> tuple[list[Taken], dict[str, str]]:
        """Returns those that did the work in every round, in the order given, and why the others did not, by name."""
        left_out = self._prepare(entries, tell)
        taken, draw = (
            {each.name: Taken(each) for each in entries if each.name not in left_out},
            random.Random(self.seed),
        )
        for number in range(self.rounds):
            for name in draw.sample(list(taken), len(taken)):
                tell(f"round {number + 1} of {self.rounds}: {name}")
                try:
                    taken[name].samples.append(self._sample(taken[name].entry))
                except RivereyeError as error:
                    left_out[name] = str(error)
                    del taken[name]
        return list(taken.values()), left_out

    def _prepare(self, entries: Sequence[Entry], tell: Callable[[str], None]) -> dict[str, str]:
        """Makes what is missing in the working folder. Returns who cannot take part, and why."""
        left_out: dict[str, str] = {}
        failed: dict[Maker, str] = {}
        for entry in entries:
            absent, model = why_absent(entry.environment), entry.model_in(self.work)
            if absent is None and entry.maker is not None and model is not None and not model.exists():
                absent = failed.get(entry.maker) or self._made(entry.maker, tell)
                if absent is not None:
                    failed[entry.maker] = absent
            if absent is not None:
                left_out[entry.name] = absent
        return left_out

    def _made(self, maker: Maker, tell: Callable[[str], None]) -> str | None:
        """None, or why it failed."""
        tell(maker.module.replace("_", " "))
        try:
            run(maker.command(self.work), MAKING_S, ROOT)
        except RivereyeError as error:
            return f"its model could not be made: {maker.module} {error}"
        return None

    def _sample(self, entry: Entry) -> tuple[Timed, Ended]:
        ended = run(entry.command(self.clip, self.work), self.limit, ROOT)
        line = (ended.printed.strip().splitlines() or [""])[-1]
        try:
            timed = Timed(**json.loads(line))
        except (ValueError, TypeError):
            raise RivereyeError(f"printed no result: {line!r}; run its command by hand to see all") from None
        if timed.frames != self.frames:
            raise RivereyeError(
                f"handled {timed.frames} frames, the clip has {self.frames}; give a clip that all of them can read"
            )
        return timed, ended
