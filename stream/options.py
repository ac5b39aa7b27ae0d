"""Options that several verbs of this stage share."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

console = Console(stderr=True)

PLACES = "Where it goes"
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
Store = Annotated[
    str | None,
    typer.Option(
        help="Of live cameras, passages and coverage to be asked: an SQLite file, which is added to, or postgresql://USER@HOST/DATABASE.",
        rich_help_panel=PLACES,
    ),
]
Video = Annotated[
    Path | None,
    typer.Option(help="Annotated video (.mp4), or a folder for those of several cameras.", rich_help_panel=PLACES),
]
