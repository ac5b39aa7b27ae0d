"""The verbs about a store, as the command line has them."""

import time
from pathlib import Path
from typing import Annotated

import typer

from models.errors import UsageError
from models.say import say
from stream.options import console

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
    days: Annotated[float, typer.Option(min=1, help="What is older goes, of all boxes: passages and coverage.")],
) -> None:
    """Delete what is too old, a little at a time."""
    from stream.store.forgetting import forget as clear

    gone = clear(meant(place), time.time() - days * DAY_S)
    say(console, f"deleted: {', '.join(f'{count} {table}' for table, count in gone.items())}")


def meant(place: str) -> str:
    """The store of a configuration file; what is none stands for itself."""
    if not place.endswith(".toml"):
        return place
    from stream.configuration.config import load_settings

    store = load_settings(Path(place)).outputs.store
    if store is None:
        raise UsageError(f'{place} has no store; put store = "river.db" into its [outputs]')
    return store.get_secret_value()
