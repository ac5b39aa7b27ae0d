"""What each step of a frame's way takes, alone: nothing else runs meanwhile, and it may use every core."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Thread

import cv2
import numpy as np

from models.classifier import Classifier
from models.picture import Picture, fit
from stream.bench.recorded import Watching, read
from stream.bench.repeats import Kind, Task
from stream.configuration.settings import PassageSettings
from stream.following.watch import Watch
from stream.looking.detection import Detection, ModelId, View, seen
from stream.looking.lanes import Lane, Lanes
from stream.looking.lookout import WHOLE_FRAME
from stream.looking.merge import merge
from stream.looking.pipeline import Look
from stream.looking.policy import EVERY
from stream.looking.post import Waiting
from stream.looking.views import Layout, views_named
from stream.sinks.sinks import Sinks
from stream.sources.frame import Frame
from stream.sources.opening import Opening
from stream.sources.planes import Planes
from stream.sources.quality import SIDE, Quality
from stream.sources.source import open_source

KINDS = {"stage_ms": Kind("ms/frame", "lower", judged=False), "stage_cpu_ms": Kind("ms/frame", "lower", judged=False)}
"""By the clock, and of all cores together. Not waited for until they are stable: some take microseconds."""
HELD = 8
"""Decoded frames that are worked on in turn: more than a processor's cache holds, and at 1080p 50 MB."""
RECORDS = 500


@dataclass(frozen=True, slots=True)
class Bench:
    """What the stages of one clip work on. `pictures`: decoded frames; `planes`: the same before they are pictures, where they need not become any:
    then they are shrunk and coloured in one."""

    clip: Path
    watching: Watching
    classifier: Classifier
    layout: Layout
    seconds: float
    pictures: list[Picture]
    planes: list[Planes]


def stages(name: str, clip: Path, classifier: Classifier, watching: Watching, seconds: float) -> Iterator[Task]:
    """A task a stage, of so many seconds at most. One clip tells of all of its size: only decoding hangs on what is seen."""
    layout, frames = views_named(watching.views), _first_frames(clip, watching.hwaccel)
    pictures = [np.asarray(each.as_picture().picture, np.uint8) for each in frames]
    planes = [each.planes for each in frames if each.planes is not None] if layout == WHOLE_FRAME else []
    bench = Bench(clip, watching, classifier, layout, seconds, pictures, planes)
    for stage, way in WAYS.items():
        if stage == "colour" and planes:
            continue
        yield Task({"stage": stage, "clip": name}, KINDS, partial(_sample, way, bench))


def _sample(way: Callable[[Bench], tuple[float, float]], bench: Bench) -> dict[str, float]:
    seconds, cpu = way(bench)
    return {"stage_ms": 1000 * seconds, "stage_cpu_ms": 1000 * cpu}


def _again(once: Callable[[int], object], seconds: float) -> tuple[float, float]:
    """Does it over and over for so long; seconds and processor seconds of one time."""
    done, cpu, began = 0, time.process_time(), time.perf_counter()
    while not done or time.perf_counter() - began < seconds:
        once(done)
        done += 1
    return (time.perf_counter() - began) / done, (time.process_time() - cpu) / done


def _decode(bench: Bench) -> tuple[float, float]:
    cpu = time.process_time()
    frames, fps = read(bench.clip, bench.watching.hwaccel, convert=False)
    return 1 / fps, (time.process_time() - cpu) / frames


def _colour(bench: Bench) -> tuple[float, float]:
    """One frame again and again, so that no decoding runs beside it."""
    capture = cv2.VideoCapture(str(bench.clip), cv2.CAP_FFMPEG)
    capture.grab()
    capture.retrieve()
    taken = _again(lambda _: capture.retrieve(), bench.seconds)
    capture.release()
    return taken


def _resize(bench: Bench) -> tuple[float, float]:
    size = _size(bench.classifier)
    if bench.planes:
        return _again(lambda n: bench.planes[n % len(bench.planes)].fit(*size), bench.seconds)
    return _again(lambda n: [fit(part, *size) for part in bench.layout.cut(_held(bench, n))], bench.seconds)


