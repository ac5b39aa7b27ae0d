"""Store, broker and webhook, as the doctor finds them: real ones, that are well, ill and away."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from models.errors import StoreError
from stream.configuration.settings import Settings
from stream.doctor.receivers import receivers
from stream.doctor.store import store
from stream.store.migrating import upgrade
from tests.faults.peers.mosquitto import broker, missing, password_file
from tests.faults.peers.ports import HOST, reserved_port
from tests.faults.peers.postgres import PostgresServer

SECRET = "hunter2"  # noqa: S105 - to be looked for
needs_broker = pytest.mark.skipif(missing() is not None, reason=str(missing()))


def settings(**rest: Any) -> Settings:
    return Settings.model_validate({"cameras": {"north": {"source": "test"}}, **rest})


def told(**rest: Any) -> list[tuple[str, str]]:
    found = list(receivers(settings(**rest)))
    assert SECRET not in str(found)
    return [(each.verdict, each.found) for each in found]


def stored(place: str) -> list[tuple[str, str]]:
    return [(each.verdict, each.found) for each in store(settings(outputs={"store": place}))]


def test_nothing_is_set() -> None:
    assert list(store(settings())) == list(receivers(settings())) == []


def test_a_store_in_a_file(tmp_path: Path) -> None:
    place = tmp_path / "river.db"
    assert stored(str(place)) == [("ok", f"{place}: none yet; the watch makes it")]
    assert not place.exists()
    version = upgrade(str(place)).version
    assert stored(str(place)) == [("ok", f"{place}: sqlite, version {version}, boxes: 0, cameras: 0")]


def test_a_store_on_a_server(postgres: PostgresServer) -> None:
    place = postgres.database()
    assert "none yet" in stored(place)[0][1]
    upgrade(place)
    ((verdict, found),) = stored(place)
    assert (verdict, "postgresql, version" in found) == ("ok", True)
    postgres.stop()
    try:
        with pytest.raises(StoreError):
            stored(place)
    finally:
        postgres.start()


@needs_broker
def test_a_broker_that_lets_us_in_or_does_not(tmp_path: Path) -> None:
    passwords = password_file(tmp_path, "rivereye", SECRET)
    with broker("allow_anonymous false", f"password_file {passwords}") as server:
        mqtt = {"host": HOST, "port": server.port, "user": "rivereye", "password": SECRET}
        assert told(mqtt=mqtt) == [("ok", f"{HOST}:{server.port} lets us in")]
        ((verdict, found),) = told(mqtt=mqtt | {"password": "wrong" + SECRET})
        assert verdict == "bad"
        assert "Not authorized" in found
        server.stop()
        ((verdict, found),) = told(mqtt=mqtt)
        assert verdict == "bad"
        assert f"cannot connect to the broker at {HOST}:{server.port}" in found


@needs_broker
def test_the_watch_s_own_connection_stays(tmp_path: Path) -> None:
    """A second client of its name would end it, and leave word that it is gone."""
    from stream.telling.link import Link
    from stream.telling.settings import MqttSettings

    with broker() as server:
        mqtt = {"host": HOST, "port": server.port}
        watch = Link(MqttSettings.model_validate(mqtt), None, lambda _, __: None, lambda: None)
        watch.open()
        assert told(mqtt=mqtt)[0][0] == "ok"
        sent = watch.publish("rivereye/still", "here")
        assert sent is not None
        assert watch.acknowledged(sent) is None
        assert not watch.lost.is_set()
        watch.close()


def test_a_webhook_that_can_be_reached_or_not() -> None:
    with reserved_port() as port, socket.socket() as hook:
        place = {"url": f"http://{HOST}:{port}/{SECRET}?key={SECRET}", "secret": SECRET, "timeout": 1}
        ((verdict, found),) = told(webhook=place)
        assert (verdict, f"http://{HOST}:{port}/***: " in found) == ("bad", True)
        hook.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        hook.bind((HOST, port))
        hook.listen()
        assert told(webhook=place)[0][0] == "ok"
        ((verdict, found),) = told(webhook=place | {"url": f"https://{HOST}:{port}/"})
        assert verdict == "bad", "it does not speak TLS"


def test_a_webhook_that_speaks_no_tls() -> None:
    with http_server() as port:
        place = {"url": f"https://{HOST}:{port}/", "secret": SECRET, "timeout": 5}
        assert told(webhook=place) == [("bad", f"https://{HOST}:{port}/***: it answers, and speaks no TLS")]


@contextmanager
def http_server() -> Iterator[int]:
    with ThreadingHTTPServer((HOST, 0), BaseHTTPRequestHandler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()
