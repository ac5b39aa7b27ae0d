"""Video files, cameras and network streams, decoded by OpenCV."""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import cv2
import numpy as np

from models.errors import SourceError
from models.picture import Picture
from stream.sources.frame import Frame
from stream.sources.opening import ACCELERATIONS, Opening, parameters
from stream.sources.pace import Pacer, advanced
from stream.sources.transport import is_transport_stream
from stream.sources.url import is_playlist, name_of, without_secrets

# Complaints of FFmpeg and OpenCV would tear through progress bars, and show addresses with their
# passwords; what matters of them reaches the user as a SourceError or in the record of a frame.
os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"
# Over UDP, which is FFmpeg's first choice, lost packets smear the picture, and a dead camera looks like a quiet one. And without the
# second, it takes 20 frames to learn their rate before it gives the first.
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp|fpsprobesize;0")
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

STDIN = "pipe:0"
TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
AT_ONCE, AT_ONCE_S, READ_AHEAD = 0.3, 0.01, 64
"""A frame that takes longer than this share of the time between two (seconds, where that is unknown) was waited for; more frames than
that nobody reads ahead."""
SEEK_FROM_S, SEEK_MARGIN_S = 20.0, 5.0
"""A later start than this is jumped to, a little before, so that time stamps and not the jump decide where it begins."""


