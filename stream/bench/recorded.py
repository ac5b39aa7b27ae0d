"""A recording from its file to its records, beside nothing but its decoding: the floor below which no pipeline gets."""

import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2

from models.classifier import Classifier
from models.errors import SourceError
from stream.bench.energy import Energy
from stream.bench.repeats import Kind, Task
from stream.configuration.settings import Settings
from stream.looking.lookout import lookout_of
from stream.session import Session
from stream.sinks.sinks import Sinks
from stream.sources.opening import Opening, parameters
from stream.sources.source import open_source

GATE_S = 5.0
"""With the gate on, a view that does not change is looked at again after so long."""
FLOOR = {"decode_fps": Kind("frames/s", "higher"), "read_fps": Kind("frames/s", "higher")}
PIPELINE = {
    "pipeline_fps": Kind("frames/s", "higher"),
    "pipeline_to_decode": Kind("ratio", "higher"),
    "pipeline_cpu_ms": Kind("ms/frame", "lower"),
}
ENERGY = {"pipeline_joule": Kind("J/frame", "lower", judged=False)}


@dataclass(frozen=True, slots=True)
class Watching:
    """How recordings are looked at. `folder`: records go there."""

    views: str
    batch: int
    hwaccel: str
    folder: Path

    def settings(self, clip: Path, gate: float | None = None) -> Settings:
        """Of a watch of this recording alone."""
        camera = {"source": str(clip), "views": self.views, "hwaccel": self.hwaccel, "gate": gate}
        outputs = {"detections": str(self.folder / "detections.jsonl")}
        return Settings.model_validate({"cameras": {"clip": camera}, "batch": self.batch, "outputs": outputs})


def recorded(clips: Mapping[str, Path], classifier: Classifier, watching: Watching, energy: Energy) -> Iterator[Task]:
    """Three tasks a clip: what decodes alone, and all of it, without and with the gate. `clips`: by name; `energy`: whatever counts it."""
    for name, clip in clips.items():
        yield Task({"clip": name}, FLOOR, partial(_floor, clip, watching.hwaccel))
        for gate in (None, GATE_S):
            yield Task(
                {"clip": name, "gate": "off" if gate is None else "on"},
                PIPELINE | (ENERGY if energy else {}),
                partial(_pipeline, clip, watching, gate, classifier, energy),
            )


def _pipeline(
    clip: Path, watching: Watching, gate: float | None, classifier: Classifier, energy: Energy
) -> dict[str, float]:
    """Looks at every frame, as `rivereye stream` does; just before, decodes them alone, so that both meet the same machine.

    Raises SourceError: not every frame of the clip was looked at.
    """
    decoded, fps = decode(clip, watching.hwaccel)
    seconds, cpu, joules, frames = looked(watching.settings(clip, gate), classifier, energy)
    if frames != decoded:
        raise SourceError(f"{clip}: {frames} of {decoded} frames were looked at; a clip to measure with must be sound")
    found = {
        "pipeline_fps": frames / seconds,
        "pipeline_to_decode": frames / seconds / fps,
        "pipeline_cpu_ms": 1000 * cpu / frames,
    }
    return found | ({"pipeline_joule": joules / frames} if energy else {})


def looked(settings: Settings, classifier: Classifier, energy: Energy | None) -> tuple[float, float, float, int]:
    """Watches to the end. Returns seconds, processor seconds, joules and frames; the source is opened beforehand."""
    (name, camera), *_ = settings.cameras.items()
    lookout = lookout_of(name, camera, classifier.bundle)
    with Sinks(settings.outputs, settings.retention, live=False) as sinks:
        session = Session(settings, classifier, sinks, live=False)
        joules = energy.joules() if energy else 0.0
        cpu, began = time.process_time(), time.perf_counter()
        session.add(lookout, camera.leave)
        for _ in session.run():
            pass
        session.finish()
    taken = time.perf_counter() - began, time.process_time() - cpu, (energy.joules() if energy else 0.0) - joules
    (tally,) = session.summary.tallies
    if tally.trouble is not None:
        raise SourceError(tally.trouble)
    return *taken, tally.frames


def decode(clip: Path, hwaccel: str) -> tuple[int, float]:
    """How many frames there are, and how many a second are decoded: as `rivereye stream` reads them, or by OpenCV where that is faster. A floor that
    flatters is none.

    Raises SourceError: none can be decoded.
    """
    frames, fps = read(clip, hwaccel, convert=False)
    return frames, max(fps, _grabbed(clip, hwaccel))


def read(clip: Path, hwaccel: str, convert: bool) -> tuple[int, float]:
    """Goes through all frames, opened as `rivereye stream` opens them; `convert`: makes pictures of them (BGR), too. Returns how many, and how
    many a second.

    Raises SourceError: none can be decoded.
    """
    with closing(open_source(str(clip), Opening(hwaccel=hwaccel))) as source:
        frames, began = 0, time.perf_counter()
        for frame in source.frames():
            frames += 1
            if convert and frame is not None:
                frame.as_picture()
        return frames, frames / (time.perf_counter() - began)


def _grabbed(clip: Path, hwaccel: str) -> float:
    """Frames a second that OpenCV decodes; of a damaged clip they may be fewer than there are."""
    capture = cv2.VideoCapture(str(clip), cv2.CAP_FFMPEG, parameters(Opening(hwaccel=hwaccel), timeouts=False))
    frames, began = 0, time.perf_counter()
    while capture.grab():
        frames += 1
    seconds = time.perf_counter() - began
    capture.release()
    return frames / seconds


def _floor(clip: Path, hwaccel: str) -> dict[str, float]:
    return {"decode_fps": decode(clip, hwaccel)[1], "read_fps": read(clip, hwaccel, convert=True)[1]}
