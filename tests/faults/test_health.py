"""Metrics and health of a real watch: of real cameras, asked by a real Prometheus, told to a socket as systemd's."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.factories import rivereye
from tests.faults.peers import prometheus as monitoring
from tests.faults.peers import rtsp
from tests.faults.peers.ports import HOST, reserved_port
from tests.faults.peers.prometheus import RUNNING, Prometheus, prometheus
from tests.faults.peers.rtsp import rtsp_server
from tests.faults.watching import Watching, watching

pytestmark = [pytest.mark.timeout(120)]
WHY_NOT = rtsp.missing() or monitoring.missing()
SECRET = "hunter2"  # noqa: S105 - to be looked for in everything that is served
FAST = ("--open-timeout", "2", "--read-timeout", "2")


class Watched:
    """A watch that serves its health at `port`."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.said: list[str] = []

    def ask(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.port}{path}", timeout=5) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        self.said.append(text)
        return status, text

    def ready(self) -> list[str] | None:
        """Why it is not; None where it is."""
        try:
            status, text = self.ask("/v2/health/ready")
        except OSError:
            return ["nobody answers"]
        verdict: dict[str, Any] = json.loads(text)
        assert verdict["ready"] is (status == 200)
        return None if verdict["ready"] else verdict["reasons"]

    def metrics(self) -> dict[tuple[str, ...], float]:
        """By name and values of the labels, in order of their names."""
        return {
            (
                sample.name.removeprefix("rivereye_"),
                *(value for _, value in sorted(sample.labels.items())),
            ): sample.value
            for family in text_string_to_metric_families(self.ask("/metrics")[1])
            for sample in family.samples
        }


@pytest.fixture
def watched() -> Iterator[Watched]:
    with reserved_port() as port:
        yield Watched(port)


@pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))
def test_a_camera_comes_and_goes_and_the_counters_agree_with_the_lines(
    watched: Watched, bundle: Path, tmp_path: Path
) -> None:
    """Promise: every counter is what the lines say; ready says which camera is away, and why, and that it is back."""
    with (
        rtsp_server(2, size=(320, 240), user="user", password=SECRET) as server,
        watching(
            *server.urls, "--model", bundle, *FAST, "--metrics", str(watched.port), lines=tmp_path / "a.jsonl"
        ) as watch,
        prometheus(watched.port) as asking,
    ):
        names = [f"{HOST}-cam0", f"{HOST}-cam1"]
        watch.until(lambda: watched.ready() is None, 30, "it is ready")
        watch.until(lambda: all(watch.seen(name) > 5 for name in names), 30, "both are seen")
        understood(asking)
        asking.until(lambda: set(asking.values("rivereye_camera_up", "camera").values()) == {1})
        server.stop()
        watch.until(lambda: len(watched.ready() or []) == 2, 20, "both are away")
        for name, reason in zip(names, watched.ready() or [], strict=True):
            assert re.match(rf"{name}: (offline|connecting): .*rtsp://\*\*\*@{HOST}:\d+/cam", reason)
        assert watched.ask("/v2/health/live")[0] == 200
        agree(watch, watched, asking, names)
        server.start()
        watch.until(lambda: watched.ready() is None, 40, "it is ready again")
        found = watched.metrics()
        reasons = ("lost", "stalled", "hung")
        assert all(sum(found["reconnects_total", name, reason] for reason in reasons) == 1 for name in names)
        said = watch.end()
    assert SECRET not in "".join([said, *watched.said])
    with pytest.raises(OSError, match="refused"):
        watched.ask("/metrics")


