"""What pages and interface are made from."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stream.sinks.retention import NAME
from stream.store.reading import Reader
from stream.store.seen import Camera, CameraSeen
from stream.web.live import Live, Sight
from stream.web.moments import Zone

SILENT_S = 20.0
"""A box that watches writes every 5 s how its cameras are: after three such times without a word, and one for a slow store, nobody knows any more."""
GONE_S = 86_400.0
"""Of a camera that was told nothing of for so long, the wall is silent by itself."""


@dataclass(frozen=True, slots=True)
class Room:
    """`live`: of the watch that this is part of; None where pages are served beside others' watches.

    `snapshots`: folder of the best frames of passages, as `--snapshots` has it; None: there is none here. `now`: wall clock, seconds since 1970.
    """

    reader: Reader
    zone: Zone
    live: Live | None = None
    snapshots: Path | None = None
    now: Callable[[], float] = time.time

    def camera(self, camera: Camera) -> CameraSeen | None:
        """As the store has it; None where it has none such. Errors: see `Reader`."""
        return next((each for each in self.reader.cameras() if each.camera == camera), None)

    def sight(self, camera: Camera) -> Sight | None:
        """What a watch in this process sees with it at present."""
        return None if self.live is None or camera.box != self.live.box else self.live.sight(camera.name)

    def unknown(self, seen: Sequence[CameraSeen]) -> list[CameraSeen]:
        """Cameras of the watch in this process that are not among those `seen`: the store has not got them yet, or cannot tell at present."""
        if self.live is None:
            return []
        names = set(self.live.cameras) - {each.camera.name for each in seen if each.camera.box == self.live.box}
        nothing = (self.now(), None, None, None, None, None, None, None)
        return [CameraSeen(Camera(self.live.box, name), *nothing) for name in sorted(names)]

    def snapshot(self, camera: str, passage: str) -> Path | None:
        """The best frame of a passage; None where there is no such file. Names that no snapshot can have are none."""
        if self.snapshots is None or not (NAME.fullmatch(camera) and NAME.fullmatch(passage)):
            return None
        path = self.snapshots / camera / f"{passage}.jpg"
        return path if path.is_file() else None


def phase_of(room: Room, seen: CameraSeen, sight: Sight | None) -> str:
    """How a camera is, in a word: its phase; `silent` where its box has said nothing for long, `new` where it never did."""
    if sight is not None and sight.status is not None:
        return sight.status.phase
    if seen.at is None or seen.phase is None:
        return "new"
    over = seen.phase in ("ended", "failed")
    return seen.phase if over or room.now() - seen.at <= SILENT_S else "silent"


def age_of(room: Room, seen: CameraSeen, sight: Sight | None) -> float | None:
    """Seconds since its last frame; None where there was none."""
    if sight is not None and room.live is not None:
        return room.live.age(sight)
    return None if seen.last_frame is None else max(0.0, room.now() - seen.last_frame)


def is_gone(room: Room, seen: CameraSeen) -> bool:
    """It ended, or its box fell silent, more than a day ago."""
    told = seen.seen if seen.at is None else seen.at
    return room.sight(seen.camera) is None and room.now() - told > GONE_S
