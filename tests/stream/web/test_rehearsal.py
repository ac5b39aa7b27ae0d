"""Pages are rehearsed before somebody comes, whatever the store is like."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stream.web import rehearsal
from tests.faults.peers.postgres import PostgresServer
from tests.stream.web.rooms import client, fill, served

FIRST = """
import sys, time
import httpx
from stream.store.reading import Reader
from stream.web.moments import zone_named
from stream.web.room import Room
from stream.web.settings import WebSettings
from stream.web.web import Web
from tests.stream.web.rooms import NOW
with Reader(sys.argv[1]) as reader, Web(WebSettings(listen="127.0.0.1:0"), Room(reader, zone_named("UTC"), now=lambda: NOW)) as web:
    web.start()
    with httpx.Client(base_url=web.address, trust_env=False, timeout=30) as asking:
        asking.get("/static/icon.svg")
        before = set(sys.modules)
        for path in ("/", "/day", "/passages", "/counts", "/camera?box=lock&camera=north", "/log?box=lock&camera=north"):
            asking.get(path).raise_for_status()
        print(sorted(set(sys.modules) - before))
"""


def test_a_first_answer_imports_nothing(tmp_path: Path) -> None:
    place = str(tmp_path / "river.db")
    fill(place)
    done = subprocess.run([sys.executable, "-c", FIRST, place], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_store_that_is_not_there_keeps_nobody_out(tmp_path: Path) -> None:
    began = time.monotonic()
    with served(str(tmp_path / "none.db")) as web, client(web) as asking:
        assert asking.get("/api/v1/cameras").status_code == 503
    assert time.monotonic() - began < rehearsal.PATIENCE_S


def test_a_wrong_password_is_tried_once(postgres: PostgresServer) -> None:
    """Each page for itself would have a server keep out who asks."""
    log = postgres.folder / "log"
    place = postgres.url(postgres.database().rpartition("/")[2], password="wrong")  # noqa: S106
    before = log.read_text().count("password authentication failed")
    with served(place) as web, client(web) as asking:
        assert asking.get("/static/icon.svg").status_code == 200
    assert log.read_text().count("password authentication failed") == before + 1


def test_a_store_that_is_slow_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes the connection and says nothing."""
    monkeypatch.setattr(rehearsal, "PATIENCE_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with served(f"postgresql://river@127.0.0.1:{silent.getsockname()[1]}/river") as web, client(web) as asking:
            assert asking.get("/static/icon.svg").status_code == 200
            assert time.monotonic() - began < 2
