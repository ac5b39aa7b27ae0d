"""What a watch shows of itself while it runs: of each camera the newest picture, what was seen in it, and how it is doing."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Lock

import cv2

from models.picture import Picture
from stream.looking.detection import Detection
from stream.sinks.annotate import framed
from stream.sources.status import Status

WIDEST = 1280
"""Pixels: of a picture that is shown; a larger one is made smaller."""
QUALITY = 80


@dataclass(frozen=True, slots=True)
class Sight:
    """Of one camera. `picture`: uint8, (height, width, 3), BGR, of `detection`, which may be older than `newest`, a detection without one.
    `number` grows with each picture."""

    newest: Detection | None = None
    picture: Picture | None = None
    detection: Detection | None = None
    status: Status | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Still:
    """A picture for a browser, as it was at this number."""

    jpeg: bytes
    number: int


class Live:
    """Handed to the watch, and to the pages. May be used by several threads.

    It holds one picture a camera, and a JPEG or two of it once somebody has looked. The watch leaves a reference and goes on: nothing is encoded, copied
    or waited for in its thread.

    Args:
        box: name of this machine in the store.
    """

    def __init__(self, box: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.box, self._clock = box, clock
        self._sights: dict[str, Sight] = {}
        self._stills: dict[tuple[str, bool], Still] = {}
        self._lock, self._encoding = Lock(), Lock()

    def look(self, detection: Detection, picture: Picture | None) -> None:
        """The next detection of a camera, and its frame, which nobody may write into any more."""
        with self._lock:
            sight = replace(self._sights.get(detection.camera, Sight()), newest=detection)
            if picture is not None:
                sight = replace(sight, picture=picture, detection=detection, number=sight.number + 1)
            self._sights[detection.camera] = sight

    def states(self, states: Mapping[str, Status]) -> None:
        """How all cameras are doing; one that is not among them is watched no more."""
        with self._lock:
            for gone in self._sights.keys() - states.keys():
                del self._sights[gone]
                for drawn in (True, False):
                    self._stills.pop((gone, drawn), None)
            for camera, status in states.items():
                self._sights[camera] = replace(self._sights.get(camera, Sight()), status=status)

    def sight(self, camera: str) -> Sight | None:
        """None: there is no such camera."""
        with self._lock:
            return self._sights.get(camera)

    @property
    def cameras(self) -> list[str]:
        with self._lock:
            return list(self._sights)

    def age(self, sight: Sight) -> float | None:
        """Seconds since the camera's last frame came; None where none ever did."""
        last = None if sight.status is None else sight.status.last_frame
        return None if last is None else max(0.0, self._clock() - last)

    def still(self, camera: str, drawn: bool = True) -> Still | None:
        """The newest picture, encoded once for all who look; None where there is none. `drawn`: where ships are is framed."""
        with self._encoding:  # one at a time: many who look at once keep one core busy, not all
            with self._lock:
                sight, still = self._sights.get(camera), self._stills.get((camera, drawn))
            if sight is None or sight.picture is None or sight.detection is None:
                return None
            if still is None or still.number != sight.number:
                picture = framed(sight.picture, sight.detection) if drawn else sight.picture
                still = Still(jpeg_of(fitted(picture, WIDEST)), sight.number)
                with self._lock:
                    if camera in self._sights:
                        self._stills[camera, drawn] = still
            return still


def fitted(picture: Picture, widest: int) -> Picture:
    """The picture, or a smaller one of this width. uint8, (height, width, 3), BGR."""
    height, width = picture.shape[:2]
    if width <= widest:
        return picture
    size = (widest, max(1, round(height * widest / width)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def jpeg_of(picture: Picture) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
