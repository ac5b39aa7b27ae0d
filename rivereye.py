"""The front door: `rivereye <verb>`. A verb imports its stage only when it is called."""

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models.errors import RivereyeError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
console = Console(stderr=True)


@app.callback()
def _root() -> None:
    """Says, frame by frame, whether a ship is in sight, with what certainty, and when it could not see."""


@app.command("train")
def train_command(
    data: Annotated[list[Path], typer.Argument(help="Folders that hold one sub-folder a class.")],
    out: Annotated[Path, typer.Option(help="Folder of the run, to be made.")],
    network: Annotated[str, typer.Option(help="vgg16 or vgg19.")] = "vgg16",
    weights: Annotated[str, typer.Option(help="Where the base starts: imagenet (fetched), none (random), or a .weights.h5 file.")] = "imagenet",
    groups: Annotated[str, typer.Option(help="What keeps pictures of one source together: name, picture (all independent), or a CSV file (pattern,group).")] = "name",
    positive: Annotated[str, typer.Option(help="The sub-folder whose pictures show a ship; all others show none.")] = "ship",
    seed: Annotated[int, typer.Option(help="Of split, weights, order and dropout.")] = 1,
    cache: Annotated[bool, typer.Option(help="Run the frozen layers once a picture, not once an epoch. Same result, sooner; 166 kB of disk a picture.")] = True,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a run that is there.")] = False,
) -> None:
    """Fine-tune VGG16 or VGG19 on pictures of ships and of everything else, in two stages."""
    from train.train import Settings, train

    train(data, out, Settings(network, weights, positive, groups, seed, cache), overwrite, console)


def main() -> None:
    """Runs the command line; every foreseen error becomes one sentence and an exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app(standalone_mode=True)
    except RivereyeError as error:
        console.print(f"rivereye: {error}", style="red", markup=False, highlight=False)
        sys.exit(error.exit_code)
