"""The verbs for networks that are trained, as the command line has them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models.extras import importing
from train.options import Data, Groups, Positive

console = Console(stderr=True)


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
