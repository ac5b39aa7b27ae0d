"""Tables are made and brought up to date once, whoever comes at the same time, and never those of somebody else."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from models.errors import StoreAway, StoreError
from stream.store.engine import engine_for, transaction
from stream.store.migrating import SCRIPTS, check, upgrade
from stream.store.place import place_named
from stream.store.reading import Reader
from stream.store.records import CurveRecord
from stream.store.store import Store
from stream.store.tables import METADATA, VERSION, VERSION_TABLE
from tests.faults.peers.postgres import PostgresServer
from tests.stream.store.makers import minute, passing, rows, up

UPGRADE = """
import sys
from stream.store.migrating import upgrade
print("ready", flush=True)
sys.stdin.readline()
print(upgrade(sys.argv[1]).version)
"""


def run(place: str, *commands: str) -> None:
    there = place_named(place)
    engine = engine_for(there, write=True)
    with transaction(engine, there) as connection:
        for each in commands:
            connection.execute(text(each))
    engine.dispose()


def test_a_new_store_has_the_tables(place: str) -> None:
    before, after = check(place), upgrade(place)
    assert (before.version, after.version, after.newest) == (None, VERSION, VERSION)
    assert upgrade(place) == check(place) == after
    with Store(place, "lock") as store:
        store.write([minute(), up("south")])
    assert (check(place).boxes, check(place).cameras) == (1, 2)


def test_looking_makes_nothing(tmp_path: Path) -> None:
    assert check(str(tmp_path / "river.db")).version is None
    assert not list(tmp_path.iterdir())


def test_migrations_make_what_is_used(place: str) -> None:
    upgrade(place)
    there = place_named(place)
    engine = engine_for(there, write=False)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True, "target_metadata": METADATA}
        )
        assert compare_metadata(context, METADATA) == []
    engine.dispose()
    assert ScriptDirectory(str(SCRIPTS)).get_current_head() == VERSION


def test_a_store_of_the_first_version_keeps_what_it_holds(place: str) -> None:
    upgrade(place)
    with Store(place, "lock") as store:
        store.write([passing(number) for number in range(3)])
    run(place, "DROP TABLE curves", f"UPDATE {VERSION_TABLE} SET version_num = '0001'")
    with Store(place, "lock") as store:  # as a watch does
        store.write([CurveRecord(passage=passing(1).passage.id, begin=0.0, step=1.0, scores="00fa")])
    assert check(place).version == VERSION
    with Reader(place) as reader:
        assert len(reader.passages().passages) == 3
        assert reader.curve("lock", passing(1).passage.id) is not None


def test_several_that_start_at_once_do_not_collide(place: str) -> None:
    """As boxes do after a power cut."""
    command = [sys.executable, "-c", UPGRADE, place]
    starting = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for each in starting:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in starting:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    ended = [each.communicate(timeout=60) for each in starting]
    assert [(said, wrong) for said, wrong in ended] == [(f"{VERSION}\n", "")] * 3
    assert rows(place, f"SELECT version_num FROM {VERSION_TABLE}") == [(VERSION,)]


def test_a_store_of_a_later_version_is_refused(place: str) -> None:
    upgrade(place)
    run(place, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with Store(place, "lock") as store, Reader(place) as reader:
        for attempt in (lambda: upgrade(place), lambda: check(place), lambda: store.write([minute()]), reader.cameras):
            with pytest.raises(StoreError, match=r"later rivereye \(version 9999 .* update rivereye") as caught:
                attempt()
            assert not isinstance(caught.value, StoreAway)
    assert rows(place, "SELECT count(*) FROM boxes") == [(0,)]


@pytest.mark.parametrize("table", ["passages", "minutes"])
def test_tables_of_somebody_else_are_left_alone(place: str, table: str) -> None:
    run(place, f"CREATE TABLE {table} (title TEXT)", f"INSERT INTO {table} VALUES ('theirs')")
    for attempt in (upgrade, check):
        with pytest.raises(StoreError, match=f"did not make .{table}."):
            attempt(place)
    assert rows(place, f"SELECT * FROM {table}") == [("theirs",)]


def test_a_database_may_hold_other_tables_beside(postgres: PostgresServer) -> None:
    """Not so a file, which is rivereye's alone."""
    place = postgres.database()
    run(place, "CREATE TABLE books (title TEXT)")
    assert upgrade(place).version == VERSION


def test_reading_asks_for_an_upgrade(place: str) -> None:
    run(place, "CREATE TABLE rivereye_version (version_num TEXT)")
    with Reader(place) as reader, pytest.raises(StoreError, match="`rivereye store upgrade` makes it so"):
        reader.cameras()


def test_a_user_who_may_not_make_tables_is_told(postgres: PostgresServer) -> None:
    place = postgres.database()
    database = place.rpartition("/")[2]
    postgres.psql(database, f"DROP ROLE IF EXISTS guest_{database}")
    postgres.psql(database, f"CREATE ROLE guest_{database} LOGIN PASSWORD 'guest'")
    with pytest.raises(StoreAway, match="let the user create tables"):
        upgrade(postgres.url(database, f"guest_{database}", "guest"))