def _quality(bench: Bench) -> tuple[float, float]:
    quality, size = Quality(), _size(bench.classifier)
    shown = [each.brightness for each in bench.planes] or bench.pictures
    small = [fit(fit(each, *size), SIDE, SIDE) for each in bench.pictures]
    return _again(lambda n: quality.judge(shown[n % len(shown)], small[n % len(small)], n / 25), bench.seconds)


def _queue(bench: Bench) -> tuple[float, float]:
    """From one thread to the other, through a lane, in batches."""
    batch = bench.watching.batch
    lanes: Lanes[Waiting] = Lanes(wait=0)
    lane: Lane[Waiting] = Lane("clip", EVERY, live=False, capacity=2 * batch)
    lanes.open(lane)
    item = Waiting(Frame(0, None, 0.0, 0.0), (), (bench.pictures[0],))

    def put() -> None:
        for _ in range(RECORDS):
            lanes.put(lane, item)
        lanes.end(lane)

    cpu, began = time.process_time(), time.perf_counter()
    Thread(target=put, daemon=True).start()
    while not lanes.over:
        lanes.take(batch)
    return (time.perf_counter() - began) / RECORDS, (time.process_time() - cpu) / RECORDS


def _inference(bench: Bench) -> tuple[float, float]:
    """Of all views of a frame, answered in batches of the size that is used."""
    views, batch = bench.layout.count, bench.watching.batch
    pictures = np.stack([fit(part, *_size(bench.classifier)) for part in bench.layout.cut(bench.pictures[0])])
    full = np.resize(pictures, (batch, *pictures.shape[1:]))
    seconds, cpu = _again(lambda _: bench.classifier.probabilities(full), bench.seconds)
    return seconds * views / batch, cpu * views / batch


def _post(bench: Bench) -> tuple[float, float]:
    """From answers to a record, and to what is followed over time."""
    watch = Watch("clip", PassageSettings())

    def once(number: int) -> None:
        watch.follow(_record(bench, number))

    return _again(once, min(bench.seconds, 0.5))


def _sinks(bench: Bench) -> tuple[float, float]:
    """Records to their file, until all of them are there."""
    detection = _record(bench, 0)
    look = Look("clip", Frame(0, None, 0.0, 0.0), detection)
    settings = bench.watching.settings(bench.clip)
    cpu, began = time.process_time(), time.perf_counter()
    with Sinks(settings.outputs, settings.retention, live=False) as sinks:
        for _ in range(RECORDS):
            sinks.look(look, None)
    return (time.perf_counter() - began) / RECORDS, (time.process_time() - cpu) / RECORDS


def _record(bench: Bench, number: int) -> Detection:
    height, width = bench.pictures[0].shape[:2]
    names, boxes = bench.layout.names, bench.layout.boxes(width, height)
    views = tuple(View(name=name, box=box, confidence=0.5) for name, box in zip(names, boxes, strict=True))
    frame = Frame(number, None, number / 25, 0.0)
    return seen(frame, "clip", ModelId.of(bench.classifier.bundle), views, 0.5, None, merge)


def _first_frames(clip: Path, hwaccel: str) -> list[Frame]:
    """As `rivereye stream` gets them."""
    with closing(open_source(str(clip), Opening(hwaccel=hwaccel))) as source:
        return list(islice((frame for frame in source.frames() if frame is not None), HELD))


def _held(bench: Bench, number: int) -> Picture:
    return bench.pictures[number % len(bench.pictures)]


def _size(classifier: Classifier) -> tuple[int, int]:
    return classifier.input.width, classifier.input.height


WAYS: dict[str, Callable[[Bench], tuple[float, float]]] = {
    "decode": _decode,
    "colour": _colour,
    "resize": _resize,
    "quality": _quality,
    "queue": _queue,
    "inference": _inference,
    "post": _post,
    "sinks": _sinks,
}
"""In the order of a frame's way."""
