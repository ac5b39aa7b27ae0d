"""Copies of a store that is written to, and how they are brought back: by the commands of docs/running.md."""

import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from models.errors import OutputError, StoreError, UsageError
from stream.store.copying import copy
from stream.store.reading import Reader
from stream.store.store import Store
from tests.factories import COMMAND
from tests.faults.peers.postgres import PostgresServer
from tests.stream.store.makers import passing, rows, until

WRITER = Path(__file__).with_name("writer.py")
RUNNING = Path(__file__).parents[3] / "docs" / "running.md"


@contextmanager
def writing(place: Path) -> Iterator[subprocess.Popen[str]]:
    """A watch that hands over fifty passages a second, until it is killed."""
    command: list[str | Path] = [sys.executable, WRITER, place, f"{place}.spool"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


def count(place: Path) -> int:
    return int(rows(str(place), "SELECT count(*) FROM passages")[0][0])


def passages(place: Path) -> set[str]:
    return {str(name) for (name,) in rows(str(place), "SELECT id FROM passages")}


def blocks(heading: str) -> list[str]:
    """The commands below a heading of docs/running.md."""
    section = RUNNING.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"```console\n(.*?)```", section, re.DOTALL)


def test_a_copy_is_whole_while_others_write(tmp_path: Path) -> None:
    place = tmp_path / "river.db"
    with writing(place):
        until(lambda: place.exists() and count(place) > 20)
        for number in range(10):
            before = count(place)
            copy(str(place), tmp_path / f"{number}.db")
            assert count(tmp_path / f"{number}.db") >= before
            assert rows(str(tmp_path / f"{number}.db"), "PRAGMA integrity_check") == [("ok",)]
        last = count(place)
        until(lambda: count(place) > last)
    assert not list(tmp_path.glob("0.db-*"))
    assert stat.S_IMODE((tmp_path / "0.db").stat().st_mode) == 0o600
    assert not list(tmp_path.glob(".*"))


def test_backup_and_restore_as_the_documentation_has_them(tmp_path: Path) -> None:
    """All but `systemctl`, and with other folders; what watches goes on meanwhile, and goes on with the copy."""
    state, etc, root = (tmp_path / name for name in ("state", "etc", "root"))
    for folder in (state, etc, root):
        folder.mkdir()
    place = state / "river.db"
    shutil.copy(RUNNING.parent / "running" / "river.toml", etc / "river.toml")
    (etc / "secrets").write_text("WEB_TOKEN=none\n")
    (state / "passages.jsonl").write_text("{}\n")
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "rivereye").symlink_to(COMMAND)
    (commands / "systemctl").write_text("#!/bin/sh\n")
    (commands / "systemctl").chmod(0o755)

    def run(block: str) -> None:
        folders = {"/var/lib/private/rivereye": state, "/var/lib/rivereye": state, "/etc/rivereye": etc, "/root": root}
        for told, here in folders.items():
            block = block.replace(told, str(here))
        done = subprocess.run(
            ["sh", "-e", "-c", block],
            capture_output=True,
            text=True,
            env={"PATH": f"{commands}:/usr/bin:/bin"},
            check=False,
        )
        assert done.returncode == 0, done.stderr

    backup, restore = blocks("Backup")
    config = (etc / "river.toml").read_text(encoding="utf-8").replace("/var/lib/rivereye", str(state))
    (etc / "river.toml").write_text(config, encoding="utf-8")
    with writing(place):
        until(lambda: place.exists() and count(place) > 20)
        before = passages(place)
        run(backup)
        until(lambda: count(place) > len(before) + 20)
        run(backup)  # a second one takes the place of the first
        kept = count(place)
        until(lambda: count(place) > kept + 20)
    shutil.rmtree(etc)
    (state / "passages.jsonl").unlink()
    after = passages(place)
    run(restore)
    back = passages(place)
    assert before < back < after
    assert rows(str(place), "PRAGMA integrity_check") == [("ok",)]
    assert (etc / "river.toml").is_file()
    assert (state / "passages.jsonl").read_text() == "{}\n"
    assert (place.stat().st_uid, place.stat().st_gid) == (state.stat().st_uid, state.stat().st_gid)
    with Store(str(place), "lock") as store:
        store.write([passing(10**6, 10**9)])
    with Reader(str(place)) as reader:
        assert len(reader.cameras()) == 1


def test_a_file_is_not_lost_by_mistake(tmp_path: Path) -> None:
    place, other = tmp_path / "river.db", tmp_path / "other"
    with Store(str(place), "lock") as store:
        store.write([passing(1)])
    other.write_text("mine")
    with pytest.raises(OutputError, match="other exists; give another file, or --overwrite"):
        copy(str(place), other)
    assert other.read_text() == "mine"
    for wrong in (place, tmp_path):
        with pytest.raises(OutputError, match="is the store itself; give another file|exists; give another file"):
            copy(str(place), wrong, overwrite=True)
    copy(str(place), other, overwrite=True)
    assert count(other) == count(place) == 1
    with pytest.raises(OutputError, match="cannot write .*: No such file or directory"):
        copy(str(place), tmp_path / "nowhere" / "copy.db")


def test_what_cannot_be_copied_is_told(tmp_path: Path, postgres: PostgresServer) -> None:
    with pytest.raises(UsageError, match="no store at"):
        copy(str(tmp_path / "none.db"), tmp_path / "copy.db")
    (tmp_path / "text").write_text("of somebody else\n" * 100)
    with pytest.raises(StoreError, match="file is not a database"):
        copy(str(tmp_path / "text"), tmp_path / "copy.db")
    with pytest.raises(UsageError, match="is on a server; copy it with pg_dump") as told:
        copy(postgres.url("river"), tmp_path / "copy.db")
    assert "s3cret" not in str(told.value)
    assert not (tmp_path / "copy.db").exists()


def test_a_server_is_copied_as_the_documentation_has_it(postgres: PostgresServer) -> None:
    place, other = postgres.database(), postgres.database()
    with Store(place, "lock") as store:
        store.write([passing(number) for number in range(50)])
    file = postgres.folder / "river.dump"
    postgres.client("pg_dump", place.rpartition("/")[2], "--format", "custom", "--file", file)
    with Store(place, "lock") as store:
        store.write([passing(number) for number in range(50, 60)])
    for _ in range(2):  # into what is empty, and in the place of what is there
        options = ("--clean", "--if-exists", "--no-owner", "--exit-on-error", "--single-transaction")
        postgres.client("pg_restore", other.rpartition("/")[2], *options, file)
    with Reader(other) as reader:
        assert len(reader.passages(limit=100).passages) == 50
        assert [each.camera.name for each in reader.cameras()] == ["north"]
