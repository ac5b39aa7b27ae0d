"""A whole watch room in small: cameras, database, broker, pages and metrics, and what can go wrong with each. `make faults` lets it run for 20 minutes."""

import os
import socket
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.faults.peers.mosquitto import broker
from tests.faults.peers.ports import HOST, reserved_port
from tests.faults.peers.postgres import PASSWORD, postgres_server
from tests.faults.peers.rtsp import rtsp_server
from tests.faults.peers.subscriber import subscriber
from tests.faults.test_health import Watched
from tests.faults.test_outages import PERIOD_S, TIDE, WHY_NOT, config, ended, heard, stored, told
from tests.faults.watching import Watching, watching

SECONDS = float(os.environ.get("RIVEREYE_SOAK_S", "40"))
LONG_S = 600.0
"""Memory is judged from this length on; before that, buffers still grow to their size."""
MOST_MB_AN_HOUR = 30.0
AWAY_S, BETWEEN_S = 6.0, 4.0
CAMERAS = ("north", "south", "east", "west")

pytestmark = [
    pytest.mark.timeout(SECONDS + 240),
    pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT)),
]


def test_no_passage_is_lost_or_doubled_whatever_goes_wrong(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise: of all cameras but the one that is cut off itself, every passage of the clip is stored and told, once; memory stays flat."""
    monkeypatch.setenv("STORE_PASSWORD", PASSWORD)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with ExitStack() as stack:
        database = stack.enter_context(postgres_server())
        hub = stack.enter_context(broker("allow_anonymous true", "persistent_client_expiration 1h"))
        listener = stack.enter_context(subscriber(hub.port, "rivereye/events"))
        server = stack.enter_context(rtsp_server(len(CAMERAS), size=(320, 240), fps=8, pattern=TIDE))
        web, metrics = (stack.enter_context(reserved_port()) for _ in range(2))
        name = database.database().rpartition("/")[2]
        place = f"postgresql://rivereye:{{STORE_PASSWORD}}@{HOST}:{database.port}/{name}"
        rest = f'[mqtt]\nhost = "{HOST}"\nport = {hub.port}\n[web]\nlisten = "{web}"\n'
        file = config(tmp_path, bundle, dict(zip(CAMERAS, server.urls, strict=True)), place, rest)
        file.write_text(f'metrics = "{metrics}"\n{file.read_text()}')
        watch = stack.enter_context(watching("--config", file, lines=tmp_path / "d.jsonl"))
        watched = Watched(metrics)
        watch.until(lambda: watched.ready() is None, 60, "it is ready")
        silent: list[socket.socket] = []
        faults: list[tuple[Callable[[], object], Callable[[], object]]] = [
            (hub.stop, hub.start),
            (database.kill, database.start),
            (lambda: server.show("nothing"), lambda: server.show("river")),
            (lambda: silent.append(never_reads(web)), lambda: silent.pop().close()),
        ]
        memory = suffered(watch, faults, SECONDS)
        watch.until(lambda: watched.ready() is None, 60, "it is ready again")
        watch.until(lambda: set(told(tmp_path)) <= set(heard(listener)), 60, "all are heard of")
        watch.until(lambda: set(told(tmp_path)) <= set(stored(database, name)), 60, "all are stored")
        counted = watched.metrics()
        said = watch.end()
        passages = told(tmp_path)
        watch_ended = set(stored(database, name))
        assert len(passages) == len(set(passages))
        assert set(passages) <= watch_ended
        assert len(heard(listener)) == len(set(heard(listener)))
    assert "left out" not in said
    assert sum(counted["frames_scored_total", camera, "ship"] for camera in CAMERAS) > 0
    for camera, starts in begun(tmp_path).items():
        gaps = [round((after - before) / PERIOD_S) for before, after in pairwise(starts)]
        assert camera == CAMERAS[0] or set(gaps) <= {1}, f"{camera}: passages are missing or doubled: {gaps}"
    if SECONDS >= LONG_S:
        settled = memory[len(memory) // 4 :]
        slope = 3600 * np.polyfit([at for at, _ in settled], [mb for _, mb in settled], 1)[0]
        assert slope < MOST_MB_AN_HOUR, f"memory grows by {slope:.1f} MB an hour"


def suffered(
    watch: Watching, faults: list[tuple[Callable[[], object], Callable[[], object]]], seconds: float
) -> list[tuple[float, float]]:
    """One fault after the other, each begun and ended. Returns seconds and megabytes (resident, of all processes of the watch)."""
    began, number = time.monotonic(), 0
    memory: list[tuple[float, float]] = []
    while time.monotonic() - began < seconds or number < len(faults):
        begin, end = faults[number % len(faults)]
        number += 1
        for act, wait in ((begin, AWAY_S), (end, BETWEEN_S)):
            act()
            time.sleep(wait)
            assert watch.process.poll() is None, watch.words()
            family = psutil.Process(watch.process.pid)
            rss = sum(each.memory_info().rss for each in (family, *family.children(recursive=True)))
            memory.append((time.monotonic() - began, rss / 2**20))
    return memory


def never_reads(port: int) -> socket.socket:
    """A browser that asks for all that happens, and takes none of it."""
    browser = socket.create_connection((HOST, port))
    browser.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: {HOST}:{port}\r\n\r\n".encode())
    return browser


def begun(folder: Path) -> dict[str, list[float]]:
    """When passages began, by camera, as the watch's own file has them."""
    found: dict[str, list[float]] = defaultdict(list)
    for each in ended(folder):
        found[each["after"]["camera"]].append(each["after"]["start_time"])
    return found
