"""Video files whose frames are kept in the usual way, decoded by FFmpeg itself (PyAV).

OpenCV makes every frame a picture of three bytes a pixel, which costs half as much as decoding it; here a frame stays as the decoder left it
until somebody wants pixels. Files of other kinds are left to `stream.sources.video`.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import av
import numpy as np
from av.error import FFmpegError
from av.video.stream import VideoStream

from models.errors import SourceError
from stream.sources.frame import Frame
from stream.sources.opening import Opening
from stream.sources.pace import Pacer, advanced
from stream.sources.planes import LAYOUTS, Planes
from stream.sources.transport import is_transport_stream
from stream.sources.video import SEEK_FROM_S, SEEK_MARGIN_S

av.logging.set_level(None)  # its complaints would tear through progress bars


EVEN = 1e-3
"""Share by which the shortest and the mean time between frames may differ."""


class Recording:
    """An opened video file."""

    live: bool = False
    timed: bool = True
    killable: bool = False
    decoder = "software"

    def __init__(self, path: Path, opening: Opening, container: av.container.InputContainer) -> None:
        self.camera, self.opening = path.stem, opening
        self.files: Sequence[Path] = [path]
        self._shown, self._container = str(path), container
        self._stream: VideoStream = container.streams.video[0]
        self._stream.thread_type = "AUTO"
        self._tick = float(self._stream.time_base or 1)
        rate = self._stream.guessed_rate
        self.fps: float | None = float(rate) if rate and 0 < rate < 1000 else None
        partial = opening.pace.start is not None or opening.pace.end is not None
        self._long = not is_transport_stream(path)
        self.expected: int | None = (self._count() or None) if self._long and not partial else None
        self.read = 0

    @classmethod
    def opened(cls, path: Path, opening: Opening) -> Self | None:
        """None where the file is none of this kind, or is to be decoded or turned otherwise than plainly."""
        if opening.hwaccel != "none" or opening.rotate:
            return None
        with suppress(FFmpegError, ValueError, OverflowError):  # whatever it is, OpenCV will say what there is to say
            if _is_plain(path):
                recording = cls(path, opening, _open(path))
                if recording.countable or (opening.pace.start or 0.0) < SEEK_FROM_S:
                    return recording
                recording.close()
        return None

    def frames(self) -> Iterator[Frame | None]:
        pacer = Pacer(self.opening.pace)
        index, previous = 0, -1.0
        for decoded in self._decoded():
            arrived = time.monotonic()
            media_time = self._media_time(decoded, previous)
            if not self.read and media_time > 1 / (self.fps or 25):  # after a jump
                index = round(media_time * (self.fps or 25))
            self.read += 1
            verdict = pacer.judge(media_time)
            if verdict == "stop":
                return
            if verdict == "skip":
                yield None
            elif decoded.format.name in LAYOUTS:
                yield Frame(index, None, media_time, arrived, planes=Planes(decoded))
            else:  # the file changes its mind
                yield Frame(index, np.asarray(decoded.to_ndarray(format="bgr24"), np.uint8), media_time, arrived)
            index, previous = index + 1, media_time
        if self.read == 0:
            raise SourceError(f"{self._shown} opens, but not one frame can be decoded; is it complete?")

    def close(self) -> None:
        self._container.close()

    def _decoded(self) -> Iterator[av.VideoFrame]:
        """What cannot be decoded is left out, as OpenCV does."""
        start = self.opening.pace.start or 0.0
        if start >= SEEK_FROM_S and self.countable and not self._jumped(start):
            self._container.seek(0)
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except FFmpegError:  # the file ends in the middle of something
                packet = None
            with suppress(FFmpegError):
                yield from self._stream.decode(packet)
            if packet is None or (packet.dts is None and not packet.size):
                return

    def _jumped(self, start: float) -> bool:
        """Near a late start without decoding all before it. Whether it landed before that."""
        offset = self._stream.start_time or 0
        wanted = offset + round((start - SEEK_MARGIN_S) / self._tick)
        try:
            self._container.seek(wanted, stream=self._stream)
            first = next(packet for packet in self._container.demux(self._stream) if packet.pts is not None)
            landed = ((first.pts or 0) - offset) * self._tick <= start
            if landed:
                self._container.seek(wanted, stream=self._stream)
            return landed
        except (FFmpegError, StopIteration):
            return False

    @property
    def countable(self) -> bool:
        """Whether all frames are listed, and come at even times, so that after a jump their time tells their number."""
        base, mean = self._stream.base_rate, self._stream.average_rate
        return bool(self._stream.frames) and base is not None and mean is not None and abs(base / mean - 1) < EVEN

    def _count(self) -> int:
        """As the header says, or as long as it lasts."""
        if self._stream.frames:
            return int(self._stream.frames)
        if self._container.duration and self.fps:
            return round(self._container.duration / av.time_base * self.fps)
        return 0

    def _media_time(self, decoded: av.VideoFrame, previous: float) -> float:
        """A time stamp in seconds; where that does not advance, the frame rate's."""
        if decoded.pts is None:
            return advanced(None, previous, self.fps)
        # By way of milliseconds, as OpenCV tells it: to the last bit the same.
        stamp = 1000 * ((decoded.pts - (self._stream.start_time or 0)) * self._tick) / 1000
        return advanced(stamp, previous, self.fps)


def _open(path: Path) -> av.container.InputContainer:
    # Whole, as FFmpeg would take what stands before a colon for a protocol.
    return av.open(str(path.absolute()), metadata_errors="replace")


def _is_plain(path: Path) -> bool:
    """Whether its frames are kept in the usual way, and its header does not want them to be turned: OpenCV does that."""
    with _open(path) as container:
        if not container.streams.video:
            return False
        first = next(container.decode(video=0), None)  # of a clip of its own: a jump back is not possible in every file
        return first is not None and first.format.name in LAYOUTS and not first.rotation
