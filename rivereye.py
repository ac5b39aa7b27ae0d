"""The front door: `rivereye <verb>`. A verb imports its stage only when it is called."""

import os
import signal
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import train.afterwards
import train.verbs
from models.bundle import DEFAULT
from models.errors import RivereyeError
from models.extras import importing
from models.say import say

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
console = Console(stderr=True)

INTERRUPTED_IN_TYPER = 130
"""Typer's exit code for Ctrl-C; ours are 0 to 3."""


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rivereye {version('rivereye')}")
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Says, frame by frame, whether a ship is in sight, with what certainty, and when it could not see."""


app.command("train")(train.verbs.train)
app.command("evaluate")(train.afterwards.evaluate)
app.command("table")(train.verbs.table)
app.command("aim")(train.afterwards.aim)
app.command("across")(train.afterwards.across)


@app.command("export")
def export_command(
    run: Annotated[Path, typer.Argument(help="Folder that `rivereye train` wrote.")],
    out: Annotated[Path, typer.Option(help="Folder of the bundle, to be made.")],
    precision: Annotated[str, typer.Option(help="fp32, or int8: a quarter of the size, and faster.")] = "fp32",
    data: Annotated[
        Path | None, typer.Option(help="Pictures to check on, if the run's own test pictures are gone.")
    ] = None,
    pictures: Annotated[int, typer.Option(min=1, help="How many pictures to check on.")] = 1000,
    max_flips: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Share of decisions that may flip. By itself 0 for fp32, 0.005 for int8."),
    ] = None,
    notes: Annotated[
        Path | None, typer.Option(help="Markdown for the end of the bundle's README: licences, limits.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a bundle that is there.")] = False,
) -> None:
    """Convert a trained network to ONNX, and prove on real pictures that it still decides the same.

    Ends with exit code 3, and writes nothing, where it does not.
    """
    with importing("deploy"):
        from deploy.export import Settings, export, precision_named

    export(run, out, Settings(precision_named(precision), data, pictures, max_flips, notes), overwrite, console)


@app.command("stream")
def stream_command(
    source: Annotated[
        str, typer.Argument(help="A video file, a folder or glob of pictures, a URL, or the number of a camera.")
    ],
    model: Annotated[str, typer.Option(help="Folder of a bundle, or the name of a released model.")] = DEFAULT,
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
    from stream.stream import Outputs, stream

    try:
        summary = stream(source, model, Outputs(output, video, sheet), views, threshold, batch, overwrite, console)
    except BrokenPipeError:  # whoever read standard output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at exit
        return
    if summary.interrupted and not summary.live:
        raise typer.Exit(1)


@app.command("collect")
def collect_command(
    source: Annotated[
        str, typer.Argument(help="A video file, a folder or glob of pictures, a URL, or the number of a camera.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the pictures; one that holds some already is added to.")],
    model: Annotated[str, typer.Option(help="Folder of a bundle, or the name of a released model.")] = DEFAULT,
    every: Annotated[
        float, typer.Option(min=0, help="Seconds of media time between two looks; 0 looks at every frame.")
    ] = 1.0,
    limit: Annotated[int, typer.Option(min=1, help="Pictures kept at most, by this run.")] = 500,
) -> None:
    """Keep the frames of your own camera that are worth a label: the first step to a model of your own.

    Kept is what leaves the model uncertain, what turns its decision, what differs from the last picture kept, and what looks unlike all it was trained on; nothing is kept twice.

    Sort the pictures with `rivereye label`, then train on the folder. A camera has no end: let it run by day and by night, and stop it with Ctrl-C. Running it again goes on.
    """
    from stream.collect import collect

    tally = collect(source, model, out, every, limit, console)
    if tally.interrupted and not tally.live:
        raise typer.Exit(1)


@app.command("label")
def label_command(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures, as `rivereye collect` leaves it.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the page; 0 takes any that is free.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
) -> None:
    """Sort pictures into ship and no ship, one key each, on a page in the browser.

    S or right arrow: a ship is in sight. N or left arrow: none. U or Ctrl-Z: undo. Space: later. X: set aside, what is broken or cannot be told.

    Each picture is moved into a sub-folder, so that `rivereye train` takes the folder, and you may stop (Ctrl-C) and go on at any time.
    """
    from train.label import label

    label(folder, port, browser, console)


def main() -> None:
    """Runs the command line; every foreseen error becomes one sentence and an exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app(standalone_mode=True)
    except RivereyeError as error:
        say(console, f"rivereye: {error}", "red")
        sys.exit(error.exit_code)
    except SystemExit as end:
        if end.code == INTERRUPTED_IN_TYPER:
            say(console, "rivereye: interrupted; no half-made output was left")
            sys.exit(1)
        raise
