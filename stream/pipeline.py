"""Source to detections: one thread reads and shrinks, the caller's thread infers, batch by batch."""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from threading import Thread

import numpy as np

from models.classifier import Classifier
from models.picture import Box, Picture, cut, fit
from stream.buffer import Buffer
from stream.detection import CONFIDENCE_DIGITS, Detection, ModelId, View, blind, seen
from stream.frame import Frame
from stream.source import Source
from stream.views import Views

WHOLE_FRAME = Views()
READER_PATIENCE_S = 2.0
"""A reader stuck in a dead connection is left behind after this; it is a daemon thread."""


@dataclass(frozen=True, slots=True)
class _Item:
    frame: Frame
    boxes: Sequence[Box]
    pictures: Sequence[Picture]
    """Of the boxes, at the network's size; none where the frame shows nothing."""


class Pipeline:
    """Frames of one source, each with its detection, in order.

    `batch` counts views: so many are looked at in one go, of one frame or of several. `threshold`: None for
    the model's own.
    A recording is read in full batches and loses nothing; of a live source the newest frames are
    kept, and `dropped` counts the others.
    """

    def __init__(
        self,
        source: Source,
        classifier: Classifier,
        batch: int = 8,
        views: Views = WHOLE_FRAME,
        threshold: float | None = None,
    ) -> None:
        self.source, self.classifier, self.batch, self.views = source, classifier, batch, views
        self.threshold = classifier.bundle.card.threshold.value if threshold is None else threshold
        self._frames = max(1, batch // views.count)
        self._buffer: Buffer[_Item] = Buffer(self._frames if source.live else 2 * self._frames, lossy=source.live)

    @property
    def dropped(self) -> int:
        """Live frames that arrived faster than they could be looked at."""
        return self._buffer.dropped

    def run(self) -> Generator[tuple[Frame, Detection]]:
        """Reads until the source ends, and closes it. Stop early by closing the generator.

        Raises:
            SourceError: the source is lost, or gives nothing; after all frames before that.
        """
        reader = Thread(target=self._read, name=f"reader of {self.source.camera}", daemon=True)
        reader.start()
        try:
            while items := self._buffer.take(self._frames, full=not self.source.live):
                yield from self._look(items)
        finally:
            self._buffer.end()
            reader.join(READER_PATIENCE_S)
            if not reader.is_alive():  # closing a capture in which a thread still reads crashes OpenCV
                self.source.close()

    def _read(self) -> None:
        try:
            for frame in self.source.frames():
                if not self._buffer.put(self._item(frame)):
                    break
            self._buffer.end()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the thread that infers must hear of it
            self._buffer.end(error)

    def _item(self, frame: Frame) -> _Item:
        if frame.picture is None:
            return _Item(frame, (), ())
        width, height = self.classifier.input.width, self.classifier.input.height
        boxes = self.views.boxes(frame.picture.shape[1], frame.picture.shape[0])
        return _Item(frame, boxes, [fit(cut(frame.picture, box), width, height) for box in boxes])

    def _look(self, items: list[_Item]) -> Iterator[tuple[Frame, Detection]]:
        camera, model = self.source.camera, ModelId.of(self.classifier.bundle)
        began = time.monotonic()
        answers = self._answers([picture for item in items for picture in item.pictures])
        ended = time.monotonic()
        for item in items:
            frame = item.frame
            if not item.boxes:
                yield frame, blind(frame, camera, model)
                continue
            views = tuple(View(box=box, confidence=round(next(answers), CONFIDENCE_DIGITS)) for box in item.boxes)
            latency = {"wait": began - frame.arrived, "infer": ended - began, "total": ended - frame.arrived}
            latency_ms = (
                {name: round(1000 * seconds, 1) for name, seconds in latency.items()} if self.source.live else None
            )
            yield frame, seen(frame, camera, model, views, self.threshold, latency_ms)

    def _answers(self, pictures: Sequence[Picture]) -> Iterator[float]:
        """One a picture. No more than a batch at once, as many views a frame would take much memory."""
        batches = (pictures[start : start + self.batch] for start in range(0, len(pictures), self.batch))
        return iter([answer for each in batches for answer in self.classifier.probabilities(np.stack(each)).tolist()])
