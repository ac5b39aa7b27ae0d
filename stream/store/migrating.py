"""The tables of a store, brought to the present version, by one of all who may want to at once."""

from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, Engine, inspect, text

from models.errors import StoreError
from stream.store.engine import engine_for, transaction, wait_for_all
from stream.store.place import Place, place_named
from stream.store.tables import METADATA, VERSION, VERSION_TABLE

SCRIPTS = Path(__file__).parent / "migrations"
PATIENCE_S = 60
"""For others who bring the same store to the present version."""
LONGEST_S = 3600.0
_one = Lock()
"""Alembic keeps what it is about in variables of its own: one migration a process at a time."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A store that can be used. `version`: None where there is none yet. `newest`: of the tables that this rivereye makes."""

    shown: str
    kind: str
    version: str | None
    newest: str
    boxes: int = 0
    cameras: int = 0


def upgrade(place: str) -> Checked:
    """Brings the tables to the present version, making them where there are none. Of several that try, one does it, and the others wait.

    Raises:
        UsageError: `place` is no path and no address of a store.
        StoreError: the store is of a later version, or another program's. It is as it was.
        StoreAway: it cannot be reached.
    """
    there = place_named(place)
    engine = engine_for(there, write=True, busy_s=PATIENCE_S)
    try:
        prepare(engine, there)
        return _checked(engine, there)
    finally:
        engine.dispose()


def check(place: str) -> Checked:
    """Looks at a store and changes nothing. Errors: see `upgrade`."""
    there = place_named(place)
    if there.file is not None and not there.file.exists():
        return Checked(there.shown, there.kind, None, VERSION)
    engine = engine_for(there, write=False)
    try:
        return _checked(engine, there)
    finally:
        engine.dispose()


def prepare(engine: Engine, place: Place) -> None:
    """As `upgrade`, of a store that is open."""
    with transaction(engine, place) as connection:
        if version_of(connection, place) == VERSION:
            return
    with _one, transaction(engine, place, LONGEST_S) as connection:
        wait_for_all(connection, PATIENCE_S)
        if version_of(connection, place) != VERSION:  # somebody else may have done it meanwhile
            _migrate(connection)


def version_of(connection: Connection, place: Place) -> str | None:
    """None: there is no table yet.

    Raises:
        StoreError: it is a version that this rivereye does not know, or the tables are another program's.
    """
    tables = set(inspect(connection).get_table_names())
    if VERSION_TABLE not in tables:
        strange = tables if place.file is not None else tables & METADATA.tables.keys()
        if strange:
            raise StoreError(
                f"will not use {place.shown} as a store: it holds tables that rivereye did not make ({', '.join(sorted(strange)[:3])}); give another place"
            )
        return None
    version = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant
    if version is not None and version != VERSION and version not in _known():  # Alembic takes a while to be imported
        raise StoreError(
            f"the store {place.shown} was made by a later rivereye (version {version} of its tables, known is {VERSION}); update rivereye, or give another place"
        )
    return None if version is None else str(version)


def _known() -> list[str]:
    from alembic.script import ScriptDirectory

    return [each.revision for each in ScriptDirectory(str(SCRIPTS)).walk_revisions()]


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _checked(engine: Engine, place: Place) -> Checked:
    with transaction(engine, place) as connection:
        version = version_of(connection, place)
        if version is None:
            return Checked(place.shown, place.kind, None, VERSION)
        boxes, cameras = (
            connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()  # noqa: S608 - constants
            for name in ("boxes", "cameras")
        )
        return Checked(place.shown, place.kind, version, VERSION, boxes, cameras)
