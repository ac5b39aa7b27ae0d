"""The verbs of this stage about a camera of one's own, and about what was recorded of it, as the command line has them."""

from pathlib import Path
from typing import Annotated

import typer

from models.bundle import DEFAULT
from stream.options import SOURCE, ModelName, Precision, Provider, console


def collect(
    source: Annotated[str, typer.Argument(help=SOURCE)],
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


def adapt(
    sources: Annotated[
        list[str],
        typer.Argument(help="One camera or recording, or files of detections (.jsonl) that `rivereye stream` wrote."),
    ],
    out: Annotated[Path, typer.Option(help="File to be made, for `rivereye stream --background`.")],
    model: ModelName = DEFAULT,
    precision: Precision = None,
    provider: Provider = "auto",
    views: Annotated[str, typer.Option(help="As they will be looked at: whole, or 2x3.")] = "whole",
    keep: Annotated[
        list[str] | None,
        typer.Option(help="A view, by its number, that is left as it is: a berth, say. May be given again."),
    ] = None,
    every: Annotated[float, typer.Option(min=0, help="Seconds between two looks at a camera or recording.")] = 1.0,
    seconds: Annotated[
        float | None, typer.Option(min=1, help="Learn from a camera for so long. By itself until Ctrl-C.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if it is there.")] = False,
) -> None:
    """Learn what a fixed camera always shows, and the model takes for a ship: a jetty, a crane, a lock wall.

    Give it hours as they come, with ships and without, no labels needed. What is there for most of the time counts as background: a vessel that lies moored for days, too, unless its view is kept as it is (--keep).
    """
    from models.classifier import Choice
    from stream.adapt import Learning
    from stream.adapt import adapt as begin

    begin(
        sources,
        out,
        Choice(model, precision, provider),
        Learning(views, keep or (), every, seconds),
        overwrite,
        console,
    )


def replay(
    files: Annotated[
        list[Path], typer.Argument(help="Detections that `rivereye stream --output` wrote, in order of time.")
    ],
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Confidence from which on a ship is in sight. By itself as recorded."),
    ] = None,
    leave: Annotated[
        float | None, typer.Option(min=0, max=1, help="Confidence below which a ship in sight has left.")
    ] = None,
    bridge: Annotated[float | None, typer.Option(min=0, help="Seconds without a ship that end no passage.")] = None,
    shortest: Annotated[float | None, typer.Option(min=0, help="Seconds below which a sight is no passage.")] = None,
    forget: Annotated[float | None, typer.Option(min=0, help="Seconds of blindness that end a passage.")] = None,
    passages: Annotated[Path | None, typer.Option(help="File for the passages, as JSON lines.")] = None,
    hours: Annotated[Path | None, typer.Option(help="File for the hours, as JSON lines.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")] = False,
) -> None:
    """Make passages anew from detections, with other thresholds: without the video, and without the network."""
    from stream.configuration.settings import PassageSettings
    from stream.replay import Places
    from stream.replay import replay as begin

    given = {"bridge": bridge, "shortest": shortest, "forget": forget}
    settings = PassageSettings(**{name: value for name, value in given.items() if value is not None})
    begin(files, threshold, leave, settings, Places(passages, hours), overwrite, console)