class Video:
    """An opened capture. Recordings end; a live one that ends was lost.

    `read` counts the frames that came.
    """

    timed: bool = True
    killable = False

    def __init__(
        self,
        capture: cv2.VideoCapture,
        camera: str,
        shown: str,
        live: bool | None,
        opening: Opening,
        files: Sequence[Path] = (),
    ) -> None:
        """`shown` is what messages call it. `live` None: whatever has no known length is."""
        self.capture, self.camera, self.shown, self.files, self.opening = capture, camera, shown, files, opening
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self.live = count <= 0 if live is None else live
        partial = opening.pace.start is not None or opening.pace.end is not None
        self._long = count > 0 and not self.live and not any(is_transport_stream(path) for path in files)
        self.expected: int | None = count if self._long and not partial else None
        fps = capture.get(cv2.CAP_PROP_FPS)
        self.fps: float | None = fps if 0 < fps < 1000 else None
        self.read = 0
        self.stamped = False
        self._behind, self._took = self.live and opening.catch_up, 0.0

    @classmethod
    def from_file(cls, path: Path, opening: Opening) -> Self:
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, parameters(opening, timeouts=False))
        if not capture.isOpened():
            hardware = (
                ""
                if opening.hwaccel == "none"
                else f" with --hwaccel {opening.hwaccel}, if this machine has that at all"
            )
            raise SourceError(
                f"cannot open {path}: no video that OpenCV can decode{hardware}; is it complete, and a video? `ffprobe FILE` says more"
            )
        return cls(capture, path.stem, str(path), False, opening, files=[path])

    @classmethod
    def from_camera(cls, number: int, opening: Opening) -> Self:
        capture = cv2.VideoCapture(number)
        if not capture.isOpened():
            raise SourceError(
                f"cannot open camera {number}: not connected, in use, or not permitted; `ls /dev/video*` lists the cameras"
            )
        return cls(capture, f"camera-{number}", f"camera {number}", True, opening)

    @classmethod
    def from_stdin(cls, opening: Opening) -> Self:
        capture = cv2.VideoCapture(STDIN, cv2.CAP_FFMPEG, parameters(opening, timeouts=False))
        if not capture.isOpened():
            raise SourceError(
                "cannot read standard input: no video that OpenCV can decode; MPEG-TS and motion JPEG fit a pipe"
            )
        return cls(capture, "stdin", "standard input", False, opening)

    @classmethod
    def from_url(cls, url: str, opening: Opening) -> Self:
        shown = opening.shown or without_secrets(url)
        began = time.monotonic()
        capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, parameters(opening, timeouts=True))
        if not capture.isOpened():
            waited = time.monotonic() - began >= 0.9 * opening.open_timeout
            why = f"no answer within {opening.open_timeout:g} s" if waited else "refused, not found, or no video"
            raise SourceError(f"cannot open {shown}: {why}; check address, user and password")
        video = cls(capture, name_of(url), shown, None, opening)
        video.stamped = is_playlist(url)
        return video

    @property
    def decoder(self) -> str:
        """What decodes, as far as OpenCV tells: asking for hardware falls back to software without a word."""
        used = int(self.capture.get(cv2.CAP_PROP_HW_ACCELERATION))
        return next((name for name, number in ACCELERATIONS.items() if number == used and used > 0), "software")

    def frames(self) -> Iterator[Frame | None]:
        pacer = Pacer(self.opening.pace)
        index, previous, began = self._jump(), -1.0, None
        while self._grabbed():
            arrived = time.monotonic()
            began = arrived if began is None else began
            # Live time stamps cannot be trusted: of motion JPEG, FFmpeg makes them up. Of HLS they must be: frames come in bursts.
            media_time = arrived - began if self.live and not self.stamped else self._media_time(previous)
            self.read += 1
            verdict = "skip" if self._is_behind() else pacer.judge(media_time)
            if verdict == "stop":
                return
            if verdict == "skip":
                yield None
            else:
                yield self._frame(index, media_time, arrived)
            index, previous = index + 1, media_time
        if self.read == 0:
            raise SourceError(f"{self.shown} opens, but not one frame can be decoded; is it complete?")
        if self.live:
            raise SourceError(
                f"{self.shown} was lost after {self.read} frames: it ended, or gave nothing for {self.opening.read_timeout:g} s"
            )

    def close(self) -> None:
        self.capture.release()

    def _grabbed(self) -> bool:
        """A live read that took until its time-out has failed, whatever OpenCV says: it gives out what the decoder still held."""
        began = time.monotonic()
        grabbed = self.capture.grab()
        self._took = time.monotonic() - began
        return grabbed and not (self.live and self._took >= self.opening.read_timeout)

    def _is_behind(self) -> bool:
        """Whether this frame is one of those that FFmpeg read ahead while it opened: they come at once, and are old."""
        at_once = AT_ONCE / self.fps if self.fps else AT_ONCE_S
        self._behind = self._behind and self._took < at_once and self.read <= READ_AHEAD
        return self._behind

    def _frame(self, index: int, media_time: float, arrived: float) -> Frame:
        decoded, picture = self.capture.retrieve()
        return Frame(
            index,
            self._upright(np.asarray(picture, np.uint8)) if decoded else None,
            media_time,
            arrived,
            time=time.time() if self.live else None,
            reason=None if decoded else "corrupt",
        )

    def _upright(self, picture: Picture) -> Picture:
        """What the file's own header says of rotation, OpenCV has done already."""
        turn = TURNS.get(self.opening.rotate)
        return picture if turn is None else np.asarray(cv2.rotate(picture, turn), np.uint8)

    def _jump(self) -> int:
        """Goes near a late start without decoding all before it. Returns the number of the next frame, by the frame rate."""
        start = self.opening.pace.start or 0.0
        if start < SEEK_FROM_S or not self._long:
            return 0
        near = 1000 * (start - SEEK_MARGIN_S)
        self.capture.set(cv2.CAP_PROP_POS_MSEC, near)
        index = max(0, int(self.capture.get(cv2.CAP_PROP_POS_FRAMES)))
        # Where frames come at uneven times, it may land too late.
        landed = self.capture.grab() and self.capture.get(cv2.CAP_PROP_POS_MSEC) <= 1000 * start
        self.capture.set(cv2.CAP_PROP_POS_MSEC, near if landed else 0)
        return index if landed else 0

    def _media_time(self, previous: float) -> float:
        """A recording's time stamp in seconds; where that does not advance, the frame rate's."""
        return advanced(float(self.capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000, previous, self.fps)
