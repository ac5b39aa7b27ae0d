"""The annotated video: H.264 in MP4, written so that it plays even if the program is killed."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from models.closing import Closing
from models.errors import OutputError
from models.picture import Picture

TICKS = 90_000
"""Time stamps a second; MPEG's own, so that any frame rate fits."""
STILLS_PER_SECOND = 2.0


class _Target:
    """Takes what the muxer writes. FFmpeg must not see a failure: PyAV 18 crashes when it closes after one."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("wb", buffering=0)
        self.error: OSError | None = None

    def write(self, content: bytes) -> int:
        rest = memoryview(content)
        try:
            while self.error is None and rest:
                rest = rest[self.file.write(rest) or 0 :]
        except OSError as error:
            self.error = error
        return len(content)


class VideoFile(Closing):
    """An MP4 that grows frame by frame. Fragmented: a kill loses about the last two seconds.

    Pictures of another size than the first are brought to it.

    Raises:
        OutputError: the file cannot be written.
    """

    def __init__(self, path: Path, fps: float | None) -> None:
        """`fps`: of the source, None where unknown. Frames come with times of their own; without, `fps` counts."""
        self.path = path
        self.fps = fps
        self._size: tuple[int, int] | None = None
        self._last = -1
        self._container: av.container.OutputContainer | None
        options = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
        try:
            self._target = _Target(path)
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror}") from error
        self._container = av.open(self._target, "w", format="mp4", options=options)

    def write(self, picture: Picture, media_time: float | None) -> None:
        """Adds a picture: uint8, (height, width, 3), BGR; `media_time` in seconds, rising."""
        if self._container is None:
            raise ValueError(f"{self.path} is closed")
        if self._size is None:
            self._size = self._start(picture)
        shown = (
            picture
            if picture.shape[1::-1] == self._size
            else np.asarray(cv2.resize(picture, self._size, interpolation=cv2.INTER_AREA), np.uint8)
        )
        frame = av.VideoFrame.from_ndarray(shown, format="bgr24")
        step = round(TICKS / (self.fps or STILLS_PER_SECOND))
        wanted = self._last + step if media_time is None else round(media_time * TICKS)
        self._last = frame.pts = max(wanted, self._last + 1)
        frame.time_base = Fraction(1, TICKS)
        self._container.mux(self._stream.encode(frame))
        self._check()

    def close(self) -> None:
        """Writes what the encoder still holds. May be called twice."""
        container, self._container = self._container, None
        if container is None:
            return
        try:
            if self._size is not None:
                container.mux(self._stream.encode(None))
                container.close()
                self._check()
        finally:
            self._target.file.close()
        if self._size is None and self.path.is_file():
            self.path.unlink()  # no picture, no video; and no older one under this name

    def _start(self, picture: Picture) -> tuple[int, int]:
        """H.264 with 4:2:0 colour wants even sides."""
        assert self._container is not None
        rate = Fraction(self.fps or STILLS_PER_SECOND).limit_denominator(1001)
        self._stream = self._container.add_stream("libx264", rate=rate, options={"preset": "veryfast", "crf": "23"})
        size = (max(2, picture.shape[1] // 2 * 2), max(2, picture.shape[0] // 2 * 2))
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"
        self._stream.gop_size = max(1, round(rate))  # a fragment a second
        self._stream.codec_context.time_base = Fraction(1, TICKS)
        return size

    def _check(self) -> None:
        if self._target.error is not None:
            raise OutputError(f"cannot write {self.path}: {self._target.error.strerror}") from self._target.error
