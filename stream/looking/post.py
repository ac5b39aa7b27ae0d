"""One camera on its way through the pipeline: from its source to the lane in which its frames wait."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from models.picture import Box, Picture, fit
from stream.looking.adapting import Adapting
from stream.looking.background import Background
from stream.looking.gate import Gate
from stream.looking.lanes import Lane, Lanes
from stream.looking.lookout import WHOLE_FRAME, Lookout
from stream.looking.policy import EVERY
from stream.sources.clock import Clock
from stream.sources.frame import Frame
from stream.sources.keeper import Keeper
from stream.sources.planes import Planes
from stream.sources.quality import SIDE, Quality
from stream.sources.source import Source

SLACK = 2
"""Frames of a live camera that wait at most: one that is due, and one that came while the last batch was looked at."""
AGED = 256
"""The same where age, not number, decides which are dropped."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A frame that waits to be looked at."""

    frame: Frame
    boxes: Sequence[Box]
    pictures: Sequence[Picture]
    """Of the views, at the network's size; none where the frame shows nothing."""

    @property
    def cost(self) -> int:
        return len(self.pictures)

    @property
    def news(self) -> bool:
        return self.frame.index is None


@dataclass(frozen=True, slots=True)
class Counts:
    """Frames of one camera: all that were read are recorded, skipped, dropped or still `waiting`."""

    read: int
    skipped: int
    recorded: int
    dropped: Mapping[str, int]
    waiting: int


class Post:
    """One camera on its way through the pipeline."""

    def __init__(
        self,
        lookout: Lookout,
        lanes: Lanes[Waiting],
        frames: int,
        size: tuple[int, int],
        pictures: bool,
        model: str,
        clock: Clock,
    ) -> None:
        self.lookout, self._lanes, self._size, self._pictures = lookout, lanes, size, pictures
        self.lane: Lane[Waiting] = Lane(lookout.camera, EVERY, lookout.live, frames)
        self._frames, self._large = frames, min(size) >= SIDE
        self.gate = None if lookout.gate is None else Gate(lookout.gate)
        self.adapting = None
        if lookout.learning is not None:
            self.adapting = Adapting(lookout.learning, lookout.background, lookout.layout, model)
        self.recorded = 0
        self._quality = Quality()
        self._settle(lookout.live)
        self.keeper = Keeper(
            lookout.camera,
            lookout.open_source,
            self._deliver,
            lambda: lanes.end(self.lane),
            lookout.live,
            lookout.patience,
            clock,
        )
        lanes.open(self.lane)

    @property
    def background(self) -> Background | None:
        return self.lookout.background if self.adapting is None else self.adapting.background

    @property
    def counts(self) -> Counts:
        read, skipped = self.keeper.counts
        items = list(self.lane.items)  # at once: readers add to them meanwhile
        waiting = sum(not item.news for _, item in items)
        return Counts(read, skipped, self.recorded, dict(self.lane.dropped), waiting)

    def _deliver(self, source: Source | None, frame: Frame) -> bool:
        if source is not None and source.live != self.lane.live:  # an address turned out to be a recording
            self._settle(source.live)
        return self._lanes.put(self.lane, self._item(frame))

    def _settle(self, live: bool) -> None:
        lane = self.lane
        lane.live = live
        lane.policy = self.lookout.policy or (self.lookout.usual if live else EVERY)
        aged = lane.policy.max_age is not None
        lane.capacity = AGED if aged else 2 * self._frames if lane.policy.lossless else SLACK

    def _item(self, frame: Frame) -> Waiting:
        layout = self.lookout.layout
        if frame.planes is not None and layout == WHOLE_FRAME:
            return self._whole(frame, frame.planes)
        frame = frame.as_picture()
        picture = frame.picture
        if picture is None:
            return Waiting(frame, (), ())
        small = fit(picture, *self._size)
        judged = small if self._large else fit(picture, SIDE, SIDE)
        if reason := self._quality.judge(picture, judged, frame.media_time):
            return Waiting(replace(frame, reason=reason, picture=picture if self._pictures else None), (), ())
        # The whole frame, the first view of a grid, is small already; a zone is painted, be it as large.
        parts = zip(layout.cut(picture), layout.names, strict=True)
        pictures = [
            small if name is None and part.shape == picture.shape else fit(part, *self._size) for part, name in parts
        ]
        kept = frame if self._pictures else replace(frame, picture=None)
        return Waiting(kept, layout.boxes(picture.shape[1], picture.shape[0]), pictures)

    def _whole(self, frame: Frame, planes: Planes) -> Waiting:
        """Becomes a full picture only where somebody wants one. What the network sees hangs on no output: a video changes no answer."""
        kept = frame.as_picture() if self._pictures else replace(frame, planes=None)
        small = planes.fit(*self._size)
        judged = small if self._large else planes.fit(SIDE, SIDE)
        if reason := self._quality.judge(planes.brightness, judged, frame.media_time):
            return Waiting(replace(kept, reason=reason), (), ())
        return Waiting(kept, self.lookout.layout.boxes(*planes.size), (small,))
