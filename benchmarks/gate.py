"""What the gate saves on clips, and what it costs: each clip looked at in full, and with views skipped that have not changed.

    python -m benchmarks.gate DATA/videos [--views 2x3 --stride 2] [--model BUNDLE] [--json FILE] [--cache FOLDER]

The folder holds clips and `labels.json`, which says in which seconds a vessel is in sight; the project's rendered clip is joined to them.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.looking import Answers, fitted, looked
from models.bundle import DEFAULT, open_bundle
from models.classifier import Classifier
from models.outputs import replace_text
from models.picture import Picture
from stream.looking.gate import Gate
from stream.looking.views import Layout, views_named

DEMO = Path(__file__).parents[1] / "stream" / "demo" / "river.mp4"
MAX_AGE = 10.0
"""Seconds."""
CHOSEN_ON = ("river", "derived_coral_d1_roi_motorboats")
"""Clips on which the thresholds of the gate were chosen; the others judge them."""


@dataclass(frozen=True, slots=True)
class Clip:
    """`intervals`: media times in seconds between which a vessel is in sight."""

    path: Path
    intervals: list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one clip: `looks` of `views` were saved. Frames whose state differs; frames with a vessel in sight that full inference found and the gate lost,
    and the other way round; `apart`: the largest difference of a view's confidence."""

    clip: str
    frames: int
    views: int
    skipped: int
    differ: int
    found: int
    lost: int
    won: int
    apart: float


def main(
    folder: Annotated[Path, typer.Argument(help="Clips and labels.json.")],
    model: Annotated[str, typer.Option(help="Folder of a bundle, or the name of a released model.")] = DEFAULT,
    views: Annotated[str, typer.Option(help="whole, or rows x columns.")] = "whole",
    stride: Annotated[int, typer.Option(min=1, help="Every n-th frame only.")] = 1,
    max_age: Annotated[float, typer.Option(help="Seconds for which an answer may stand in for a look.")] = MAX_AGE,
    cache: Annotated[Path | None, typer.Option(help="Folder in which answers are kept for the next time.")] = None,
    out: Annotated[Path | None, typer.Option("--json", help="File for all figures.")] = None,
) -> None:
    """Compares the gate with looking at everything."""
    layout = views_named(views)
    with Classifier(open_bundle(model)) as classifier:
        outcomes = []
        for clip in clips_of(folder):
            what = f"clip {clip.path.name} stride {stride}"
            answers = looked(what, (each for _, each in frames(clip, stride)), layout, classifier, cache)
            outcomes.append(compare(clip, stride, layout, classifier, answers, max_age))
    shown = table(outcomes)
    shown.title = f"gate of {max_age:g} s, views {views}, every {stride}. frame"
    Console(width=160).print(shown)
    if out is not None:
        replace_text(out, json.dumps([asdict(outcome) for outcome in outcomes], indent=1) + "\n")


def clips_of(folder: Path) -> list[Clip]:
    """Those on which the gate was chosen first."""
    labels = json.loads((folder / "labels.json").read_text("utf-8"))
    clips = [Clip(folder / name, label["vessel_intervals_s"]) for name, label in sorted(labels.items())]
    return sorted([demo_clip(), *clips], key=lambda clip: clip.path.stem not in CHOSEN_ON)


def demo_clip() -> Clip:
    """The project's own, which is rendered."""
    return Clip(DEMO, json.loads(DEMO.with_suffix(".json").read_text("utf-8"))["vessel_in_sight_s"])


def frames(clip: Clip, stride: int) -> Iterator[tuple[float, Picture]]:
    """Media time, as the clip's frame rate has it, and picture of every n-th frame."""
    capture = cv2.VideoCapture(str(clip.path), cv2.CAP_FFMPEG)
    fps = capture.get(cv2.CAP_PROP_FPS)
    try:
        for index in count():
            if not capture.grab():
                return
            if index % stride == 0:
                yield index / fps, np.asarray(capture.retrieve()[1], np.uint8)
    finally:
        capture.release()


def compare(
    clip: Clip, stride: int, layout: Layout, classifier: Classifier, answers: Answers, max_age: float
) -> Outcome:
    """Plays a clip through the gate; what the network would answer stands in `answers`."""
    gate, gated, skipped, times = Gate(max_age), answers.copy(), 0, []
    for row, (media_time, picture) in enumerate(frames(clip, stride)):
        times.append(media_time)
        for number, each in enumerate(fitted(picture, layout, classifier)):
            if gate.needs(number, each, media_time):
                gate.remember(number, each, media_time, float(answers[row, number]))
            else:
                skipped += 1
                gated[row, number] = gate.last(number)
    threshold = classifier.bundle.card.threshold.value
    full, ours = answers.max(axis=1) >= threshold, gated.max(axis=1) >= threshold
    sight = np.array([any(begin <= time < end for begin, end in clip.intervals) for time in times])
    return Outcome(
        clip=clip.path.stem,
        frames=len(answers),
        views=answers.size,
        skipped=skipped,
        differ=int((full != ours).sum()),
        found=int((sight & full).sum()),
        lost=int((sight & full & ~ours).sum()),
        won=int((sight & ~full & ours).sum()),
        apart=float(np.abs(gated - answers).max()),
    )


def table(outcomes: list[Outcome]) -> Table:
    headings = (
        "clip",
        "frames",
        "views skipped",
        "state differs",
        "with a ship found",
        "of them lost",
        "more found",
        "largest difference",
    )
    shown = Table(*headings)
    for each in outcomes:
        mark = " (chosen on)" if each.clip in CHOSEN_ON else ""
        counts = (each.differ, each.found, each.lost, each.won)
        shown.add_row(
            each.clip + mark,
            str(each.frames),
            f"{each.skipped / each.views:.0%}",
            *map(str, counts),
            f"{each.apart:.2f}",
        )
    return shown


if __name__ == "__main__":
    typer.run(main)
