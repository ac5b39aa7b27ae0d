"""The verbs of this stage, as the command line has them. TensorFlow is imported only when one is called."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from models.errors import UsageError
from models.extras import importing
from train.options import (
    MACHINE,
    RECIPE,
    Aim,
    Copies,
    Data,
    Features,
    Frames,
    Groups,
    HoldoutGroup,
    MixedPrecision,
    Overwrite,
    Patience,
    Positive,
    TestShare,
    Unfreeze,
    ValidationShare,
    Weights,
)

console = Console(stderr=True)


def train(
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder of the run, to be made.")],
    network: Annotated[str, typer.Option(help="vgg16 or vgg19.")] = "vgg16",
    weights: Weights = "imagenet",
    groups: Groups = "name",
    recipe: Annotated[
        str,
        typer.Option(
            help="river: with altered copies (small, hazy, dark, noisy, cut off), for cameras never seen. paper: as published."
        ),
    ] = "river",
    aim: Aim = None,
    frames: Frames = None,
    holdout_group: HoldoutGroup = None,
    test_share: TestShare = 0.15,
    validation_share: ValidationShare = None,
    positive: Positive = "ship",
    seed: Annotated[int, typer.Option(help="Of split, weights, order, copies and dropout.")] = 1,
    overwrite: Overwrite = False,
    epochs: Annotated[
        str | None, typer.Option(help="At most so many; for all stages, or one for each: 10,2.", rich_help_panel=RECIPE)
    ] = None,
    learning_rate: Annotated[
        str | None, typer.Option(help="For all stages, or one for each: 1e-3,1e-5.", rich_help_panel=RECIPE)
    ] = None,
    batch: Annotated[
        str | None, typer.Option(help="Pictures a step; for all stages, or one for each.", rich_help_panel=RECIPE)
    ] = None,
    patience: Patience = None,
    optimizer: Annotated[str | None, typer.Option(help="adam, adamw, sgd or rmsprop.", rich_help_panel=RECIPE)] = None,
    unfreeze: Unfreeze = None,
    head: Annotated[
        str | None,
        typer.Option(help="Units of the classifier's hidden layers: 256, or 512,128.", rich_help_panel=RECIPE),
    ] = None,
    pooling: Annotated[
        str | None, typer.Option(help="Between base and classifier: flatten or average.", rich_help_panel=RECIPE)
    ] = None,
    dropout: Annotated[float | None, typer.Option(help="After each hidden layer.", rich_help_panel=RECIPE)] = None,
    copies: Copies = None,
    class_weights: Annotated[
        bool | None, typer.Option(help="Let both classes count alike, however few one has.", rich_help_panel=RECIPE)
    ] = None,
    cache: Annotated[
        bool,
        typer.Option(
            help="Run the frozen layers once a picture, not once an epoch. Same result, sooner; up to 166 kB of disk for each picture and copy.",
            rich_help_panel=MACHINE,
        ),
    ] = True,
    features: Features = None,
    mixed_precision: MixedPrecision = None,
    tensorboard: Annotated[
        Path | None, typer.Option(help="Folder for TensorBoard's logs.", rich_help_panel=MACHINE)
    ] = None,
) -> None:
    """Fine-tune VGG16 or VGG19 on pictures of ships and of everything else, in two stages.

    After a kill or Ctrl-C the same command goes on where it was, and ends with the same weights.
    """
    from train.recipe import Changes, recipe_named

    changes = Changes(
        epochs=_numbers("epochs", epochs, int),
        learning_rate=_numbers("learning-rate", learning_rate, float),
        batch=_numbers("batch", batch, int),
        patience=_numbers("patience", patience, int),
        optimizer=optimizer,
        unfreeze=unfreeze,
        hidden=_numbers("head", head, int),
        pooling=pooling,
        dropout=dropout,
        copies=copies,
        class_weights=class_weights,
    )
    recipe_named(recipe, changes)  # refused now, not once TensorFlow is loaded
    with importing("train"):
        from train.settings import Settings
        from train.train import train as begin

    settings = Settings(
        network=network,
        weights=weights,
        positive=positive,
        groups=groups,
        recipe=recipe,
        changes=changes,
        aim=aim,
        frames=tuple(frames or ()),
        holdout=tuple(holdout_group or ()),
        test_share=test_share,
        validation_share=validation_share,
        seed=seed,
        cache=cache,
        mixed_precision=mixed_precision,
        features=features,
        tensorboard=tensorboard,
    )
    begin(data, out, settings, overwrite, console)


def table(
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for both runs, table.md and table.json.")],
    weights: Annotated[
        str, typer.Option(help="imagenet (fetched), none (random), or files: {network} stands for vgg16 and vgg19.")
    ] = "imagenet",
    groups: Groups = "name",
    recipe: Annotated[str, typer.Option(help="paper or river.")] = "paper",
    test_share: TestShare = 0.22,
    positive: Positive = "ship",
    seed: Annotated[int, typer.Option(help="Of both runs.")] = 1,
    features: Features = None,
    mixed_precision: MixedPrecision = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Train again what is there.")] = False,
) -> None:
    """Train VGG16 and VGG19 in both stages, and put the published table beside what your pictures give.

    After a kill or Ctrl-C the same command goes on; runs that are finished are taken as they are.
    """
    with importing("train"):
        from train.settings import Settings
        from train.table import tabulate

    settings = Settings(
        weights=weights,
        positive=positive,
        groups=groups,
        recipe=recipe,
        test_share=test_share,
        seed=seed,
        features=features,
        mixed_precision=mixed_precision,
    )
    tabulate(data, out, settings, overwrite, console)


def label(
    folder: Annotated[Path, typer.Argument(help="Folder of pictures, as `rivereye collect` leaves it.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the page; 0 takes any that is free.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
) -> None:
    """Sort pictures into ship and no ship, one key each, on a page in the browser.

    S or right arrow: a ship is in sight. N or left arrow: none. U or Ctrl-Z: undo. Space: later. X: set aside, what is broken or cannot be told.

    Each picture is moved into a sub-folder, so that `rivereye train` takes the folder, and you may stop (Ctrl-C) and go on at any time.
    """
    from train.label import label as begin

    begin(folder, port, browser, console)


def _numbers(option: str, text: str | None, kind: Callable[[str], Any]) -> tuple[Any, ...] | None:
    """`10,2` as numbers. Raises UsageError."""
    if text is None:
        return None
    try:
        return tuple(kind(each) for each in text.split(","))
    except ValueError:
        raise UsageError(f"--{option} {text!r}: give a number, or several with commas, such as 10,2") from None
