"""Video files, cameras and network streams, decoded by OpenCV."""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import cv2
import numpy as np

from models.errors import SourceError
from stream.frame import Frame
from stream.url import name_of, without_secrets

# Complaints of FFmpeg and OpenCV would tear through progress bars, and show addresses with their
# passwords; what matters of them reaches the user as a SourceError or in the record of a frame.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

OPEN_TIMEOUT_MS = 10_000
READ_TIMEOUT_MS = 10_000


class Video:
    """An opened capture. Recordings end; a live one that ends was lost."""

    timed: bool = True

    def __init__(
        self, capture: cv2.VideoCapture, camera: str, shown: str, live: bool | None, files: Sequence[Path] = ()
    ) -> None:
        """`shown` is what messages call it. `live` None: whatever has no known length is."""
        self.capture, self.camera, self.shown, self.files = capture, camera, shown, files
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self.live = count <= 0 if live is None else live
        self.expected: int | None = None if self.live or count <= 0 else count
        fps = capture.get(cv2.CAP_PROP_FPS)
        self.fps: float | None = fps if 0 < fps < 1000 else None

    @classmethod
    def from_file(cls, path: Path) -> Self:
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        if not capture.isOpened():
            raise SourceError(
                f"cannot open {path}: no video that OpenCV can decode; is it complete, and a video? `ffprobe FILE` says more"
            )
        return cls(capture, path.stem, str(path), live=False, files=[path])

    @classmethod
    def from_camera(cls, number: int) -> Self:
        capture = cv2.VideoCapture(number)
        if not capture.isOpened():
            raise SourceError(
                f"cannot open camera {number}: not connected, in use, or not permitted; `ls /dev/video*` lists the cameras"
            )
        return cls(capture, f"camera-{number}", f"camera {number}", live=True)

    @classmethod
    def from_url(cls, url: str) -> Self:
        shown = without_secrets(url)
        times = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS]
        capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, times)
        if not capture.isOpened():
            raise SourceError(
                f"cannot open {shown} within {OPEN_TIMEOUT_MS / 1000:g} s: no answer, refused, or no video; check address, user and password"
            )
        return cls(capture, name_of(url), shown, live=None)

    def frames(self) -> Iterator[Frame]:
        index, previous, began = 0, -1.0, None
        while self.capture.grab():
            arrived = time.monotonic()
            began = arrived if began is None else began
            # Live time stamps cannot be trusted: of motion JPEG, FFmpeg makes them up.
            media_time = arrived - began if self.live else self._media_time(index, previous)
            decoded, picture = self.capture.retrieve()
            yield Frame(
                index,
                np.asarray(picture, np.uint8) if decoded else None,
                media_time,
                arrived,
                time=time.time() if self.live else None,
                reason=None if decoded else "corrupt",
            )
            index, previous = index + 1, media_time
        if index == 0:
            raise SourceError(f"{self.shown} opens, but not one frame can be decoded; is the file complete?")
        if self.live:
            raise SourceError(
                f"{self.shown} was lost after {index} frames: it ended, or gave nothing for {READ_TIMEOUT_MS / 1000:g} s"
            )

    def close(self) -> None:
        self.capture.release()

    def _media_time(self, index: int, previous: float) -> float:
        """A recording's time stamp in seconds; where that does not advance, the frame rate's."""
        stamp = float(self.capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000
        if stamp > previous:
            return stamp
        return previous + 1 / (self.fps or 25) if index else 0.0
