"""Frames of all cameras to detections: readers read and shrink, the caller's thread infers, batch by batch."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from threading import Event

import cv2
import numpy as np

from models.classifier import Classifier
from models.picture import Picture
from stream.looking.detection import CONFIDENCE_DIGITS, Detection, ModelId, View, blind, seen
from stream.looking.lanes import Lane, Lanes
from stream.looking.lookout import Lookout
from stream.looking.merge import merge
from stream.looking.post import Counts, Post, Waiting
from stream.sources.clock import Clock, SystemClock
from stream.sources.frame import Frame
from stream.sources.source import Source
from stream.sources.status import Status

BATCH = 4
"""Views: more at once are no faster (vgg16-river in int8 on two cores: 56.0 a second one by one, 56.8 by 4, 55.8 by 8), and take more memory."""
BATCH_WAIT_S = 0.02


@dataclass(frozen=True, slots=True)
class Look:
    """A frame, or the news that there is none, and what is known about it."""

    camera: str
    frame: Frame
    detection: Detection


class Pipeline:
    """Looks at the frames of several cameras, those of each in order. Cameras may come and go while it runs.

    A recording is read in full batches and loses nothing; of a live camera the newest frames are looked at, see `Policy`.

    Args:
        classifier: answers for the views.
        batch: views looked at in one go, of one frame or of several, of one camera or of several.
        wait: seconds that a live view waits at most for others to join it.
        pictures: looks hold the frames' pictures; of 1080p, 6 MB each.
        clock: for all of it.
    """

    def __init__(
        self,
        classifier: Classifier,
        batch: int = BATCH,
        wait: float = BATCH_WAIT_S,
        pictures: bool = True,
        clock: Clock | None = None,
    ) -> None:
        cv2.setNumThreads(1)  # readers and the network share the cores already; of recordings it makes 3 to 5 % more
        self.classifier, self.batch, self._pictures = classifier, batch, pictures
        self._clock = clock or SystemClock()
        self._lanes: Lanes[Waiting] = Lanes(wait, self._clock)
        self._posts: dict[str, Post] = {}
        self._model = ModelId.of(classifier.bundle)
        self._stop = Event()

    def add(self, lookout: Lookout) -> None:
        """Begins to read it."""
        frames = max(1, self.batch // lookout.layout.count)
        size = (self.classifier.input.width, self.classifier.input.height)
        post = self._posts[lookout.camera] = Post(
            lookout, self._lanes, frames, size, self._pictures, self._model.sha256, self._clock
        )
        post.keeper.start()

    def remove(self, camera: str) -> Counts:
        """Reads it no more; what waits is dropped. Returns its last counts."""
        post = self._posts.pop(camera)
        self._lanes.remove(post.lane)
        post.keeper.stop()
        if post.adapting is not None:
            post.adapting.save()
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
                post.keeper.ask_to_stop()
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

    def _look(self, taken: list[tuple[Lane[Waiting], Waiting]]) -> Iterator[Look]:
        began = self._clock.monotonic()
        plans = [self._plan(lane.camera, item) for lane, item in taken if lane.camera in self._posts]
        pictures = [plan.item.pictures[index] for plan in plans for index in plan.fresh]
        answers = self._answers(pictures)
        ended = self._clock.monotonic()
        for plan in plans:
            for index in plan.fresh:
                plan.answers[index] = next(answers)
            yield self._record(plan, began, ended)

    def _plan(self, camera: str, item: Waiting) -> "_Plan":
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
        if plan.post.adapting is not None and frame.media_time is not None:
            plan.post.adapting.learn({index: plan.answers[index] for index in plan.fresh}, frame.media_time)
        latency = {"wait": began - frame.arrived, "infer": ended - began, "total": ended - frame.arrived}
        latency_ms = {name: round(1000 * seconds, 1) for name, seconds in latency.items()} if frame.time else None
        detection = seen(frame, lookout.camera, self._model, views, lookout.threshold, latency_ms, merge)
        return Look(lookout.camera, frame, detection)

    def _view(self, plan: "_Plan", index: int) -> View:
        lookout, answer, background = plan.post.lookout, plan.answers[index], plan.post.background
        counts = answer if background is None else background.adapted(answer, index, lookout.threshold)
        return View(
            name=lookout.layout.names[index],
            box=plan.item.boxes[index],
            confidence=round(counts, CONFIDENCE_DIGITS),
            raw=None if background is None else round(answer, CONFIDENCE_DIGITS),
            inferred=index in plan.fresh,
        )

    def _answers(self, pictures: Sequence[Picture]) -> Iterator[float]:
        """One a picture. No more than a batch at once, as many views a frame would take much memory."""
        batches = (pictures[start : start + self.batch] for start in range(0, len(pictures), self.batch))
        return iter([answer for each in batches for answer in self.classifier.probabilities(np.stack(each)).tolist()])


@dataclass(frozen=True, slots=True)
class _Plan:
    """`fresh`: the views that the network is asked about; `answers`: of the others those that still hold."""

    post: Post
    item: Waiting
    fresh: list[int]
    answers: dict[int, float]
