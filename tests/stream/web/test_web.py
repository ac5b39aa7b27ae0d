"""The server itself, on real sockets: TLS, ports, and browsers that misbehave."""

import re
import socket
import ssl
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from models.errors import OutputError, UsageError
from stream.store.reading import Reader
from stream.web import feed, web
from stream.web.live import Live
from stream.web.room import Room
from stream.web.settings import WebSettings
from stream.web.web import Web
from tests.factories import make_detection
from tests.stream.store.makers import until
from tests.stream.web.rooms import BERLIN, NOW, TOKEN, client, served

OPENSSL = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Of this machine, signed by itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    pair = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", *f"{OPENSSL} -out {pair[0]} -keyout {pair[1]}".split()],
        check=True,
        capture_output=True,
    )
    return pair


def test_others_are_served_with_tls_and_a_token(river: str, certificate: tuple[Path, Path]) -> None:
    settings: dict[str, Any] = {
        "listen": "0.0.0.0:0",
        "token": TOKEN,
        "certificate": certificate[0],
        "key": certificate[1],
    }
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    with served(river, **settings) as web, client(web, verify=trusting) as asking:
        assert web.address == f"https://127.0.0.1:{web.port}/"
        assert asking.get("/").status_code == 303
        answer = asking.post("/login", data={"token": TOKEN})
        assert "Secure" in answer.headers["set-cookie"]
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        assert asking.get("/").status_code == 200
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"http://127.0.0.1:{web.port}/", trust_env=False)


@pytest.mark.parametrize("wrong", ["missing", "swapped", "nonsense"])
def test_a_certificate_that_cannot_be_used(
    river: str, certificate: tuple[Path, Path], tmp_path: Path, wrong: str
) -> None:
    (tmp_path / "nonsense").write_text("nonsense")
    pairs = {"missing": (tmp_path / "none", certificate[1]), "swapped": certificate[::-1]}
    pair = pairs.get(wrong, (tmp_path / "nonsense", certificate[1]))
    with (
        pytest.raises(UsageError, match=f"cannot serve with the certificate {re.escape(str(pair[0]))}"),
        served(river, certificate=pair[0], key=pair[1]),
    ):
        raise AssertionError


def test_a_port_that_is_taken(river: str) -> None:
    with (
        served(river) as first,
        pytest.raises(OutputError, match="cannot listen at .*Address already in use"),
        served(river, listen=f"127.0.0.1:{first.port}"),
    ):
        raise AssertionError


def test_it_can_be_closed_twice_and_begin_again_at_the_same_port(river: str) -> None:
    with served(river) as web, client(web) as asking:
        assert asking.get("/static/room.css").status_code == 200
        web.close()
        web.close()
        assert not web.running
        with served(river, listen=f"127.0.0.1:{web.port}") as again:
            assert again.port == web.port
            assert asking.get("/").status_code == 200
    with Reader(river) as reader:
        Web(WebSettings(), Room(reader, BERLIN)).close()  # never started


def test_closing_waits_for_nobody(river: str) -> None:
    """Neither for one who listens, nor for one who reads nothing, nor for one who says nothing."""
    with (
        served(river) as web,
        client(web) as asking,
        asking.stream("GET", "/api/v1/events"),
        socket.create_connection(("127.0.0.1", web.port)),
        _asked(web, "/day"),
    ):
        began = time.monotonic()
        web.close()
        assert time.monotonic() - began < 4
        assert not web.running


def test_who_says_nothing_is_hung_up_on(river: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "HEAD_S", 0.5)
    with served(river) as serving:
        silent = socket.create_connection(("127.0.0.1", serving.port), timeout=10)
        slow = socket.create_connection(("127.0.0.1", serving.port), timeout=10)
        slow.sendall(b"GET / HTTP/1.1\r\nHost: 127")
        began = time.monotonic()
        for each in (silent, slow):
            with each, suppress(ConnectionResetError):
                assert each.recv(100) == b""
        assert time.monotonic() - began < 5


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux has it")
def test_a_browser_that_never_reads_costs_no_memory_and_is_hung_up_on(
    river: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty that listen to a storm of news, and twenty that ask for a large picture, and read nothing of it."""
    monkeypatch.setattr(web, "STUCK_S", 2)
    monkeypatch.setattr(feed, "CAMERA_S", 0.0)
    monkeypatch.setattr(feed, "LOOK_S", 0.01)
    live = Live("lock")
    import numpy as np

    noise = np.random.default_rng(1).integers(0, 255, (720, 1280, 3), np.uint8)
    live.look(make_detection(0.0, 0.9), noise)
    still = live.still("north")
    assert still is not None
    assert len(still.jpeg) > 500_000
    process = psutil.Process()
    with served(river, live=live) as serving:
        addresses = ["/api/v1/events"] * 20 + ["/api/v1/camera/picture.jpg?box=lock&camera=north"] * 20
        stuck = [_asked(serving, each) for each in addresses]
        time.sleep(1)
        before = process.memory_info().rss
        with client(serving) as asking:
            for _ in range(40):
                live.look(make_detection(0.0, 0.9), noise)
                assert asking.get("/api/v1/cameras").status_code == 200, "others are served"
                time.sleep(0.05)
        assert process.memory_info().rss - before < 60_000_000
        connections = serving._server.server_state.connections
        # What waits for the others is small, and fits into the kernel's buffers: they may stay.
        until(lambda: len(connections) <= 21, 30)
        for each in stuck:
            each.close()


def _asked(serving: Web, path: str) -> socket.socket:
    """A connection on which this was asked for, and of which nothing is read."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect(("127.0.0.1", serving.port))
    line.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    return line


def test_many_at_once_do_not_keep_out_those_who_are_there(river: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "CONNECTIONS", 10)
    with served(river) as serving:
        found: list[int] = []

        def ask() -> None:
            with suppress(httpx.TransportError):
                found.append(httpx.get(f"{serving.address}counts", trust_env=False, timeout=30).status_code)

        with client(serving) as asking:
            assert asking.get("/").status_code == 200
            held = [socket.create_connection(("127.0.0.1", serving.port)) for _ in range(40)]
            assert [asking.get("/api/v1/cameras").status_code for _ in range(20)] == [200] * 20
            for each in held:
                each.close()
        threads = [threading.Thread(target=ask) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) >= 9
        assert set(found) == {200}
        assert httpx.get(serving.address, trust_env=False).status_code == 200


def test_it_is_now_in_the_room(river: str) -> None:
    with served(river, now=NOW - 86_400) as web, client(web) as asking:
        assert "2026-11-24" in asking.get("/day").text
