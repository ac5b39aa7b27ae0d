"""Pages beside a watch, through the real command: live pictures, and an end within 5 s whoever looks."""

import json
import signal
import socket
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browsers import chromium, needs_chromium
from tests.factories import rivereye
from tests.faults.peers.ports import HOST, reserved_port
from tests.faults.watching import watching

pytestmark = [pytest.mark.timeout(120)]


def ask(port: int, path: str) -> bytes:
    """Empty while nobody answers, or there is no such thing."""
    with suppress(OSError), urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=10) as answer:
        content: bytes = answer.read()
        return content
    return b""


def test_a_watch_shows_its_pictures_and_ends_although_somebody_listens(bundle: Path, tmp_path: Path) -> None:
    store = tmp_path / "river.db"
    with (
        reserved_port() as port,
        watching("test", "--model", bundle, "--store", store, "--web", str(port), lines=tmp_path / "a.jsonl") as watch,
    ):
        watch.until(lambda: json.loads(ask(port, "/api/v1/cameras") or "{}").get("cameras"), 30, "it serves")
        (camera,) = json.loads(ask(port, "/api/v1/cameras"))["cameras"]
        picture = f"/api/v1/camera/picture.jpg?box={camera['box']}&camera={camera['name']}"
        watch.until(lambda: ask(port, picture).startswith(b"\xff\xd8"), 20, "there is a live picture")
        assert camera["name"].encode() in ask(port, "/")
        with socket.create_connection((HOST, port)) as silent:  # asks for all that happens, and never reads
            silent.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: {HOST}:{port}\r\n\r\n".encode())
            seen = watch.seen("test")
            watch.until(lambda: watch.seen("test") > seen + 5, 20, "it goes on")
            said = watch.end()
    assert f"pages at http://{HOST}:{port}" in said


@needs_chromium
def test_an_open_wall_says_so_when_its_watch_is_gone(bundle: Path, tmp_path: Path) -> None:
    """Stopped, or killed: no state is shown as if it were one. It goes on by itself when a watch is there again."""
    command = ("test", "--model", bundle, "--store", tmp_path / "river.db", "--web")
    with reserved_port() as port, chromium() as browser:
        tab = browser.new_page(locale="en-GB")
        lost, state = tab.locator("#lost"), tab.locator(".card .state")
        with watching(*command, str(port), lines=tmp_path / "a.jsonl") as watch:
            watch.until(lambda: b"connected" in ask(port, "/"), 30, "it watches")
            tab.goto(f"http://{HOST}:{port}/")
            expect(state).to_contain_text("connected", timeout=10_000)
            watch.process.send_signal(signal.SIGSTOP)
            expect(lost).to_contain_text("No connection to rivereye since", timeout=20_000)
            expect(state).to_be_hidden()
            expect(tab.locator(".age")).to_have_text("\N{EN DASH}")
            watch.process.send_signal(signal.SIGCONT)
            expect(lost).to_be_hidden(timeout=20_000)
            expect(state).to_be_visible()
            watch.process.kill()
            expect(lost).to_be_visible(timeout=5_000)
            expect(state).to_be_hidden()
            assert tab.locator(".card img").evaluate("each => each.naturalWidth") > 0, "no broken picture"
        with watching(*command, str(port), lines=tmp_path / "b.jsonl"):
            expect(lost).to_be_hidden(timeout=30_000)
            expect(state).to_contain_text("connected", timeout=10_000)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--web", "8765"), "show what is in a store; give --store"),
        (
            ("--web", "0.0.0.0:8765", "--store", "river.db"),
            "will not listen at 0.0.0.0:8765 for other machines without",
        ),
        (("--web", "here", "--store", "river.db"), "no address to listen at"),
    ],
)
def test_what_cannot_be_served_is_said_at_once(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = rivereye("stream", "test", "--model", bundle, "--output", "a.jsonl", *options)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
