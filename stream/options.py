"""Options that several verbs of this stage share."""

from pathlib import Path
from typing import Annotated, TextIO, cast

import typer
from rich.console import Console

from stream.terminal import Terminal

console = Console(file=cast(TextIO, Terminal()))
LOOKING, PLACES, LINE = "How to look", "Where it goes", "Connection"

SOURCE = "A video file, a folder or glob of pictures, a URL (rtsp, http, ...), the number of a camera, - (standard input) or test."
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
Config = Annotated[
    Path | None,
    typer.Option(help="A configuration file (see `rivereye config example`), in place of sources and options."),
]
Threads = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=256,
        help="Of the network on the CPU; 0: as many as there are cores. By itself what was tuned, else 0.",
        rich_help_panel=LOOKING,
    ),
]
Metrics = Annotated[
    str | None,
    typer.Option(
        metavar="[HOST:]PORT",
        help="Serve metrics for Prometheus, and whether it lives and is ready; a port alone is for this machine only.",
        rich_help_panel=PLACES,
    ),
]
Store = Annotated[
    str | None,
    typer.Option(
        help="Of live cameras, passages and coverage to be asked: an SQLite file, which is added to, or postgresql://USER@HOST/DATABASE. A password typed here stands in the list of processes: set PGPASSWORD, or write {NAME} in a configuration file.",
        rich_help_panel=PLACES,
    ),
]
Web = Annotated[
    str | None,
    typer.Option(
        metavar="[HOST:]PORT",
        help="Pages in the browser over --store, with live pictures, for this machine alone; for others see the table web of a configuration file.",
        rich_help_panel=PLACES,
    ),
]
Retries = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Give a camera up after so many failures in a row. By itself never: it is tried again at least once a minute.",
        rich_help_panel=LINE,
    ),
]
Hwaccel = Annotated[
    str | None,
    typer.Option(
        help="Hardware that decodes: none, auto, vaapi, d3d11, mfx. What is really used is shown. By itself what was tuned, else none.",
        rich_help_panel=LINE,
    ),
]
