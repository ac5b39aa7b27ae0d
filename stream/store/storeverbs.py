"""The verbs about a store, as the command line has them."""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.errors import UsageError
from models.say import say
from stream.options import console

if TYPE_CHECKING:
    from stream.configuration.outputs import Outputs

app = typer.Typer(no_args_is_help=True, help="Look after a store of passages, while others write to it.")
DAY_S = 86_400

Place = Annotated[
    str,
    typer.Argument(
        help="An SQLite file, postgresql://USER@HOST/DATABASE, or a configuration file (.toml) whose store is meant. A password typed here stands in the list of processes: set PGPASSWORD, or write {NAME} in that file."
    ),
]


@app.command("check")
def check(place: Place) -> None:
    """Say what a store is, and change nothing. Exit code 1 where it cannot be used."""
    from stream.store.migrating import check as look

    found = look(meant(place))
    if found.version is None:
        say(console, f"{found.shown}: no store yet; a watch with --store makes it, or `rivereye store upgrade`")
        return
    state = "up to date" if found.version == found.newest else f"{found.newest} is known: `rivereye store upgrade`"
    say(console, f"{found.shown}: {found.kind}, tables of version {found.version} ({state})")
    say(console, f"boxes: {found.boxes}, cameras: {found.cameras}")


@app.command("upgrade")
def upgrade(place: Place) -> None:
    """Bring the tables to the version of this rivereye, making them where there are none. A watch does it by itself as it starts."""
    from stream.store.migrating import upgrade as bring

    found = bring(meant(place))
    say(console, f"{found.shown}: tables of version {found.version}")


@app.command("forget")
def forget(
    place: Place,
    days: Annotated[
        float | None, typer.Option(min=1, help="What is older goes, of all boxes: passages and coverage.")
    ] = None,
    box: Annotated[str | None, typer.Option(help="This box goes, with all that it wrote.")] = None,
    camera: Annotated[str | None, typer.Option(help="Of that box, this camera alone.")] = None,
) -> None:
    """Delete what is too old, or a camera or box that is gone, a little at a time."""
    from stream.store import forgetting

    if (days is None) == (box is None) or (camera is not None and box is None):
        raise UsageError("what is to be forgotten? Give --days N, or --box BOX, or --box BOX --camera NAME")
    if box is not None:
        gone = forgetting.forget_box(meant(place), box, camera)
    else:
        assert days is not None
        gone = forgetting.forget(meant(place), time.time() - days * DAY_S)
    say(console, f"deleted: {', '.join(f'{count} {table}' for table, count in gone.items())}")


@app.command("copy")
def copy(
    place: Place,
    file: Annotated[Path, typer.Argument(help="Where the copy goes: a file, which is whole or not there.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False,
) -> None:
    """Copy a store that is a file, while others write to it. On a server, pg_dump does that."""
    from stream.store.copying import copy as take

    said = take(meant(place), file, overwrite)
    say(console, f"{file}: {said}")


def meant(place: str) -> str:
    """The store of a configuration file, of whose secrets only the store's are asked for; what is no such file stands for itself."""
    if not place.endswith(".toml"):
        return place
    from stream.configuration.config import read_settings
    from stream.configuration.resolving import outputs_in_place

    file = Path(place)
    return store_of(outputs_in_place(read_settings(file), os.environ, file), file)


def store_of(outputs: "Outputs", file: Path) -> str:
    """Raises UsageError: the configuration has none."""
    if outputs.store is None:
        raise UsageError(f'{file} has no store; put store = "river.db" into its [outputs]')
    return outputs.store.get_secret_value()
