"""The front door: `rivereye <verb>`. A verb imports its stage only when it is called."""

import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models.bundle import DEFAULT
from models.errors import MissingExtra, RivereyeError
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


@app.command("train")
def train_command(
    data: Annotated[list[Path], typer.Argument(help="Folders that hold one sub-folder a class.")],
    out: Annotated[Path, typer.Option(help="Folder of the run, to be made.")],
    network: Annotated[str, typer.Option(help="vgg16 or vgg19.")] = "vgg16",
    weights: Annotated[
        str, typer.Option(help="Where the base starts: imagenet (fetched), none (random), or a .weights.h5 file.")
    ] = "imagenet",
    groups: Annotated[
        str,
        typer.Option(
            help="What keeps pictures of one source together: name, picture (all independent), or a CSV file (pattern,group)."
        ),
    ] = "name",
    recipe: Annotated[
        str,
        typer.Option(
            help="paper: as published. river: altered copies too (small, hazy, dark, noisy, cut off), for cameras never seen."
        ),
    ] = "paper",
    aim: Annotated[
        str | None,
        typer.Option(
            help="What the threshold is chosen for: balanced, 'miss<=2%', 'false-alarms<=1/hour@1fps', ... By itself 0.5 with paper, 'false-alarms<=3%' with river."
        ),
    ] = None,
    frames: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder of whole frames with every vessel boxed (YOLO .txt beside each); windows cut out of them are learnt from too."
        ),
    ] = None,
    positive: Annotated[
        str, typer.Option(help="The sub-folder whose pictures show a ship; all others show none.")
    ] = "ship",
    seed: Annotated[int, typer.Option(help="Of split, weights, order and dropout.")] = 1,
    cache: Annotated[
        bool,
        typer.Option(
            help="Run the frozen layers once a picture, not once an epoch. Same result, sooner; 166 kB of disk a picture."
        ),
    ] = True,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a run that is there.")] = False,
) -> None:
    """Fine-tune VGG16 or VGG19 on pictures of ships and of everything else, in two stages."""
    with _importing("train"):
        from train.train import Settings, train

    settings = Settings(network, weights, positive, groups, recipe, aim, tuple(frames or ()), seed, cache)
    train(data, out, settings, overwrite, console)


@app.command("aim")
def aim_command(
    run: Annotated[Path, typer.Argument(help="Folder that `rivereye train` wrote.")],
    aim: Annotated[
        str, typer.Argument(help="balanced, 'miss<=2%', 'false-alarms<=1%' or 'false-alarms<=1/hour@1fps'.")
    ],
) -> None:
    """Choose the threshold of a trained network anew, on its validation pictures, for another aim."""
    with _importing("train"):
        from train.decision import decide_anew

    decide_anew(run, aim, console)


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
    with _importing("deploy"):
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


@contextmanager
def _importing(extra: str) -> Iterator[None]:
    """Imports a stage that needs TensorFlow, and keeps its dozen lines about absent GPUs to itself.

    They come from C++ before any log level holds, so standard error itself is turned away meanwhile.
    `TF_CPP_MIN_LOG_LEVEL=0 rivereye ...` shows them.
    """
    quiet = "TF_CPP_MIN_LOG_LEVEL" not in os.environ
    with ExitStack() as stack:
        if quiet:
            os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
            logging.getLogger("tensorflow").setLevel(logging.ERROR)
            kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 2)
            os.close(nowhere)
            stack.callback(os.close, kept)
            stack.callback(os.dup2, kept, 2)
        try:
            yield
        except ModuleNotFoundError as error:
            raise MissingExtra(
                f"`rivereye {sys.argv[1]}` needs {error.name}, which is not installed; install rivereye with its extra: "
                f"pip install 'rivereye[{extra}]'"
            ) from error


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
