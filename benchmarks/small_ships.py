"""Whole frames or parts of them, with what is always there taken off or not: what is found, what is a false alarm, what it costs.

    python -m benchmarks.small_ships DATA/cameras/frames [--model BUNDLE] [--json FILE] [--cache FOLDER]

The folder holds a folder a camera, of frames named in order of time, each with the boxes of every vessel beside it (YOLO).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.background import adapted
from benchmarks.looking import BATCH, Answers, looked
from benchmarks.scenes import WIDE, Figures, Scene, scenes_of
from models.bundle import DEFAULT, golden_pictures, open_bundle
from models.classifier import Classifier
from models.outputs import replace_text
from models.picture import read_picture
from models.say import say
from stream.looking.background import log_odds
from stream.looking.views import Layout, views_named

LAYOUTS = "whole,1x2,2x2,2x3,3x4,4x6"
WAYS = ("all", "second half", "second half, adapted", "second half, threshold raised")
"""All frames as they are; the second half of each camera's; the same with the background learnt from the first half; and, instead of
that, with a threshold so much higher that no more empty parts are alarmed: what the background is worth beyond that."""
RAISE = 0.1
"""Step in log-odds by which the threshold is raised."""
QUANTILES, MARGINS = (0.1, 0.25, 0.5), (0.0, 0.5, 1.0, 2.0)
"""What `--sweep` tries. It learns from the first quarter of each camera's frames and judges the second, so that the second half stays
unseen; of as few as four frames, so that it says which settings are better, not how good they are."""

Cameras = dict[str, list[Scene]]


def main(
    frames: Annotated[Path, typer.Argument(help="Folder that holds one a camera.")],
    model: Annotated[str, typer.Option(help="Folder of a bundle, or the name of a released model.")] = DEFAULT,
    views: Annotated[str, typer.Option(help="Which to compare, with commas between.")] = LAYOUTS,
    cache: Annotated[Path | None, typer.Option(help="Folder in which answers are kept for the next time.")] = None,
    out: Annotated[Path | None, typer.Option("--json", help="File for all figures.")] = None,
    sweep: Annotated[bool, typer.Option(help="Compare settings of the background instead.")] = False,
) -> None:
    """Compares what views of a frame cost and give."""
    console = Console(width=200)
    cameras = scenes_of(frames)
    layouts: dict[str, Layout] = {name: views_named(name) for name in views.split(",")}
    with Classifier(open_bundle(model)) as classifier:
        card = classifier.bundle.card
        speed = views_a_second(classifier)
        say(
            console,
            f"{card.name}, {classifier.bundle.precision}, {classifier.provider}: {speed:.1f} views a second in batches of {BATCH}",
        )
        answers = {name: answers_of(cameras, layout, classifier, cache) for name, layout in layouts.items()}
    own = card.threshold.value
    thresholds = {"own": own} | {aim: each.threshold for aim, each in card.aims.items() if each.threshold != own}
    if sweep:
        console.print(sweep_table(cameras, layouts, answers, own))
        return
    figures = {
        (aim, name): measure(cameras, layout, answers[name], threshold)
        for (aim, threshold), (name, layout) in product(thresholds.items(), layouts.items())
    }
    for aim, way in product(thresholds, WAYS):
        console.print(table(f"{way}, threshold {aim} ({thresholds[aim]:.3f})", way, aim, figures, layouts, speed))
    if out is not None:
        record = {"model": classifier.bundle.model.sha256, "views_per_second": speed, "thresholds": thresholds}
        rows = [
            {"threshold": aim, "layout": name, "way": way, "camera": camera} | asdict(each)
            for (aim, name), ways in figures.items()
            for (way, camera), each in ways.items()
        ]
        replace_text(out, json.dumps(record | {"figures": rows}, indent=1) + "\n")


def views_a_second(classifier: Classifier, rounds: int = 12) -> float:
    """Of the network alone, as this machine is loaded now; the median of some batches."""
    pictures = golden_pictures(0, BATCH, classifier.input.width, classifier.input.height)
    seconds = []
    for _ in range(rounds):
        began = perf_counter()
        classifier.probabilities(pictures)
        seconds.append(perf_counter() - began)
    return BATCH / float(np.median(seconds))


def answers_of(cameras: Cameras, layout: Layout, classifier: Classifier, cache: Path | None) -> dict[str, Answers]:
    return {
        camera: looked(
            "frames " + " ".join(scene.path.name for scene in scenes),
            (read_picture(scene.path) for scene in scenes),
            layout,
            classifier,
            cache,
        )
        for camera, scenes in cameras.items()
    }


def measure(
    cameras: Cameras, layout: Layout, answers: dict[str, Answers], threshold: float
) -> dict[tuple[str, str], Figures]:
    """Figures for each of WAYS and each camera, and for all cameras together, named `all`."""
    after = {camera: scenes[len(scenes) // 2 :] for camera, scenes in cameras.items()}
    bare = {camera: answers[camera][-len(scenes) :] for camera, scenes in after.items()}
    ours = {c: adapted(answers[c][: -len(rows)], rows, layout, threshold) for c, rows in bare.items()}
    ways = {
        "all": judged(cameras, layout, answers, threshold),
        "second half": judged(after, layout, bare, threshold),
        "second half, adapted": judged(after, layout, ours, threshold),
    }
    raised, level = ways["second half"], log_odds(threshold)
    while raised["all"].empty_views.hits > ways["second half, adapted"]["all"].empty_views.hits:
        level += RAISE
        raised = judged(after, layout, bare, 1 / (1 + np.exp(-level)))
    ways["second half, threshold raised"] = raised
    return {(way, camera): figures for way, each in ways.items() for camera, figures in each.items()}


def judged(cameras: Cameras, layout: Layout, answers: dict[str, Answers], threshold: float) -> dict[str, Figures]:
    figures = {name: Figures() for name in ("all", *cameras)}
    for camera, scenes in cameras.items():
        for each in ("all", camera):
            judge(scenes, layout, answers[camera] >= threshold, figures[each])
    return figures


def judge(
    scenes: Sequence[Scene], layout: Layout, positive: np.ndarray[Any, np.dtype[np.bool]], figures: Figures
) -> None:
    for scene, row in zip(scenes, positive, strict=True):
        figures.add(scene, layout.boxes(*scene.size), row.tolist())


def table(
    title: str,
    way: str,
    aim: str,
    figures: dict[tuple[str, str], dict[tuple[str, str], Figures]],
    layouts: dict[str, Layout],
    speed: float,
) -> Table:
    columns = ("frames/s", "frames found", "empty frames alarmed", "parts found", "empty parts alarmed")
    shown = Table(
        "views",
        "a frame",
        *columns,
        f"vessels over {WIDE} px in a view",
        "in a merged box",
        "of the frame",
        title=title,
    )
    for name, layout in layouts.items():
        each = figures[aim, name][way, "all"]
        tallies = (each.frames, each.empty_frames, each.views, each.empty_views, each.covered, each.merged)
        area = f"{each.area / each.positive:.0%}" if each.positive else "-"
        shown.add_row(name, str(layout.count), f"{speed / layout.count:.1f}", *map(str, tallies), area)
    return shown


def sweep_table(
    cameras: Cameras, layouts: dict[str, Layout], answers: dict[str, dict[str, Answers]], threshold: float
) -> Table:
    """Parts with a ship found and empty parts alarmed, over all layouts, for each quantile and margin."""
    shown = Table(
        "quantile", "margin", "parts found", "empty parts alarmed", title=f"second quarter, threshold {threshold:.3f}"
    )
    limit = log_odds(threshold)
    for quantile, margin in product((None, *QUANTILES), MARGINS):
        figures = Figures()
        for (name, layout), (camera, scenes) in product(layouts.items(), cameras.items()):
            odds = np.vectorize(log_odds)(answers[name][camera])
            quarter, half = len(scenes) // 4, len(scenes) // 2
            needed = np.full(layout.count, limit + margin)  # without a quantile, the threshold is raised for all
            if quantile is not None:
                usual = np.quantile(odds[:quarter], quantile, axis=0)
                needed = np.where(usual >= limit, usual + margin, limit)
            judge(scenes[quarter:half], layout, odds[quarter:half] >= needed, figures)
        shown.add_row(
            "-" if quantile is None else str(quantile), str(margin), str(figures.views), str(figures.empty_views)
        )
    return shown


if __name__ == "__main__":
    typer.run(main)
