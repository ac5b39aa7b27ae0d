"""Source to detections: one thread reads and shrinks, the caller's thread infers, batch by batch."""

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from threading import Thread

import numpy as np

from models.classifier import Classifier
from models.picture import Picture, fit
from stream.buffer import Buffer
from stream.detection import CONFIDENCE_DIGITS, Detection, ModelId, View, blind, seen
from stream.frame import Frame
from stream.source import Source

READER_PATIENCE_S = 2.0
"""A reader stuck in a dead connection is left behind after this; it is a daemon thread."""


@dataclass(frozen=True, slots=True)
class _Item:
    frame: Frame
    view: Picture | None


class Pipeline:
    """Frames of one source, each with its detection, in order.

    A recording is read in full batches and loses nothing; of a live source the newest frames are
    kept, and `dropped` counts the others.
    """

    def __init__(self, source: Source, classifier: Classifier, batch: int = 8) -> None:
        self.source, self.classifier, self.batch = source, classifier, batch
        self._buffer: Buffer[_Item] = Buffer(batch if source.live else 2 * batch, lossy=source.live)

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
            while items := self._buffer.take(self.batch, full=not self.source.live):
                yield from self._look(items)
        finally:
            self._buffer.end()
            reader.join(READER_PATIENCE_S)
            if not reader.is_alive():  # closing a capture in which a thread still reads crashes OpenCV
                self.source.close()

    def _read(self) -> None:
        width, height = self.classifier.input.width, self.classifier.input.height
        try:
            for frame in self.source.frames():
                view = None if frame.picture is None else fit(frame.picture, width, height)
                if not self._buffer.put(_Item(frame, view)):
                    break
            self._buffer.end()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the thread that infers must hear of it
            self._buffer.end(error)

    def _look(self, items: list[_Item]) -> Iterator[tuple[Frame, Detection]]:
        camera, model = self.source.camera, ModelId.of(self.classifier.bundle)
        threshold = self.classifier.bundle.card.threshold.value
        views = [item.view for item in items if item.view is not None]
        began = time.monotonic()
        answers = iter(self.classifier.probabilities(np.stack(views)).tolist() if views else [])
        ended = time.monotonic()
        for frame in (item.frame for item in items):
            if frame.picture is None:
                yield frame, blind(frame, camera, model)
                continue
            height, width, _ = frame.picture.shape
            view = View(box=(0, 0, width, height), confidence=round(next(answers), CONFIDENCE_DIGITS))
            latency = {"wait": began - frame.arrived, "infer": ended - began, "total": ended - frame.arrived}
            latency_ms = (
                {name: round(1000 * seconds, 1) for name, seconds in latency.items()} if self.source.live else None
            )
            yield frame, seen(frame, camera, model, view, threshold, latency_ms)
