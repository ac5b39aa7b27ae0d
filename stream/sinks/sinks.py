"""Where looks and passages go: each place behind a queue of its own, so that a slow one holds up no camera."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from models.closing import Closing
from models.errors import OutputError
from stream.configuration.outputs import Outputs, Retention
from stream.following.coverage import Hour
from stream.following.watch import News
from stream.looking.pipeline import Look
from stream.sinks.annotate import annotate
from stream.sinks.csvfile import CsvFile
from stream.sinks.jsonl import JsonLines
from stream.sinks.listeners import Listeners
from stream.sinks.places import lists_of, tidied
from stream.sinks.snapshots import Snapshots
from stream.sinks.worker import Worker

if TYPE_CHECKING:
    from stream.sinks.videofile import VideoFile

MB = 10**6
LINES, PICTURES = 10_000, 16
"""What waits for a disk at most: lines are small and come first, pictures are large."""
CLOSING_S = 4.0
"""What a disk has not taken by so long after the end is given up, and said."""


class Sinks(Closing):
    """Opens the places that are wanted, writes to them, and closes them.

    Live: lines wait for a disk that is full, pictures are left out and counted. Of recordings nothing is left out: whoever
    reads waits, and a full disk is an error.

    Args:
        outputs: the places.
        retention: of snapshots.
        live: see above.
        append: lists go on after what is there.
        listeners: closed with the places.

    Raises:
        OutputError: one of them cannot be written.
        BrokenPipeError: standard output was closed.
    """

    def __init__(
        self,
        outputs: Outputs,
        retention: Retention,
        live: bool,
        append: bool = False,
        listeners: Listeners | None = None,
    ) -> None:
        self._outputs, self._live = outputs, live
        self.listeners = Listeners() if listeners is None else listeners
        # A video cannot be added to: in a folder, each watch of a live camera has its own.
        self._begun = f"-{datetime.now(UTC):%Y%m%dT%H%M%SZ}" if live else ""
        self._stack = ExitStack()
        self._workers: dict[str, Worker[Any]] = {}
        self._videos: dict[str, Worker[Look]] = {}
        self._broken: dict[str, str] = {}
        self._gone: Counter[str] = Counter()
        self.snapshots: Snapshots | None = None
        before = {path for path in lists_of(outputs) if path.exists()}
        with self._stack, tidied(outputs, before):  # what is open is closed where a later one cannot be opened
            self._stack.enter_context(self.listeners)
            if outputs.detections is not None:
                rotate = None if outputs.rotate_mb is None else round(outputs.rotate_mb * MB)
                lines = JsonLines(outputs.detections, rotate, outputs.keep, outputs.fsync, append=append)
                self._open("detections", lines, lines.write)
            if outputs.csv is not None:
                table = CsvFile(outputs.csv, append=append)
                self._open("csv", table, table.write)
            if outputs.passages is not None:
                news = JsonLines(str(outputs.passages), fsync=outputs.fsync, append=append)
                self._open("passages", news, news.write)
            if outputs.hours is not None:
                hours = JsonLines(str(outputs.hours), fsync=outputs.fsync, append=append)
                self._open("hours", hours, hours.write)
            if outputs.snapshots is not None:
                self.snapshots = Snapshots(outputs.snapshots, retention)
                self._open("snapshots", None, self._save, pictures=True)
            self._stack = self._stack.pop_all()

    def look(self, look: Look, fps: float | None) -> None:
        """`fps`: of the source, for the video; None where unknown."""
        self._put("detections", look.detection)
        self._put("csv", look.detection)
        self.listeners.look(look.detection)
        if self._outputs.video is not None and look.frame.picture is not None:
            self._film(look, self._outputs.video, fps)

    def news(self, news: Sequence[News]) -> None:
        for each in news:
            self._put("passages", each.event)
            if each.better and each.picture is not None:
                self._put("snapshots", each)
        self.listeners.news([each.event for each in news])

    def hours(self, hours: Sequence[Hour]) -> None:
        for hour in hours:
            self._put("hours", hour)

    def troubles(self) -> dict[str, str]:
        """What keeps a place from being written, as a sentence."""
        found = {name: worker.troubled for name, worker in self._all() if worker.troubled}
        found |= {f"video of {camera}": trouble for camera, trouble in self._broken.items()}
        if self.snapshots is not None and self.snapshots.troubled:
            found["snapshots"] = self.snapshots.troubled
        return found | self.listeners.troubles()

    def depths(self) -> dict[str, int]:
        """How many items wait for each place, and for each listener."""
        return {name: worker.depth for name, worker in self._all()} | self.listeners.depths()

    def left_out(self) -> dict[str, int]:
        """How many items each place has not got, and never will. What listeners have not got they say themselves."""
        found = dict(self._gone)
        for name, worker in self._all():
            found[name] = found.get(name, 0) + worker.shed + worker.lost
        if self.snapshots is not None:
            found["snapshots"] += self.snapshots.shed + self.snapshots.failed
        return {name: count for name, count in found.items() if count}

    def close(self) -> None:
        """Writes what waits; of live watches for CLOSING_S at most, all places together. May be called twice."""
        until = time.monotonic() + CLOSING_S
        self.listeners.leave()
        try:
            for _, worker in self._all():
                worker.close(max(0.0, until - time.monotonic()) if self._live else None)
        finally:
            self._stack.close()

    def finish_video(self, camera: str) -> None:
        """Its frames are over: the video is whole."""
        if (worker := self._videos.pop(camera, None)) is not None:
            worker.close(CLOSING_S if self._live else None)
            self._gone[f"video of {camera}"] += worker.shed + worker.lost

    def _all(self) -> Iterator[tuple[str, Worker[Any]]]:
        yield from self._workers.items()
        yield from ((f"video of {camera}", worker) for camera, worker in self._videos.items())

    def _put(self, name: str, item: BaseModel | News) -> None:
        if (worker := self._workers.get(name)) is not None:
            worker.put(item)

    def _open(self, name: str, place: Closing | None, work: Callable[[Any], object], pictures: bool = False) -> None:
        if place is not None:
            self._stack.enter_context(place)
        capacity = LINES if self._live and not pictures else PICTURES
        self._workers[name] = self._worker(name, work, capacity, pictures, shed=self._live)  # a camera never waits

    def _worker(
        self, name: str, work: Callable[[Any], object], capacity: int, pictures: bool, shed: bool
    ) -> Worker[Any]:
        worker: Worker[Any] = Worker(work, name, capacity, shed, patience=self._live and not pictures)
        self._stack.callback(worker.close, CLOSING_S if self._live else None)
        return worker

    def _film(self, look: Look, place: Path, fps: float | None) -> None:
        """A live camera's video that cannot be written ends, and the watch goes on without it."""
        if look.camera in self._broken:
            self._gone[f"video of {look.camera}"] += 1
            return
        try:
            self._video(look.camera, place, fps, shed=look.detection.time is not None).put(look)
        except OutputError as error:
            if not self._live:
                raise
            self._broken[look.camera] = str(error)
            self._gone[f"video of {look.camera}"] += 1

    def _video(self, camera: str, place: Path, fps: float | None, shed: bool) -> Worker[Look]:
        if camera not in self._videos:
            from stream.sinks.videofile import VideoFile  # with PyAV, which takes memory and time

            path = place if place.suffix.lower() == ".mp4" else place / f"{camera}{self._begun}.mp4"
            path.parent.mkdir(parents=True, exist_ok=True)
            video = self._stack.enter_context(VideoFile(path, fps))
            self._videos[camera] = self._worker(
                f"video of {camera}", _drawn_on(video), PICTURES, pictures=True, shed=shed
            )
        return self._videos[camera]

    def _save(self, news: News) -> None:
        assert self.snapshots is not None
        assert news.picture is not None
        self.snapshots.save(news.event.after.camera, news.event.after.id, news.picture)


def _drawn_on(video: "VideoFile") -> Callable[[Look], None]:
    def write(look: Look) -> None:
        assert look.frame.picture is not None
        video.write(annotate(look.frame.picture, look.detection), look.frame.media_time)

    return write
