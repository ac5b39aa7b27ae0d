"""Recordings and cameras behind real sockets."""

import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from pathlib import Path
from subprocess import CompletedProcess
from threading import Event, Thread

import pytest

from tests.factories import BRIGHT, DARK, decode, lines_of, rivereye, start, write_clip, write_picture

pytestmark = pytest.mark.timeout(120)
SECRET = "hunter2"  # noqa: S105 - to be looked for in everything that is written
LEVELS = [BRIGHT] * 20 + [DARK] * 20


@contextmanager
def serving(kind: str, send: Callable[[BufferedIOBase], object]) -> Iterator[str]:
    """The address, with secrets, of a server that answers every request with what `send` writes."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):  # the viewer has left
                send(self.wfile)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://user:{SECRET}@127.0.0.1:{server.server_port}/north.mp4?token={SECRET}"
        finally:
            server.shutdown()
            thread.join()


def look(url: str, bundle: Path, folder: Path) -> CompletedProcess[str]:
    """Runs the command with all outputs, and makes sure that no secret is in any. What is lost is not waited for."""
    result = rivereye(
        *("stream", url, "--model", bundle, "--output", folder / "a.jsonl", "--retries", "0"),
        *("--video", folder / "a.mp4", "--sheet", folder / "a.jpg"),
        *("--passages", folder / "p.jsonl", "--hours", folder / "h.jsonl", "--csv", folder / "a.csv"),
    )
    assert SECRET not in result.stdout + result.stderr
    assert [path for path in folder.iterdir() if SECRET.encode() in path.read_bytes()] == []
    assert "Traceback" not in result.stderr
    return result


def test_a_recording_behind_an_address(tmp_path: Path, bundle: Path) -> None:
    content = write_clip(tmp_path / "clip.mp4", LEVELS).read_bytes()
    (tmp_path / "out").mkdir()
    with serving("video/mp4", lambda answer: answer.write(content)) as url:
        result = look(url, bundle, tmp_path / "out")
    assert result.returncode == 0, result.stderr
    records = lines_of((tmp_path / "out" / "a.jsonl").read_text(encoding="utf-8"))
    assert [each["state"] for each in records] == ["ship"] * 20 + ["no_ship"] * 20
    assert {each["camera"] for each in records} == {"127.0.0.1-north.mp4"}
    assert len(decode(tmp_path / "out" / "a.mp4")) == 40


def test_a_server_that_stays_silent_is_given_up(tmp_path: Path, bundle: Path) -> None:
    """The one test that sits a time-out out: 10 s."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://user:{SECRET}@127.0.0.1:{silent.getsockname()[1]}/north.mp4?token={SECRET}"
        result = look(url, bundle, tmp_path)
    assert result.returncode == 1
    assert "no answer within 10 s; check address" in " ".join(result.stderr.split())


def test_an_answer_that_is_no_video_is_told(tmp_path: Path, bundle: Path) -> None:
    with serving("text/html", lambda answer: answer.write(b"<h1>Log in first</h1>")) as url:
        result = look(url, bundle, tmp_path)
    assert result.returncode == 1
    assert "cannot open http://***@127.0.0.1" in result.stderr


def test_ctrl_c_while_the_line_is_dead(tmp_path: Path, bundle: Path) -> None:
    """The reading thread hangs in the connection then, and must neither hold up the end nor crash it."""
    content = write_clip(tmp_path / "clip.mp4", LEVELS * 5, size=(160, 120)).read_bytes()
    hang_up = Event()

    def send(answer: BufferedIOBase) -> None:
        answer.write(content[: len(content) // 2])
        answer.flush()
        hang_up.wait(60)

    lines = tmp_path / "a.jsonl"
    with (
        serving("video/mp4", send) as url,
        start("stream", url, "--model", bundle, "--output", lines, "--batch", "2") as process,
    ):
        while not lines.exists() or lines.read_bytes().count(b"\n") < 10:
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        time.sleep(1)  # until the reader has read all there is
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        hang_up.set()
    assert process.returncode == 1, said
    assert "interrupted; what was written until now is valid" in said
    assert len(lines_of(lines.read_text(encoding="utf-8"))) >= 10


def jpeg(path: Path) -> bytes:
    write_picture(path, BRIGHT)
    return path.read_bytes()


def test_a_camera_that_sends_no_times_keeps_the_clock(tmp_path: Path, bundle: Path) -> None:
    """Motion JPEG carries none. The media time of its frames is the time since the first one came."""
    fps, count = 5, 12
    pictures = [jpeg(tmp_path / f"{index}.jpg") for index in range(2)]

    def send(answer: BufferedIOBase) -> None:
        for index in range(count):
            content = pictures[index % 2]
            answer.write(b"--ffmpeg\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(content))
            answer.write(content + b"\r\n")
            answer.flush()
            time.sleep(1 / fps)

    with serving("multipart/x-mixed-replace;boundary=ffmpeg", send) as url:
        result = rivereye("stream", url, "--model", bundle, "--retries", "0")
    records = lines_of(result.stdout)
    assert len(records) > 3
    arrivals = [datetime.fromisoformat(each["time"]).timestamp() for each in records]
    by_media = records[-1]["media_time"] - records[2]["media_time"]
    # FFmpeg reads ahead when it opens: the first frames come at once.
    assert by_media == pytest.approx(arrivals[-1] - arrivals[2], rel=0.3)
