"""`rivereye collect`: pictures of one's own camera that are worth labelling."""

import math
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from models.classifier import Choice, Classifier
from models.errors import OutputError, PictureError, UsageError
from models.picture import fit, is_picture, read_picture
from models.say import say
from stream.collection import Collection
from stream.looking.detection import Detection
from stream.looking.lookout import lookout_at
from stream.looking.pipeline import Pipeline
from stream.sources.frame import Frame
from stream.sources.opening import Opening
from stream.sources.pace import Pace
from stream.sources.source import Source
from stream.worth import REASONS, REMEMBERED, Worth

BATCH = 4
"""Frames looked at in one go; each is held whole until then."""


@dataclass(slots=True)
class Tally:
    """What came of it. `unreadable` frames are among those looked at; one picture may have several `reasons`."""

    live: bool
    looked: int = 0
    kept: int = 0
    unreadable: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    full: bool = False
    interrupted: bool = False


def collect(text: str, choice: Choice, out: Path, every: float, limit: int, console: Console) -> Tally:
    """Looks at a frame every so often and keeps those worth a label. Ctrl-C ends it early; what was kept stays.

    Args:
        text: the source, see `open_source`.
        choice: of the model.
        out: folder for the pictures and their table; one that holds some already is added to.
        every: seconds of media time between two looks; 0 looks at every frame.
        limit: pictures kept at most, by this run.
        console: for progress and the result.

    Raises:
        UsageError, OutputError, BundleError, SourceError: see there. What was kept until then stays.
    """
    if not 0 <= every < math.inf:
        raise UsageError(f"--every {every} is no number of seconds; give 0 or more, for example 1 or 0.5")
    with ExitStack() as stack:
        classifier = stack.enter_context(Classifier(choice.bundle(), choice.provider))
        opening = Opening(pace=Pace(fps=1 / every if every else None))
        lookout = lookout_at(text, opening, classifier.bundle.card.threshold.value)
        if lookout.first is not None:
            _spare_source(lookout.first, out)
        collection = stack.enter_context(Collection(out, lookout.camera))
        tally = Tally(lookout.live)
        pipeline = Pipeline(classifier, BATCH)
        pipeline.add(lookout)
        try:
            _run(pipeline, lookout.camera, collection, tally, limit, console)
        except KeyboardInterrupt:
            tally.interrupted = True
        finally:
            if (source := pipeline.source(lookout.camera)) is not None:
                tally.live = source.live  # an address may turn out to be a recording
            say(console, sentence(tally, lookout.camera, out))
        if (error := pipeline.error(lookout.camera)) is not None:
            raise error
    return tally


def sentence(tally: Tally, camera: str, out: Path) -> str:
    """The result for people, and what to do next."""
    frames = "1 frame" if tally.looked == 1 else f"{tally.looked} frames"
    unreadable = f" ({tally.unreadable} of them unreadable, too dark, or otherwise blind)" if tally.unreadable else ""
    why = ", ".join(f"{tally.reasons[reason]} {reason}" for reason in REASONS if tally.reasons[reason])
    several = " (some for several reasons)" if tally.reasons.total() > tally.kept else ""
    end = "interrupted: " if tally.interrupted else "limit reached (--limit takes more): " if tally.full else ""
    said = f"{end}{frames} of {camera} looked at{unreadable}, {tally.kept} kept"
    if not tally.kept:
        return f"{said}; nothing new was worth a label"
    return f"{said}: {why}{several}; now sort them: rivereye label {quote(str(out))}"


def _run(pipeline: Pipeline, camera: str, collection: Collection, tally: Tally, limit: int, console: Console) -> None:
    card = pipeline.classifier.bundle.card
    width, height = card.input.width, card.input.height
    worth = Worth(card.threshold.value, card.looks)
    for path, flipped_to in collection.latest(REMEMBERED):
        try:
            worth.remember(fit(read_picture(path), width, height), flipped_to)
        except PictureError:
            continue
    with ExitStack() as stack:
        bar = stack.enter_context(_progress(console))
        task = bar.add_task("", total=None)
        batches = pipeline.run()
        stack.callback(batches.close)
        for look in (look for looks in batches for look in looks if look.frame.index is not None):
            tally.looked += 1
            _consider(look.frame, look.detection, worth, collection, tally, (width, height))
            source, counts = pipeline.source(camera), pipeline.counts(camera)
            bar.update(
                task,
                total=None if source is None else source.expected,
                completed=counts.recorded + counts.skipped,
                description=f"{tally.looked} looked at, {tally.kept} kept",
            )
            if tally.kept >= limit:
                tally.full = True
                break


def _consider(
    frame: Frame, detection: Detection, worth: Worth, collection: Collection, tally: Tally, size: tuple[int, int]
) -> None:
    if frame.picture is None or detection.confidence is None:
        tally.unreadable += 1
        return
    reasons = worth.judge(fit(frame.picture, *size), detection.confidence)
    if reasons:
        collection.add(frame.picture, detection, reasons)
        tally.kept += 1
        tally.reasons.update(reasons)


def _spare_source(source: Source, out: Path) -> None:
    if any(is_picture(path) and path.resolve().parent == out.resolve() for path in source.files):
        raise OutputError(f"{out} is where the source's own pictures lie; give another folder for --out")


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console
    )
