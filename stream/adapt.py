"""`rivereye adapt`: learns from unlabelled hours what a camera always shows, so that only what is more like a ship than usual counts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from models.classifier import Choice, Classifier
from models.errors import SourceError, UsageError
from models.outputs import check_file
from models.say import say
from stream.looking.background import FEWEST, Background, Learner, log_odds, probability
from stream.looking.detection import Detection
from stream.looking.lookout import lookout_at
from stream.looking.pipeline import Pipeline
from stream.looking.views import Layout, views_named
from stream.replay import detections_in
from stream.sources.opening import Opening
from stream.sources.pace import Pace

RECORDED = ".jsonl"


@dataclass(frozen=True, slots=True)
class Learning:
    """`views`: as they will be looked at. `keep`: views never adapted, by number or name. `every`: seconds between two looks at a source.

    `seconds`: of a camera, which has no end, learn for so long.
    """

    views: str = "whole"
    keep: Sequence[str] = field(default_factory=tuple)
    every: float = 1.0
    seconds: float | None = None


def adapt(
    sources: Sequence[str], out: Path, choice: Choice, learning: Learning, overwrite: bool, console: Console
) -> Background:
    """Learns from one camera: from a source, or from detections that `rivereye stream` wrote with the same views (`.jsonl`).

    Args:
        sources: one source, or files of detections in order of time.
        out: the file to be made.
        choice: of the model.
        learning: see Learning.
        overwrite: replace what is there.
        console: for progress and what was learnt.

    Raises:
        UsageError, OutputError, BundleError, SourceError: see there.
    """
    check_file(out, overwrite)
    layout = views_named(learning.views)
    bundle = choice.bundle()
    threshold = bundle.card.threshold.value
    learner = Learner(layout, bundle.model.sha256)
    cameras: set[str] = set()
    try:
        for detection in _detections(sources, choice, layout, learning, console):
            cameras.add(detection.camera)
            if len(cameras) > 1:
                raise UsageError(
                    f"{', '.join(sorted(cameras))} are several cameras, and each has a background of its own; give one"
                )
            _learn(learner, detection, layout, bundle.model.sha256)
    except KeyboardInterrupt:
        say(console, "interrupted; what was learnt until now is kept")
    background = learner.background().keeping(learning.keep)
    if not any(view.looks for view in background.views):
        raise SourceError(f"nothing to learn from in {', '.join(sources)}: not one frame could be seen")
    background.write(out)
    console.print(_table(background, threshold))
    say(console, f"{out}; take it with rivereye stream --views {learning.views} --background {out}")
    return background


def _learn(learner: Learner, detection: Detection, layout: Layout, model: str) -> None:
    if detection.model.sha256 != model:
        raise UsageError(
            f"these detections are of another model ({detection.model.name}, {detection.model.precision}); give it with --model and --precision"
        )
    if detection.views and len(detection.views) != layout.count:
        raise UsageError(
            f"these detections have {len(detection.views)} views a frame, --views has {layout.count}; give those they were made with"
        )
    for index, view in enumerate(detection.views):
        if view.inferred:
            learner.add(index, view.confidence if view.raw is None else view.raw)


def _detections(
    sources: Sequence[str], choice: Choice, layout: Layout, learning: Learning, console: Console
) -> Iterator[Detection]:
    if all(source.endswith(RECORDED) for source in sources):
        for source in sources:
            yield from detections_in(Path(source), console)
        return
    if len(sources) != 1:
        raise UsageError(f"{', '.join(sources)}: give one source, or only files of detections ({RECORDED})")
    with Classifier(choice.bundle(), choice.provider) as classifier:
        pace = Pace(fps=1 / learning.every if learning.every else None)
        found = lookout_at(sources[0], Opening(pace=pace), classifier.bundle.card.threshold.value)
        lookout = replace(found, layout=layout)
        pipeline = Pipeline(classifier)
        pipeline.add(lookout)
        with _progress(console) as bar:
            task = bar.add_task("", total=None)
            batches = pipeline.run()
            try:
                for look in (look for looks in batches for look in looks):
                    if learning.seconds is not None and (look.frame.media_time or 0.0) >= learning.seconds:
                        break  # not by the pace: each connection of a camera begins at 0 anew
                    bar.update(task, description=f"{pipeline.counts(lookout.camera).recorded} frames learnt from")
                    yield look.detection
            finally:
                batches.close()
        if (error := pipeline.error(lookout.camera)) is not None:
            raise error


def _table(background: Background, threshold: float) -> Table:
    table = Table("view", "looks", "usually", "so a ship is from", title="what this camera always shows")
    for number, view in enumerate(background.views):
        lowered = background.lowered(number, threshold)
        table.add_row(
            view.name or str(number),
            str(view.looks),
            "too few looks" if view.usual is None else f"{probability(view.usual):.2f}",
            f"{threshold:.2f}, as before" if not lowered else f"{probability(log_odds(threshold) + lowered):.3f}",
        )
    table.caption = f"a view needs {FEWEST} looks; what is moored there for most of the time counts as background, unless --keep VIEW"
    return table


def _progress(console: Console) -> Progress:
    return Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console)
