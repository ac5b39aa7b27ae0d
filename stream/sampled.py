"""A source of which a frame is looked at only every so often."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from stream.frame import Frame
from stream.source import Source


class Sampled:
    """The first frame of another source in each stretch of `every` seconds of media time; 0 takes all.

    Still pictures have no time and are all taken. The others are read nonetheless: a recording must be decoded
    in order, and a camera whose frames nobody takes stalls.
    """

    def __init__(self, source: Source, every: float) -> None:
        self.source, self.every = source, every
        self.camera, self.fps, self.expected = source.camera, source.fps, source.expected
        self.files: Sequence[Path] = source.files
        self.live, self.timed = source.live, source.timed

    def frames(self) -> Iterator[Frame]:
        due = 0.0
        for frame in self.source.frames():
            if frame.media_time is None or self.every == 0:
                yield frame
            elif frame.media_time >= due:
                due = (frame.media_time // self.every + 1) * self.every
                yield frame

    def close(self) -> None:
        self.source.close()
