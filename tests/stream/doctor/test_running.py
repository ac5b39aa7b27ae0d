"""The watch that runs already, as its health says."""

import socket
import time
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry

from stream.configuration.settings import Settings
from stream.doctor.running import running
from stream.health.server import Server
from stream.health.vitals import Vitals
from tests.faults.peers.ports import HOST, reserved_port
from tests.stream.health.made import NOW, OFFLINE, camera, vitals


@pytest.fixture
def port() -> Iterator[int]:
    with reserved_port() as port:
        yield port


def found(place: str | None) -> list[tuple[str, str]]:
    settings = Settings.model_validate({"cameras": {"north": {"source": "test"}}, "metrics": place})
    return [(each.verdict, each.found) for each in running(settings)]


def test_nothing_to_ask() -> None:
    assert found(None) == []


def test_none_runs(port: int) -> None:
    assert found(str(port)) == [("ok", f"none runs at {port}")]


def test_none_runs_and_none_can() -> None:
    assert found("192.0.2.1:9753") == [
        ("bad", "none runs, and none can at 192.0.2.1:9753: Cannot assign requested address")
    ]


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (vitals(), ("ok", "runs, and is ready (0.0.0.0:{port})")),
        (
            vitals(north=camera(OFFLINE)),
            ("warning", "runs, and is not ready: north: offline: nobody listens at rtsp://***@192.0.2.1"),
        ),
    ],
)
def test_one_runs(port: int, seen: Vitals, said: tuple[str, str]) -> None:
    server = Server(f"0.0.0.0:{port}", CollectorRegistry(), lambda: seen, lambda: NOW)
    try:
        assert found(f"0.0.0.0:{port}") == [(said[0], said[1].format(port=port))]
    finally:
        server.close()


def test_something_else_answers_or_does_not(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream.doctor.running.TIMEOUT_S", 0.3)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((HOST, port))
        other.listen()
        began = time.monotonic()
        assert found(str(port)) == [("warning", "runs, and is not ready: what answers there is no rivereye")]
        assert time.monotonic() - began < 2
