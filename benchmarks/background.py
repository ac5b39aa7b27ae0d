"""The background of a camera that the network has not seen: the project's rendered river, whose houses it takes for ships.

    python -m benchmarks.background [--views 2x3 --stride 2] [--model BUNDLE] [--cache FOLDER]

It is learnt from the seconds before the ship comes into sight, and judged on those after.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.gate import DEMO, demo_clip, frames
from benchmarks.looking import Answers, looked
from models.bundle import DEFAULT, open_bundle
from models.classifier import Classifier
from stream.looking.background import Learner
from stream.looking.views import Layout, views_named

HEADINGS = ("frames with the ship found", "frames without it alarmed")


def main(
    model: Annotated[str, typer.Option(help="Folder of a bundle, or the name of a released model.")] = DEFAULT,
    views: Annotated[str, typer.Option(help="rows x columns.")] = "2x3",
    stride: Annotated[int, typer.Option(min=1, help="Every n-th frame only.")] = 2,
    cache: Annotated[Path | None, typer.Option(help="Folder in which answers are kept for the next time.")] = None,
) -> None:
    """Compares what counts as a ship with the background learnt and without."""
    layout, clip = views_named(views), demo_clip()
    times = np.array([time for time, _ in frames(clip, stride)])
    with Classifier(open_bundle(model)) as classifier:
        pictures = (picture for _, picture in frames(clip, stride))
        answers = looked(f"clip {clip.path.name} stride {stride}", pictures, layout, classifier, cache)
        threshold = classifier.bundle.card.threshold.value
    came = min(begin for begin, _ in clip.intervals)
    sight = np.any([(begin <= times) & (times < end) for begin, end in clip.intervals], axis=0)
    ours = adapted(answers[times < came], answers, layout, threshold)
    empty = ~sight & (times >= came)
    ways = {"the whole frame": answers[:, :1], "all views": answers, "all views, background learnt": ours}
    surest = {name: rows.max(axis=1) for name, rows in ways.items()}
    limits = dict.fromkeys(ways, threshold)
    alarms = int((surest["all views, background learnt"][empty] >= threshold).sum())
    surest["all views, threshold raised to as few alarms"] = surest["all views"]
    limit = np.nextafter(np.sort(surest["all views"][empty])[::-1][alarms], np.float32(2))
    limits["all views, threshold raised to as few alarms"] = max(float(limit), threshold)
    shown = Table("", *HEADINGS, title=f"{DEMO.name} from {came:g} s on, views {views}")
    for name, each in surest.items():
        ship = each >= limits[name]
        shown.add_row(name, *(f"{(ship & judged).sum()} of {judged.sum()}" for judged in (sight, empty)))
    Console(width=120).print(shown)


def adapted(before: Answers, rows: Answers, layout: Layout, threshold: float) -> Answers:
    """Learns from the answers before, adapts the rows."""
    learner = Learner(layout, model="")
    for row in before:
        for number, confidence in enumerate(row.tolist()):
            learner.add(number, confidence)
    background = learner.background()
    result = [[background.adapted(each, n, threshold) for n, each in enumerate(row)] for row in rows.tolist()]
    return np.array(result, np.float32)


if __name__ == "__main__":
    typer.run(main)
