"""The most cameras that this machine carries."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from models.bundle import open_bundle
from models.classifier import Classifier
from stream.bench.attempt import Load, attempt
from stream.bench.figure import Better, Figure
from stream.bench.report import Attempt, Capacity, Latencies, ModelUsed
from stream.bench.scenarios import distribution
from stream.bench.soundness import B_FRAMES, waits
from stream.looking.pipeline import BATCH

FIGURES = ("capacity_cameras", "capacity_cores", "capacity_memory_mb")
MOST = 64
PLAYER_LATE = 0.25
"""If the one that plays the cameras is late itself by more than this share of the limit, it is said."""


def find_capacity(
    clip: Path,
    name: str,
    classifier: Classifier,
    *,
    fps: float,
    limit_ms: float,
    seconds: float,
    most: int = MOST,
    views: str = "whole",
    batch: int = BATCH,
    hwaccel: str = "none",
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[Capacity, list[Figure], list[Latencies]]:
    """Looks for the most cameras of which 99 % of the looks due come within the limit.

    Args:
        clip: what every camera shows.
        name: of the clip, in labels.
        classifier: opened; looks at all of them.
        fps: looks a second of each camera.
        limit_ms: from when a frame is due at the camera to when its record is there.
        seconds: of an attempt that count; to start and to warm up takes some more.
        most: cameras.
        views, batch, hwaccel: as of `rivereye stream`.
        seed: of the phases, in which cameras differ.
        tell: told before each attempt which it is, and after it what came of it.

    Returns:
        All attempts; cameras, cores and memory as figures; how late looks were with the most cameras, those apart that never came.

    Raises:
        UsageError, SourceError, DataError: see `attempt`.
    """
    load = Load(clip, fps, limit_ms / 1000, seconds, views, batch, hwaccel, seed)
    labels: dict[str, object] = {"clip": name, "fps": f"{fps:g}", "p99_ms": f"{limit_ms:g}"}
    taken: dict[int, list[float]] = {}

    def carry(count: int) -> Attempt:
        tell(f"{count} camera{'' if count == 1 else 's'} at once, for {seconds:g} s")
        found, latencies = attempt(classifier, load, count)
        tell(f"{count}: {'carried' if found.carried else 'not carried'}, {100 * found.late:.1f} % of looks late")
        if found.carried:
            taken.setdefault(count, []).extend(latencies)
        return found

    cameras, attempts = search(carry, most)
    capacity = Capacity(
        clip=name,
        fps=fps,
        limit_ms=limit_ms,
        seconds=seconds,
        cameras=cameras,
        attempts=tuple(attempts),
        limit=ended_by(cameras, attempts, most, limit_ms),
    )
    latencies = [distribution("capacity", labels, taken[cameras])] if cameras else []
    return capacity, _figures(capacity, labels), latencies


def search(carry: Callable[[int], Attempt], most: int) -> tuple[int, list[Attempt]]:
    """The most cameras that are carried, up to `most`, and all attempts in order.

    Doubles from 1 until it is too many, then halves what is between. The machine may have had a good moment: what is found has to be carried
    once more, else one fewer has to be, and so on down to 0.
    """
    attempts: list[Attempt] = []

    def carried(count: int) -> bool:
        attempts.append(carry(count))
        return attempts[-1].carried

    low, high, count = 0, most + 1, 1
    while count < high:
        if carried(count):
            low = count
            count = min(2 * count, most) if count < most else high
        else:
            high = count
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if carried(middle) else (low, middle)
    while low and not carried(low):
        low -= 1
    return low, attempts


def ended_by(cameras: int, attempts: list[Attempt], most: int, limit_ms: float) -> str | None:
    """What ended the search before the machine did; None where the machine did."""
    if cameras == most:
        return f"more than {most} were not tried"
    failed = min((each for each in attempts if not each.carried), key=lambda each: each.cameras)
    if failed.camera_late_ms > PLAYER_LATE * limit_ms:
        return f"with {failed.cameras}, the process that plays the cameras was late itself, by {failed.camera_late_ms:.0f} ms"
    return None


def _figures(capacity: Capacity, labels: dict[str, object]) -> list[Figure]:
    """Of cores and memory, a sample an attempt in which the most cameras were carried."""
    best = [each for each in capacity.attempts if each.carried and each.cameras == capacity.cameras]
    measured: list[tuple[str, list[float], str, Better]] = [
        ("capacity_cameras", [capacity.cameras], "cameras", "higher"),
        ("capacity_cores", [each.cores for each in best], "cores", "lower"),
        ("capacity_memory_mb", [each.memory_mb for each in best], "MB", "lower"),
    ]
    due = sum(each.due for each in best) or None
    return [Figure.of(name, values, unit, better, labels, n=due) for name, values, unit, better in measured if values]


def find_cameras(
    folder: Path, used: ModelUsed, clip: Path, name: str, load: Mapping[str, Any], tell: Callable[[str], None]
) -> tuple[Capacity, list[Figure], list[Latencies]]:
    """`find_capacity` for a process of its own: all that is given can be sent to one. `load`: its other arguments. Where not one camera is carried, the
    clip itself may be why, and `limit` says so.
    """
    bundle = open_bundle(str(folder), used.precision, used.provider)
    with Classifier(bundle, used.provider, used.threads) as classifier:
        capacity, figures, latencies = find_capacity(clip, name, classifier, **load, tell=tell)
    if not capacity.cameras and waits(clip):
        why = f"the clip {B_FRAMES}, and may be late by that whatever the machine; give one without, or a longer --p99"
        capacity = capacity.model_copy(update={"limit": why})
    return capacity, figures, latencies
