"""Metrics and health over HTTP, on real sockets."""

import json
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
from prometheus_client import CollectorRegistry, Counter

from models.errors import OutputError
from stream.health.server import Server
from stream.health.vitals import Vitals
from tests.faults.peers.ports import HOST, reserved_port
from tests.stream.health.made import NOW, OFFLINE, camera, vitals


class Serving:
    """`seen`: the vitals that it is given; `now`: by its clock."""

    def __init__(self, port: int, host: str = HOST) -> None:
        registry = CollectorRegistry()
        Counter("tries", "", registry=registry).inc()
        self.port, self.now = port, NOW
        self.seen: Vitals | None = None
        self.server = Server(f"{host}:{port}", registry, lambda: self.seen, lambda: self.now)

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes]:
        connection = HTTPConnection(HOST, self.port, timeout=5)
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content


@pytest.fixture
def serving() -> Iterator[Serving]:
    with reserved_port() as port:
        serving = Serving(port)
        yield serving
        serving.server.close()


def test_live_and_ready_come_and_go(serving: Serving) -> None:
    assert serving.ask("/v2/health/live")[0] == 200
    status, content = serving.ask("/v2/health/ready")
    assert (status, json.loads(content)["reasons"]) == (400, ["the watch is starting"])
    serving.seen = vitals()
    assert serving.ask("/v2/health/ready")[0] == 200
    serving.seen = vitals(north=camera(OFFLINE))
    status, content = serving.ask("/v2/health/ready")
    assert status == 400
    assert json.loads(content)["reasons"] == ["north: offline: nobody listens at rtsp://***@192.0.2.1"]
    assert serving.ask("/v2/health/live")[0] == 200
    serving.now += 60
    assert serving.ask("/v2/health/live")[0] == 400


def test_metrics_as_prometheus_asks_for_them(serving: Serving) -> None:
    status, content = serving.ask("/metrics")
    assert status == 200
    assert b"tries_total 1.0" in content
    status, content = serving.ask("/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert content.endswith(b"# EOF\n")
    assert serving.ask("/metrics", **{"Accept-Encoding": "gzip"})[1].startswith(b"\x1f\x8b")


@pytest.mark.parametrize("path", ["/", "/metrics/", "/v2/health", "/../etc/passwd", "/%00"])
def test_there_is_nothing_else(serving: Serving, path: str) -> None:
    assert serving.ask(path)[0] == 404


def test_nothing_can_be_sent(serving: Serving) -> None:
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert serving.ask("/metrics", method)[0] == 405


def test_who_says_nothing_or_nonsense_holds_up_nobody(serving: Serving, capfd: pytest.CaptureFixture[str]) -> None:
    with (
        socket.create_connection((HOST, serving.port)) as silent,
        socket.create_connection((HOST, serving.port)) as mad,
    ):
        silent.sendall(b"GET /metrics")
        mad.sendall(b"\x16\x03\x01\x02\x00" * 1000 + b"\r\n\r\n")
        began = time.monotonic()
        assert serving.ask("/v2/health/live")[0] == 200
        assert time.monotonic() - began < 2
    assert serving.ask("/v2/health/live")[0] == 200
    assert capfd.readouterr() == ("", "")


def test_a_place_that_is_taken_is_told(serving: Serving) -> None:
    with pytest.raises(OutputError, match=rf"cannot serve metrics at {HOST}:{serving.port}: .*in use; give another"):
        Serving(serving.port)


def test_a_host_that_is_not_ours_is_told() -> None:
    with pytest.raises(OutputError, match="cannot serve metrics at 192.0.2.1:9753: "):
        Serving(9753, "192.0.2.1")


def test_closing_ends_it_and_may_come_twice(serving: Serving) -> None:
    serving.server.close()
    serving.server.close()
    with pytest.raises(ConnectionRefusedError):
        serving.ask("/metrics")


def test_ipv6() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 on this machine")
        port = probe.getsockname()[1]
    serving = Serving(port, "[::1]")
    with socket.create_connection(("::1", port)) as asking:
        asking.sendall(b"GET /v2/health/live HTTP/1.0\r\n\r\n")
        assert b"200 OK" in asking.recv(100)
    serving.server.close()
