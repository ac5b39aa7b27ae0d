"""One attempt to carry so many cameras: how late each look is, from when its frame was due at the camera to when its record is there."""

import math
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from models.classifier import Classifier
from models.errors import DataError, UsageError
from stream.bench.cameras import Cameras
from stream.bench.report import Attempt
from stream.bench.usage import cpu_seconds, family, memory_mb
from stream.configuration.settings import Settings
from stream.looking.lookout import lookout_of
from stream.looking.pipeline import BATCH, Look
from stream.session import Session
from stream.sinks.sinks import Sinks

OPENING_S, OPENING_EACH_S = 20.0, 2.0
"""How long cameras have to connect: a process takes half a second of a core to start, and all start at once."""
WARM_UP_S = 3.0
"""From when all are connected; what piled up meanwhile is done by then, and counts for nothing."""
AFTER_S = 0.5
"""Beyond the limit, until looks that are not there count as never having come."""
ON_TIME = 0.99
"""Share of the looks due that have to come within the limit."""
BLIND = 0.1
"""With more looks than this share at which nothing is to be seen, and the network is not asked, the figure is none of the network."""


@dataclass(frozen=True, slots=True)
class Load:
    """What each camera asks for: `fps` looks a second, each within `limit` seconds. `seconds`: that count. `seed`: of the cameras' phases."""

    clip: Path
    fps: float
    limit: float
    seconds: float
    views: str = "whole"
    batch: int = BATCH
    hwaccel: str = "none"
    seed: int = 0

    def settings(self, urls: Sequence[str], folder: Path) -> Settings:
        """Of a watch of these cameras, which are called 0, 1 and so on."""
        each = {"fps": self.fps, "views": self.views, "hwaccel": self.hwaccel}
        cameras = {str(number): {"source": url, **each} for number, url in enumerate(urls)}
        outputs = {"detections": str(folder / "detections.jsonl")}
        return Settings.model_validate({"cameras": cameras, "batch": self.batch, "outputs": outputs})


@dataclass(slots=True, eq=False)
class _Seen:
    """Of each camera the number of each frame that was looked at, and when its record was there."""

    looks: dict[str, list[tuple[int, float]]]
    blind: dict[str, int] = field(default_factory=dict)

    def until(self, looking: Iterable[Sequence[Look]], over: Callable[[float], bool]) -> None:
        """`over`: whether it is, at this time."""
        for looks in looking:
            now = time.monotonic()
            for look in looks:
                if look.frame.index is not None:
                    self.looks[look.camera].append((look.frame.index, now))
                    if look.detection.reason is not None:
                        self.blind[look.detection.reason] = self.blind.get(look.detection.reason, 0) + 1
            if over(now):
                return

    def check(self, clip: Path) -> None:
        """Raises DataError: the network was not asked often enough."""
        total, blind = sum(map(len, self.looks.values())), sum(self.blind.values())
        if blind > BLIND * total:
            raise DataError(
                f"{clip} does not show how many cameras are carried: in {blind} of {total} looks nothing was to be seen ({', '.join(self.blind)}), and "
                f"the network was not asked; give a clip with light and movement"
            )


def attempt(classifier: Classifier, load: Load, count: int) -> tuple[Attempt, list[float]]:
    """Looks at so many cameras as `rivereye stream` does, each read by a process of its own.

    Returns what is reported, and how late each look was that came, in milliseconds. Times begin when a frame is due at the camera, so
    that what waits in a socket, a decoder, a pipe or a lane is late. Looks that were due and did not come count as later than any limit, and
    all of a camera that lost its connection.

    Raises:
        UsageError: the clip has fewer frames a second than looks are asked for.
        SourceError: the clip cannot be played.
        DataError: it shows nothing, so that the network is not asked.
    """
    with Cameras(load.clip, count, load.seed) as cameras, TemporaryDirectory(prefix="rivereye-bench-") as folder:
        if load.fps > cameras.fps:
            raise UsageError(
                f"{load.clip} has {cameras.fps:g} frames a second, of which nobody can take {load.fps:g} looks a second; ask for fewer"
            )
        settings = load.settings(cameras.urls, Path(folder))
        with Sinks(settings.outputs, settings.retention, live=True) as sinks:
            session = Session(settings, classifier, sinks, live=True)
            try:
                for name, camera in settings.cameras.items():
                    session.add(lookout_of(name, camera, classifier.bundle), None)
                return _watched(session, cameras, load)
            finally:
                session.finish()


