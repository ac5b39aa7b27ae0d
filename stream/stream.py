"""`rivereye stream`: from a source to detections, passages and pictures."""

import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from models.classifier import Choice, Classifier
from models.errors import OutputError
from models.outputs import check_file
from models.picture import SUFFIXES
from models.say import say
from stream.annotate import annotate, caption
from stream.detection import Detection
from stream.frame import Frame
from stream.jsonl import STDOUT, JsonLines
from stream.passage import Passages
from stream.pipeline import Pipeline
from stream.sheet import Sheet
from stream.source import Source, open_source
from stream.summary import Summary, show_summary
from stream.videofile import VideoFile
from stream.views import views_named
from stream.worker import Worker


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where things go. `detections`: a file, or `-` for standard output. None: not wanted."""

    detections: str = STDOUT
    video: Path | None = None
    sheet: Path | None = None

    def files(self) -> list[Path]:
        named = [None if self.detections == STDOUT else Path(self.detections), self.video, self.sheet]
        return [path for path in named if path is not None]


@dataclass(frozen=True, slots=True)
class Looking:
    """How frames are looked at.

    `views`: what of a frame is looked at, see `views_named`. `threshold`: from which probability on a ship is in sight, see
    `Card.threshold_named`. `batch`: views looked at in one go.
    """

    choice: Choice
    views: str = "whole"
    threshold: str | None = None
    batch: int = 8


def stream(text: str, outputs: Outputs, looking: Looking, overwrite: bool, console: Console) -> Summary:
    """Looks at every frame of a source. Ctrl-C ends it early; all files are valid then.

    Args:
        text: the source, see `open_source`.
        outputs: what to write.
        looking: see Looking.
        overwrite: replace files that are there.
        console: for progress and tables; not where detections go.

    Raises:
        UsageError, OutputError, BundleError, SourceError: see there. What was written until then is valid.
        BrokenPipeError: standard output was closed.
    """
    looked_at = views_named(looking.views)
    _check_outputs(outputs, overwrite)
    with ExitStack() as stack:
        bundle = looking.choice.bundle()
        decided = bundle.card.threshold_named(looking.threshold)
        classifier = stack.enter_context(Classifier(bundle, looking.choice.provider))
        source = open_source(text)
        _spare_source(source, outputs)
        summary = Summary(source.live)
        pipeline = Pipeline(source, classifier, looking.batch, looked_at, decided)
        try:
            _run(pipeline, outputs, summary, console)
        finally:
            summary.dropped = pipeline.dropped
            show_summary(summary, source, classifier.provider, outputs.files(), console)
    return summary


def _run(pipeline: Pipeline, outputs: Outputs, summary: Summary, console: Console) -> None:
    passages, sheet = Passages(), Sheet()
    began = time.monotonic()
    with ExitStack() as stack:
        lines = stack.enter_context(JsonLines(outputs.detections))
        video = _video_worker(outputs.video, pipeline.source, stack)
        bar = stack.enter_context(_progress(console))
        task = bar.add_task("", total=pipeline.source.expected)
        frames = pipeline.run()
        stack.callback(frames.close)
        try:
            for frame, detection in frames:
                lines.write(detection)
                summary.states[detection.state] += 1
                _follow(passages, sheet, frame, detection)
                if detection.state == "unknown":
                    say(
                        bar.console,
                        f"unreadable: {frame.name or f'frame {frame.index}'}, recorded as unknown",
                        "yellow",
                    )
                if video is not None and frame.picture is not None:
                    video.put((frame, detection))
                bar.update(
                    task,
                    advance=1,
                    description=f"{caption(detection):<14}{summary.frames / (time.monotonic() - began):5.0f} frames/s",
                )
        except KeyboardInterrupt:
            summary.interrupted = True
        finally:
            summary.seconds = time.monotonic() - began
            if passages.finish():
                sheet.keep(passages.ended[-1])
            summary.passages = passages.ended
            if outputs.sheet is not None:
                sheet.save(outputs.sheet)


def _spare_source(source: Source, outputs: Outputs) -> None:
    read = {path.resolve() for path in source.files}
    for path in outputs.files():
        if path.resolve() in read:
            raise OutputError(f"{path} is the source itself, or a picture of it; give another name")


def _check_outputs(outputs: Outputs, overwrite: bool) -> None:
    files = outputs.files()
    for path in files:
        if [each.resolve() for each in files].count(path.resolve()) > 1:
            raise OutputError(f"{path} is named for two outputs; give each a name of its own")
    if outputs.sheet is not None and outputs.sheet.suffix.lower() not in SUFFIXES:
        raise OutputError(
            f"cannot write {outputs.sheet}: no known kind of picture; give a name that ends in .jpg or .png"
        )
    for path in files:
        check_file(path, overwrite)
    if outputs.video is not None and outputs.video.suffix.lower() != ".mp4":
        raise OutputError(f"cannot write {outputs.video}: the video is an MP4; give a name that ends in .mp4")


def _video_worker(path: Path | None, source: Source, stack: ExitStack) -> Worker[tuple[Frame, Detection]] | None:
    if path is None:
        return None
    video = stack.enter_context(VideoFile(path, source.fps))

    def write(item: tuple[Frame, Detection]) -> None:
        frame, detection = item
        if frame.picture is not None:
            video.write(annotate(frame.picture, detection), frame.media_time)

    return stack.enter_context(Worker(write, "annotated video"))


def _follow(passages: Passages, sheet: Sheet, frame: Frame, detection: Detection) -> None:
    known = len(passages.ended)
    best_yet = passages.add(detection)
    if len(passages.ended) > known:
        sheet.keep(passages.ended[-1])
    if best_yet and frame.picture is not None:
        sheet.remember(frame.picture)


def _progress(console: Console) -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console)
