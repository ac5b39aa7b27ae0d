"""The verbs of this stage, as the command line has them."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models.bundle import DEFAULT

console = Console(stderr=True)

Source = Annotated[
    str, typer.Argument(help="A video file, a folder or glob of pictures, a URL, or the number of a camera.")
]
ModelName = Annotated[str, typer.Option(help="Folder of a bundle, or the name of a released model.")]
Precision = Annotated[
    str | None, typer.Option(help="fp32, fp16 or int8, of those that the bundle has. By itself the fastest.")
]
Provider = Annotated[
    str,
    typer.Option(
        help="What runs the network: auto (cuda where there is one, else cpu), cpu, cuda, tensorrt, openvino. One that is wanted and not there is an error."
    ),
]


def stream(
    source: Source,
    model: ModelName = DEFAULT,
    precision: Precision = None,
    provider: Provider = "auto",
    output: Annotated[
        str, typer.Option(help="File for detections, one JSON line a frame; - is standard output.")
    ] = "-",
    video: Annotated[Path | None, typer.Option(help="File for the annotated video (.mp4).")] = None,
    sheet: Annotated[Path | None, typer.Option(help="File for a contact sheet of passages (.jpg or .png).")] = None,
    views: Annotated[
        str,
        typer.Option(
            help="What the network looks at: whole (the frame), or 2x3 (the frame, and 2 rows of 3 overlapping parts of it): finds smaller ships, in 7 times the time."
        ),
    ] = "whole",
    threshold: Annotated[
        str | None,
        typer.Option(
            help="Probability from which on a ship is in sight: a number, or an aim that the model's README lists, such as 'miss<=2%'. By itself the model's own."
        ),
    ] = None,
    batch: Annotated[int, typer.Option(min=1, max=256, help="Views looked at in one go.")] = 8,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")] = False,
) -> None:
    """Look at every frame of a camera, a video or pictures: is a ship in sight?"""
    from models.classifier import Choice
    from stream.stream import Looking, Outputs
    from stream.stream import stream as begin

    looking = Looking(Choice(model, precision, provider), views, threshold, batch)
    try:
        summary = begin(source, Outputs(output, video, sheet), looking, overwrite, console)
    except BrokenPipeError:  # whoever read standard output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at exit
        return
    if summary.interrupted and not summary.live:
        raise typer.Exit(1)


def collect(
    source: Source,
    out: Annotated[Path, typer.Option(help="Folder for the pictures; one that holds some already is added to.")],
    model: ModelName = DEFAULT,
    precision: Precision = None,
    provider: Provider = "auto",
    every: Annotated[
        float, typer.Option(min=0, help="Seconds of media time between two looks; 0 looks at every frame.")
    ] = 1.0,
    limit: Annotated[int, typer.Option(min=1, help="Pictures kept at most, by this run.")] = 500,
) -> None:
    """Keep the frames of your own camera that are worth a label: the first step to a model of your own.

    Kept is what leaves the model uncertain, what turns its decision, what differs from the last picture kept, and what looks unlike all it was trained on; nothing is kept twice.

    Sort the pictures with `rivereye label`, then train on the folder. A camera has no end: let it run by day and by night, and stop it with Ctrl-C. Running it again goes on.
    """
    from models.classifier import Choice
    from stream.collect import collect as begin

    tally = begin(source, Choice(model, precision, provider), out, every, limit, console)
    if tally.interrupted and not tally.live:
        raise typer.Exit(1)
