"""Frames of all cameras to detections: readers read and shrink, the caller's thread infers, batch by batch."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Event

import numpy as np

from models.classifier import Classifier
from models.picture import Box, Picture, fit
from stream.clock import Clock, SystemClock
from stream.detection import CONFIDENCE_DIGITS, Detection, ModelId, View, blind, seen
from stream.frame import Frame
from stream.gate import Gate
from stream.keeper import Keeper, Status
from stream.lanes import Lane, Lanes
from stream.lookout import Lookout
from stream.merge import merge
from stream.policy import EVERY, LATEST
from stream.quality import Quality
from stream.source import Source

BATCH_WAIT_S = 0.02
SLACK = 2
"""Frames of a live camera that wait at most: one that is due, and one that came while the last batch was looked at."""
AGED = 256
"""The same where age, not number, decides which are dropped."""


@dataclass(frozen=True, slots=True)
class _Item:
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
class Look:
    """A frame, or the news that there is none, and what is known about it."""

    camera: str
    frame: Frame
    detection: Detection


@dataclass(frozen=True, slots=True)
class Counts:
    """Frames of one camera: all that were read are recorded, skipped, dropped or still `waiting`."""

    read: int
    skipped: int
    recorded: int
    dropped: Mapping[str, int]
    waiting: int


class _Post:
    """One camera on its way through the pipeline."""

    def __init__(self, lookout: Lookout, lanes: Lanes[_Item], frames: int, size: tuple[int, int], clock: Clock) -> None:
        self.lookout, self._lanes, self._size = lookout, lanes, size
        policy = lookout.policy or (LATEST if lookout.live else EVERY)
        self.lane: Lane[_Item] = Lane(lookout.camera, policy, lookout.live, frames)
        self._frames = frames
        self.gate = None if lookout.gate is None else Gate(lookout.gate)
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
    def counts(self) -> Counts:
        read, skipped = self.keeper.counts
        waiting = sum(not item.news for _, item in self.lane.items)
        return Counts(read, skipped, self.recorded, dict(self.lane.dropped), waiting)

    def _deliver(self, source: Source | None, frame: Frame) -> bool:
        if source is not None and source.live != self.lane.live:  # an address turned out to be a recording
            self._settle(source.live)
        return self._lanes.put(self.lane, self._item(frame))

    def _settle(self, live: bool) -> None:
        lane = self.lane
        lane.live = live
        lane.policy = self.lookout.policy or (LATEST if live else EVERY)
        aged = lane.policy.max_age is not None
        lane.capacity = AGED if aged else 2 * self._frames if lane.policy.lossless else SLACK

    def _item(self, frame: Frame) -> _Item:
        if frame.picture is None:
            return _Item(frame, (), ())
        layout, picture = self.lookout.layout, frame.picture
        small = fit(picture, *self._size)
        if reason := self._quality.judge(picture, small, frame.media_time):
            return _Item(replace(frame, reason=reason), (), ())
        if layout.count == 1 and not any(layout.names):
            pictures = [small]
        else:
            pictures = [fit(part, *self._size) for part in layout.cut(picture)]
        return _Item(frame, layout.boxes(picture.shape[1], picture.shape[0]), pictures)


class Pipeline:
    """Looks at the frames of several cameras, those of each in order. Cameras may come and go while it runs.

    A recording is read in full batches and loses nothing; of a live camera the newest frames are looked at, see `Policy`.

    Args:
        classifier: answers for the views.
        batch: views looked at in one go, of one frame or of several, of one camera or of several.
        wait: seconds that a live view waits at most for others to join it.
        clock: for all of it.
    """

    def __init__(
        self, classifier: Classifier, batch: int = 8, wait: float = BATCH_WAIT_S, clock: Clock | None = None
    ) -> None:
        self.classifier, self.batch = classifier, batch
        self._clock = clock or SystemClock()
        self._lanes: Lanes[_Item] = Lanes(wait, self._clock)
        self._posts: dict[str, _Post] = {}
        self._model = ModelId.of(classifier.bundle)
        self._stop = Event()

    def add(self, lookout: Lookout) -> None:
        """Begins to read it."""
        frames = max(1, self.batch // lookout.layout.count)
        size = (self.classifier.input.width, self.classifier.input.height)
        post = self._posts[lookout.camera] = _Post(lookout, self._lanes, frames, size, self._clock)
        post.keeper.start()

    def remove(self, camera: str) -> Counts:
        """Reads it no more; what waits is dropped. Returns its last counts."""
        post = self._posts.pop(camera)
        self._lanes.remove(post.lane)
        post.keeper.stop()
        return post.counts

    def run(self) -> Generator[list[Look]]:
        """Batch by batch, until every source has ended, or `stop`; a batch may be empty, so that the caller can see to other things.

        Stop early by closing the generator, too.

        What went wrong with a source is its `Status`, and `error`; it stops no other.
        """
        try:
            while not self._stop.is_set() and not (self._posts and self._lanes.over):
                yield list(self._look(self._lanes.take(self.batch)))
        finally:
            self._lanes.close()
            for post in self._posts.values():
                self._lanes.remove(post.lane)
            for post in self._posts.values():
                post.keeper.stop()

    def stop(self) -> None:
        """Ends `run` within a batch. May be called from a signal handler."""
        self._stop.set()

    @property
    def cameras(self) -> list[str]:
        return list(self._posts)

    def status(self, camera: str) -> Status:
        return self._posts[camera].keeper.status

    def counts(self, camera: str) -> Counts:
        return self._posts[camera].counts

    def error(self, camera: str) -> BaseException | None:
        """Why the source was given up; None where it was not."""
        return self._posts[camera].keeper.error

    def source(self, camera: str) -> Source | None:
        """The one that was opened last; None where none ever was."""
        return self._posts[camera].keeper.source

    def _look(self, taken: list[tuple[Lane[_Item], _Item]]) -> Iterator[Look]:
        began = self._clock.monotonic()
        plans = [self._plan(lane.camera, item) for lane, item in taken if lane.camera in self._posts]
        pictures = [plan.item.pictures[index] for plan in plans for index in plan.fresh]
        answers = self._answers(pictures)
        ended = self._clock.monotonic()
        for plan in plans:
            for index in plan.fresh:
                plan.answers[index] = next(answers)
            yield self._record(plan, began, ended)

    def _plan(self, camera: str, item: _Item) -> "_Plan":
        post, gate, at = self._posts[camera], self._posts[camera].gate, item.frame.media_time
        post.recorded += not item.news
        if gate is None or at is None:
            return _Plan(post, item, list(range(item.cost)), {})
        fresh = [index for index, picture in enumerate(item.pictures) if gate.needs(index, picture, at)]
        return _Plan(post, item, fresh, {index: gate.last(index) for index in range(item.cost) if index not in fresh})

    def _record(self, plan: "_Plan", began: float, ended: float) -> Look:
        frame, lookout = plan.item.frame, plan.post.lookout
        if not plan.item.boxes:
            return Look(lookout.camera, frame, blind(frame, lookout.camera, self._model, lookout.threshold))
        if plan.post.gate is not None and frame.media_time is not None:
            for index in plan.fresh:
                plan.post.gate.remember(index, plan.item.pictures[index], frame.media_time, plan.answers[index])
        views = tuple(self._view(plan, index) for index in range(plan.item.cost))
        latency = {"wait": began - frame.arrived, "infer": ended - began, "total": ended - frame.arrived}
        latency_ms = {name: round(1000 * seconds, 1) for name, seconds in latency.items()} if frame.time else None
        detection = seen(frame, lookout.camera, self._model, views, lookout.threshold, latency_ms, merge)
        return Look(lookout.camera, frame, detection)

    def _view(self, plan: "_Plan", index: int) -> View:
        lookout, answer = plan.post.lookout, plan.answers[index]
        counts = answer if lookout.background is None else lookout.background.adapted(answer, index, lookout.threshold)
        return View(
            name=lookout.layout.names[index],
            box=plan.item.boxes[index],
            confidence=round(counts, CONFIDENCE_DIGITS),
            raw=None if lookout.background is None else round(answer, CONFIDENCE_DIGITS),
            inferred=index in plan.fresh,
        )

    def _answers(self, pictures: Sequence[Picture]) -> Iterator[float]:
        """One a picture. No more than a batch at once, as many views a frame would take much memory."""
        batches = (pictures[start : start + self.batch] for start in range(0, len(pictures), self.batch))
        return iter([answer for each in batches for answer in self.classifier.probabilities(np.stack(each)).tolist()])


@dataclass(frozen=True, slots=True)
class _Plan:
    """`fresh`: the views that the network is asked about; `answers`: of the others those that still hold."""

    post: _Post
    item: _Item
    fresh: list[int]
    answers: dict[int, float]
