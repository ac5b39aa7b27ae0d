"""The verbs for networks that are trained, as the command line has them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models.errors import UsageError
from models.extras import importing
from train.options import Data, Features, Groups, MixedPrecision, Overwrite, Positive

console = Console(stderr=True)

KEEP = 0.375
"""The slimmest of which the released one lost nothing that could be told from chance: docs/slim.md."""


def aim(
    run: Annotated[Path, typer.Argument(help="Folder that `rivereye train` wrote.")],
    aim: Annotated[
        str, typer.Argument(help="balanced, 'miss<=2%', 'false-alarms<=1%' or 'false-alarms<=1/hour@1fps'.")
    ],
    unseen: Annotated[
        list[Path] | None,
        typer.Option(
            help="A run of the same recipe with a --holdout-group: choose on what it answered there, not on validation pictures. For each camera held out: --unseen RUN --unseen RUN ..."
        ),
    ] = None,
) -> None:
    """Choose the threshold of a trained network anew, for another aim, or on cameras held out from networks like it."""
    with importing("train"):
        from train.aim import decide_anew

    decide_anew(run, aim, unseen or (), console)


def slim(
    run: Annotated[Path, typer.Argument(help="Folder that `rivereye train` wrote: the full network.")],
    out: Annotated[Path, typer.Option(help="Folder of the slim network's run, to be made.")],
    keep: Annotated[
        float | None,
        typer.Option(
            help="Share of the channels that is kept; of the first two blocks three quarters of that, of the last one a third more. By itself 0.375."
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            help="In place of --keep: the slimmest network that loses no more accuracy than this on validation pictures, such as 0.5pp (percentage points)."
        ),
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="To learn again what pruning cost; of few pictures more.")] = 2,
    learning_rate: Annotated[
        float, typer.Option(min=1e-7, max=0.1, help="The highest; it rises to it, then falls.")
    ] = 1e-4,
    batch: Annotated[int, typer.Option(min=1, help="Pictures a step.")] = 32,
    copies: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Altered copies of each training picture to learn from; 0: the pictures themselves. By itself as many as the full network learnt from.",
            show_default=False,
        ),
    ] = None,
    features: Features = None,
    mixed_precision: MixedPrecision = None,
    overwrite: Overwrite = False,
) -> None:
    """Make a network slim: cut away most channels of every layer, and let the full network teach the rest.

    The new run has the same pictures in the same parts, and its report shows both networks. `rivereye export` makes a bundle of it, as of any other. After a kill or Ctrl-C the same command goes on where it was.
    """
    if keep is not None and budget is not None:
        raise UsageError("--keep and --budget: give one of them")
    allowed = None if budget is None else _points(budget)
    with importing("train"):
        from train.slim import slim as begin
        from train.slimming import Slimming

    share = None if allowed is not None else KEEP if keep is None else keep
    slimming = Slimming(
        share,
        allowed,
        epochs,
        learning_rate=learning_rate,
        batch=batch,
        copies=copies,
        features=features,
        mixed_precision=mixed_precision,
    )
    begin(run, out, slimming, overwrite, console)


def evaluate(
    model: Annotated[str, typer.Argument(help="Folder of a bundle or of a run, or the name of a released model.")],
    data: Data,
    json: Annotated[bool, typer.Option("--json", help="One JSON object to standard output, no table.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for report.html and report.json, with curves and the worst mistakes.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Probability from which on a picture shows a ship. By itself the model's own.")
    ] = None,
    groups: Groups = "name",
    positive: Positive = "ship",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a report that is there.")] = False,
) -> None:
    """Judge a model on any labelled pictures: accuracy with its interval, ships found, false alarms, calibration."""
    with importing("train"):
        from train.evaluate import evaluate_model

    evaluate_model(model, data, positive, groups, threshold, out, json, overwrite, console)


def across(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs, each trained with another --holdout-group.")],
    aim: Annotated[
        str, typer.Option(help="What the threshold of each group is chosen for, on all others.")
    ] = "balanced",
    json: Annotated[bool, typer.Option("--json", help="One JSON object to standard output, no table.")] = False,
) -> None:
    """How networks do on cameras held out from them, each with threshold and calibration from the others."""
    with importing("train"):
        from train.across import look_across

    look_across(runs, aim, json, console)


def _points(text: str) -> float:
    """`0.5pp` as a number. Raises UsageError."""
    try:
        return float(text.strip().removesuffix("pp"))
    except ValueError:
        raise UsageError(f"--budget {text!r}: give percentage points of accuracy, such as 0.5pp") from None
