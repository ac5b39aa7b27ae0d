"""A live stream: frames come at their own pace, without an end, from a real socket."""

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import av
import pytest

from tests.factories import BRIGHT, COMMAND, rippled, write_bundle

FPS = 10


def transport_stream(path: Path, seconds: int) -> bytes:
    """MPEG-TS, as many cameras send it; it has no header that could tell its length. No two frames that follow each other are alike."""
    with av.open(str(path), "w", format="mpegts") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 160, 120, "yuv420p", FPS
        for index in range(seconds * FPS):
            picture = rippled(BRIGHT, 160, 120)
            top, left = 8 * (index // 20 % 15), 8 * (index % 20)
            picture[top : top + 8, left : left + 8] = 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode(None))
    return path.read_bytes()


@contextmanager
def camera(content: bytes, seconds: int, viewers: int = 1) -> Iterator[str]:
    """Sends `content` over HTTP at the pace of its pictures, to so many viewers one after the other, and hangs up on each."""
    stop = Event()

    def serve() -> None:
        for _ in range(viewers):
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    show(connection)

    def show(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\nConnection: close\r\n\r\n")
        piece = -(-len(content) // (seconds * FPS))
        for start in range(0, len(content), piece):
            if stop.wait(1 / FPS):
                return
            connection.sendall(content[start : start + piece])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/north"
        stop.set()
        thread.join(5)


def start(url: str, tmp_path: Path, *options: str) -> tuple[subprocess.Popen[str], Path]:
    lines = tmp_path / "detections.jsonl"
    command: list[str | Path] = [
        COMMAND,
        "stream",
        url,
        "--model",
        write_bundle(tmp_path / "bundle"),
        "--output",
        lines,
        *options,
    ]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True), lines


def read(lines: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.read_text().splitlines()] if lines.exists() else []


@pytest.mark.timeout(120)
def test_ctrl_c_is_how_a_live_stream_ends(tmp_path: Path) -> None:
    with camera(transport_stream(tmp_path / "live.ts", 60), 60) as url:
        process, lines = start(url, tmp_path)
        deadline = time.monotonic() + 60
        while len(read_whole(lines)) < 10 and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, messages = process.communicate(timeout=30)
    records = read(lines)
    assert process.returncode == 0, messages
    assert "Traceback" not in messages
    assert len(records) >= 10
    assert {each["state"] for each in records} == {"ship"}
    assert all(each["time"] is not None and each["latency_ms"] is not None for each in records)
    assert [each["frame_id"] for each in records] == sorted({each["frame_id"] for each in records})
    assert {(each["camera"], each["clock"]) for each in records} == {("127.0.0.1-north", "arrival")}


@pytest.mark.timeout(120)
def test_a_lost_stream_is_an_error_where_it_may_not_come_back_and_leaves_what_was_seen(tmp_path: Path) -> None:
    with camera(transport_stream(tmp_path / "live.ts", 3), 3) as url:
        process, lines = start(url, tmp_path, "--retries", "0")
        _, messages = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "was lost after" in " ".join(messages.split())
    assert "Traceback" not in messages
    assert read(lines)


@pytest.mark.timeout(120)
def test_a_stream_that_comes_back_is_gone_on_with(tmp_path: Path) -> None:
    """It is by itself connected again; frames are numbered on, time goes on, and the gap is on record."""
    content = transport_stream(tmp_path / "live.ts", 3)
    with camera(content, 3, viewers=3) as url:
        process, lines = start(url, tmp_path)
        deadline = time.monotonic() + 60
        while sum('"frame_id":null' in line for line in read_whole(lines)) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        seen = len(read_whole(lines))
        while len(read_whole(lines)) < seen + 5 and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, messages = process.communicate(timeout=30)
    assert process.returncode == 0, messages
    assert "Traceback" not in messages
    records = read(lines)
    numbers = [each["frame_id"] for each in records if each["frame_id"] is not None]
    assert numbers == sorted(set(numbers))
    times = [each["media_time"] for each in records]
    assert times == sorted(times)
    blind = [each for each in records if each["frame_id"] is None]
    assert {(each["state"], each["reason"]) for each in blind} <= {("unknown", "offline"), ("unknown", "stalled")}
    assert 0 < records.index(blind[0]) < records.index(blind[-1]) < len(records) - 1
    assert "offline 0:0" in messages


def read_whole(lines: Path) -> list[str]:
    """Lines so far; the last may be half written at this moment."""
    return lines.read_text().splitlines() if lines.exists() else []
