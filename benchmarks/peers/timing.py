"""The clock, the same for every peer: what counts as start-up, what as warm-up, and what is timed.

Needs the standard library alone, as it is imported in either environment.
"""

import json
import os
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version

WARM_FRAMES = 16
"""Frames of the warm-up: two batches of 8, so that every peer has met the shapes that it will be timed with."""
RULE = (
    "frames / seconds from opening the clip until the last answer is there; every frame is handled, results are counted, nothing is drawn. "
    f"Start-up (from the start of the process: imports, model) and warm-up (the same loop over the clip, left after {WARM_FRAMES} frames) come before, "
    "and are reported beside. CPU time is of all threads, in those seconds; memory is the peak of the whole process"
)

Loop = Callable[[], Generator[int]]
"""Opens the clip and goes through it once. Gives, as soon as answers are there, for how many frames they are. May be left early."""


@dataclass(frozen=True, slots=True)
class Timed:
    """What a peer says of itself. `memory_mb`: peak of the whole process. `versions`: of what it was measured with."""

    frames: int
    seconds: float
    cpu_seconds: float
    memory_mb: float
    startup_seconds: float
    warm_up_seconds: float
    versions: dict[str, str]


def timed(loop: Loop, packages: Sequence[str]) -> Timed:
    """Warms up, then times one pass. To be called once all is loaded. `packages`: whose versions matter; those that are missing are left out."""
    startup = age()
    began = time.monotonic()
    _warm_up(loop)
    warmed, cpu = time.monotonic(), time.process_time()
    frames = sum(loop())
    ended = time.monotonic()
    return Timed(
        frames, ended - warmed, time.process_time() - cpu, peak_mb(), startup, warmed - began, versions(packages)
    )


def tell(timed: Timed) -> None:
    """One line of JSON on standard output."""
    print(json.dumps(asdict(timed)), flush=True)  # noqa: T201


def versions(packages: Sequence[str]) -> dict[str, str]:
    found = {"python": python_version()}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def age() -> float:
    """Seconds since this process was started, its interpreter's start included; in steps of 0.01."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def peak_mb() -> float:
    """Of this process. Not by getrusage: there Linux counts the process that started this one, too."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _warm_up(loop: Loop) -> None:
    frames = 0
    with closing(loop()) as answers:
        for handled in answers:
            frames += handled
            if frames >= WARM_FRAMES:
                return
