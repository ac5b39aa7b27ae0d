"""The verbs of this stage, as the command line has them."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from models.bundle import DEFAULT
from stream.options import (
    LINE,
    LOOKING,
    PLACES,
    SOURCE,
    Config,
    Hwaccel,
    Metrics,
    ModelName,
    Precision,
    Provider,
    Retries,
    Store,
    Threads,
    Web,
    console,
)

BESIDE = ("config", "sources", "overwrite")
"""What may stand beside a configuration file, or is refused there by itself."""
TIME = "What to look at"


def stream(
    context: typer.Context,
    sources: Annotated[list[str] | None, typer.Argument(help=f"{SOURCE} Several are watched at once.")] = None,
    config: Config = None,
    model: ModelName = DEFAULT,
    precision: Precision = None,
    provider: Provider = "auto",
    views: Annotated[
        str,
        typer.Option(
            help="What the network looks at: whole (the frame), or 2x3 (the frame, and 2 rows of 3 overlapping parts of it): finds smaller ships, in 7 times the time.",
            rich_help_panel=LOOKING,
        ),
    ] = "whole",
    threshold: Annotated[
        str | None,
        typer.Option(
            help="Probability from which on a ship is in sight: a number, or an aim that the model's README lists, such as 'miss<=2%'. By itself the model's own.",
            rich_help_panel=LOOKING,
        ),
    ] = None,
    leave: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Probability below which a ship in sight has left. By itself the threshold.",
            rich_help_panel=LOOKING,
        ),
    ] = None,
    background: Annotated[
        Path | None,
        typer.Option(help="File of `rivereye adapt`: what this camera always shows.", rich_help_panel=LOOKING),
    ] = None,
    learn: Annotated[
        bool,
        typer.Option(
            "--learn", help="Go on learning that, and write it to the --background file.", rich_help_panel=LOOKING
        ),
    ] = False,
    gate: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Skip views that have not changed since the last look, for so many seconds at most. By itself none are.",
            rich_help_panel=LOOKING,
        ),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            help="every (lose nothing), latest (the newest frame), bounded(S) (none older than S seconds). By itself every for recordings, latest for cameras.",
            rich_help_panel=LOOKING,
        ),
    ] = None,
    batch: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=256,
            help="Views looked at in one go. By itself what was tuned, else 4.",
            rich_help_panel=LOOKING,
        ),
    ] = None,
    threads: Threads = None,
    no_tuned: Annotated[
        bool,
        typer.Option(
            "--no-tuned",
            help="Leave alone what `rivereye bench --tune` found for this machine. What is given here counts in either case.",
            rich_help_panel=LOOKING,
        ),
    ] = False,
    fps: Annotated[
        float | None,
        typer.Option(min=0.001, help="Looks a second of media time at most.", rich_help_panel=TIME),
    ] = None,
    stride: Annotated[int, typer.Option(min=1, help="Every n-th frame only.", rich_help_panel=TIME)] = 1,
    start: Annotated[
        float | None,
        typer.Option(min=0, help="Of a recording: begin at so many seconds.", rich_help_panel=TIME),
    ] = None,
    end: Annotated[
        float | None,
        typer.Option(min=0, help="End before so many seconds.", rich_help_panel=TIME),
    ] = None,
    rotate: Annotated[
        int, typer.Option(help="Turn frames clockwise: 0, 90, 180 or 270 degrees.", rich_help_panel=TIME)
    ] = 0,
    output: Annotated[
        str, typer.Option(help="Detections, one JSON line a frame; - is standard output.", rich_help_panel=PLACES)
    ] = "-",
    passages: Annotated[
        Path | None,
        typer.Option(help="Passages as JSON lines, as they begin, change and end.", rich_help_panel=PLACES),
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Detections as a table (.csv).", rich_help_panel=PLACES)] = None,
    hours: Annotated[
        Path | None,
        typer.Option(
            help="For each camera and hour, as JSON lines: how long it could see, and what.", rich_help_panel=PLACES
        ),
    ] = None,
    video: Annotated[
        Path | None,
        typer.Option(help="Annotated video (.mp4), or a folder for those of several cameras.", rich_help_panel=PLACES),
    ] = None,
    snapshots: Annotated[
        Path | None, typer.Option(help="Folder for the best frame of each passage.", rich_help_panel=PLACES)
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(help="Contact sheet of passages (.jpg or .png).", rich_help_panel=PLACES)
    ] = None,
    store: Store = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that are there.", rich_help_panel=PLACES)
    ] = False,
    metrics: Metrics = None,
    web: Web = None,
    open_timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds to wait for a connection.", rich_help_panel=LINE)
    ] = 10.0,
    read_timeout: Annotated[
        float,
        typer.Option(min=0.1, help="Seconds to wait for a frame, then connect again.", rich_help_panel=LINE),
    ] = 10.0,
    retries: Retries = None,
    hwaccel: Hwaccel = None,
) -> None:
    """Look at cameras, videos or pictures, frame by frame: is a ship in sight?

    Cameras are watched until Ctrl-C, and found again when they were lost; recordings are read to their end, and nothing of them is left out.
    """
    from stream.configuration.choosing import chosen, from_file
    from stream.stream import stream as begin

    if config is None:
        camera: dict[str, Any] = {
            "views": views,
            "threshold": threshold,
            "leave": leave,
            "background": background,
            "learn": learn,
            "gate": gate,
            "policy": policy,
            "fps": fps,
            "stride": stride,
            "start": start,
            "end": end,
            "rotate": rotate,
            "open_timeout": open_timeout,
            "read_timeout": read_timeout,
            "retries": retries,
            "hwaccel": hwaccel,
        }
        places = {
            "detections": output,
            "passages": passages,
            "csv": csv,
            "hours": hours,
            "video": video,
            "snapshots": snapshots,
            "sheet": sheet,
            "store": store,
        }
        watch = {
            "model": model,
            "precision": precision,
            "provider": provider,
            "batch": batch,
            "threads": threads,
            "tuned": not no_tuned,
            "metrics": metrics,
            "web": None if web is None else {"listen": web},
            "outputs": places,
        }
        settings, again = chosen(sources or [], camera, watch), None
    else:
        given = [name for name in context.params if str(context.get_parameter_source(name)).endswith("COMMANDLINE")]
        settings, again = from_file(config, sources or [], [name for name in given if name not in BESIDE])
    try:
        summary = begin(settings, overwrite, console, again)
    except BrokenPipeError:  # whoever read standard output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at exit
        return
    if summary.interrupted and not summary.live:
        raise typer.Exit(1)