def _watched(session: Session, cameras: Cameras, load: Load) -> tuple[Attempt, list[float]]:
    names, seen = session.pipeline.cameras, _Seen({name: [] for name in session.pipeline.cameras})
    with closing(cast("Generator[Sequence[Look]]", session.run())) as looking:
        deadline = time.monotonic() + OPENING_S + OPENING_EACH_S * len(names)
        seen.until(
            looking, lambda now: now > deadline or all(session.pipeline.status(each).phase == "up" for each in names)
        )
        warm = time.monotonic() + WARM_UP_S
        seen.until(looking, lambda now: now > warm)
        processes = family(cameras.pid)
        cameras.played()  # of the warm-up
        cpu, begin = cpu_seconds(processes), time.monotonic()
        end = begin + load.seconds
        seen.until(looking, lambda now: now > end)
        used, ended, played = cpu_seconds(processes), time.monotonic(), cameras.played()
        seen.until(looking, lambda now: now > end + max(load.limit, 1 / load.fps) + AFTER_S)
        memory = memory_mb(processes)
    seen.check(load.clip)
    due, latencies = 0, list[float]()
    for number, looks in enumerate(seen.looks.values()):
        starts = played.starts[number]
        came = [(starts[0] + index / cameras.fps, at) for index, at in looks] if len(starts) == 1 else []
        of_camera, within = counted(came, begin, end, load.fps, cameras.fps)
        due, latencies = due + of_camera, latencies + within
    on_time = sum(each <= load.limit for each in latencies)
    return Attempt(
        cameras=len(names),
        carried=on_time >= ON_TIME * due,
        due=due,
        late=(due - on_time) / due,
        p50_ms=percentile_ms(latencies, due, 0.5),
        p99_ms=percentile_ms(latencies, due, ON_TIME),
        cores=sum(used[pid] - cpu[pid] for pid in used) / (ended - begin),
        memory_mb=memory,
        camera_late_ms=1000 * played.late,
    ), [1000 * each for each in latencies]


def counted(
    came: Sequence[tuple[float, float]], begin: float, end: float, fps: float, frames: float
) -> tuple[int, list[float]]:
    """How many looks of one camera were due from `begin` to `end`, and how late those were that came; all in seconds.

    Every n-th frame is looked at, counted by when frames arrive: looks are due a time of 1/fps apart, and each can be a frame early or late. So
    those due are counted from the last look before to the first one after, not by the clock, which at either end may be one off.

    Args:
        came: when the frame of each look was due, and when its record was there.
        fps: looks a second.
        frames: frames a second of the camera.
    """
    within = [at - due for due, at in came if begin <= due < end]
    if not within:
        return max(1, round(fps * (end - begin))), within
    longest = 1 / fps + 1 / frames
    before = max((due for due, _ in came if begin - longest <= due < begin), default=begin)
    after = min((due for due, _ in came if end <= due <= end + longest), default=end)
    steps = (after - before - 1 / frames) * fps
    return max(len(within), math.ceil(round(steps, 6)) - 1), within


def percentile_ms(latencies: Sequence[float], due: int, share: float) -> float | None:
    """In milliseconds, of `due` looks, of which those without a latency never came; None where it falls on one of these."""
    rank = math.ceil(round(share * due, 6))
    return 1000 * sorted(latencies)[rank - 1] if rank <= len(latencies) else None