def agree(watch: Watching, watched: Watched, asking: Prometheus, names: list[str]) -> None:
    """While no frame comes: lines, metrics, and what Prometheus has of them."""
    time.sleep(1.5)  # for the last frames, and the half second between two accounts
    found = watched.metrics()
    lines = [each for each in watch.records() if each["frame_id"] is not None]
    for name in names:
        states = Counter(each["state"] for each in lines if each["camera"] == name)
        assert {state: found["frames_scored_total", name, state] for state in ("ship", "no_ship", "unknown")} == {
            state: states[state] for state in ("ship", "no_ship", "unknown")
        }
        dropped = sum(value for key, value in found.items() if key[:2] == ("frames_dropped_total", name))
        accounted = sum(states.values()) + dropped + found["frames_skipped_total", name] + found["queue_depth", name]
        assert found["frames_read_total", name] == accounted
        assert found["frame_age_seconds_count", name] == sum(states.values()) - states["unknown"]
        assert found["camera_up", name] == 0
        assert found["last_frame_age_seconds", name] > 1
    scored = {name: sum(each["camera"] == name for each in lines) for name in names}
    asking.until(lambda: asking.values("sum by (camera) (rivereye_frames_scored_total)", "camera") == scored)
    asking.until(lambda: set(asking.values("rivereye_camera_up", "camera").values()) == {0})
    pending = 'ALERTS{alertname="RivereyeCameraDown", alertstate="pending"}'
    asking.until(lambda: set(asking.values(pending, "camera")) == set(names))


def understood(asking: Prometheus) -> None:
    """Every alert and every panel of the dashboard."""
    (group,) = asking.ask("rules")["groups"]
    asking.until(lambda: all(each["health"] == "ok" for each in asking.ask("rules")["groups"][0]["rules"]))
    assert len(group["rules"]) == 8
    dashboard = json.loads((RUNNING / "dashboard.json").read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            asking.ask("query", query=re.sub(r"\$\w+", ".*", target["expr"]))


def test_a_process_that_is_held_says_no_more_to_the_watchdog(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise: systemd starts a watch again that hangs."""
    place = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(place))
        monkeypatch.setenv("NOTIFY_SOCKET", str(place))
        monkeypatch.setenv("WATCHDOG_USEC", "2000000")
        with watching("test", "--model", bundle, lines=tmp_path / "a.jsonl") as watch:
            listening.settimeout(30)
            first = listening.recv(4096).decode().splitlines()
            assert first[0] == "READY=1"
            listening.settimeout(3)
            if "STATUS=1 of 1 cameras send frames" not in first:
                until(listening, "STATUS=1 of 1 cameras send frames")
            for _ in range(3):  # each within the time
                until(listening, "WATCHDOG=1", within=2)
            watch.process.send_signal(signal.SIGSTOP)
            time.sleep(0.2)
            silent(listening)
            watch.process.send_signal(signal.SIGCONT)
            until(listening, "WATCHDOG=1")
            watch.end()
            until(listening, "STOPPING=1")


def until(listening: socket.socket, word: str, within: float = 10.0) -> None:
    deadline = time.monotonic() + within
    while word not in listening.recv(4096).decode().splitlines():
        assert time.monotonic() < deadline, word


def silent(listening: socket.socket) -> None:
    """Nothing for 3 s, once what was said before is heard."""
    listening.setblocking(False)
    with suppress(BlockingIOError):
        while listening.recv(4096):
            pass
    listening.settimeout(3)
    with pytest.raises(TimeoutError):
        listening.recv(4096)


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    code = "import sys; sys.modules['prometheus_client'] = None; import rivereye; rivereye.main()"
    command = [sys.executable, "-c", code, "stream", "test", "--metrics", "9753", "--output", str(tmp_path / "a.jsonl")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "needs prometheus_client" in done.stderr
    assert "pip install 'rivereye[metrics]'" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_place_that_is_taken_costs_no_file(watched: Watched, bundle: Path, tmp_path: Path) -> None:
    with socket.socket() as taker:
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taker.bind((HOST, watched.port))
        taker.listen()
        done = rivereye(
            "stream", "test", "--model", bundle, "--output", tmp_path / "a.jsonl", "--metrics", f"{HOST}:{watched.port}"
        )
    assert done.returncode == 2
    assert f"cannot serve metrics at {HOST}:{watched.port}" in done.stderr
    assert not list(tmp_path.iterdir())
