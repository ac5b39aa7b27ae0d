"""A source that is read by a process of its own."""

import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from models.errors import SourceError
from stream.sources.opening import Opening
from stream.sources.pace import Pace
from stream.sources.remote import Remote
from stream.sources.source import open_source
from stream.sources.wire import receive, send
from tests.factories import BRIGHT, DARK, write_clip

pytestmark = pytest.mark.timeout(60)
SECRET = "hunter2"  # noqa: S105 - to be looked for


@pytest.fixture
def silent() -> Iterator[str]:
    """The host and port of somebody who accepts, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "north.mp4", [BRIGHT, DARK] * 10, fps=10)


@pytest.mark.parametrize("pace", [Pace(), Pace(stride=3), Pace(start=0.5, end=1.5, fps=5)])
def test_it_gives_the_frames_that_the_source_gives(clip: Path, pace: Pace) -> None:
    here = list(open_source(str(clip), Opening(pace=pace)).frames())
    remote = Remote(str(clip), "north", Opening(pace=pace))
    there = list(remote.frames())
    remote.close()
    assert (remote.live, remote.fps, remote.decoder) == (False, 10.0, "software")
    assert [frame is None for frame in there] == [frame is None for frame in here]
    for one, other in zip(here, there, strict=True):
        if one is not None and other is not None:
            assert (one.index, one.media_time, one.time, one.reason) == (
                other.index,
                other.media_time,
                other.time,
                other.reason,
            )
            np.testing.assert_array_equal(one.as_picture().picture, other.picture)
            assert other.picture is not None
            assert other.picture.flags.writeable


def test_what_the_source_complains_of_is_told(tmp_path: Path) -> None:
    remote = Remote(str(tmp_path / "missing.mp4"), "north", Opening())
    with pytest.raises(SourceError, match=r"no source at .*missing\.mp4"):
        next(remote.frames())
    remote.close()


def test_closing_it_ends_a_read_that_waits(silent: str) -> None:
    remote = Remote(f"rtsp://{silent}/nobody", "north", Opening(open_timeout=60))
    raised: list[BaseException] = []

    def read() -> None:
        try:
            next(remote.frames())
        except SourceError as error:
            raised.append(error)

    reader = Thread(target=read)
    reader.start()
    time.sleep(0.5)
    remote.close()
    reader.join(10)
    remote.close()
    assert len(raised) == 1
    assert "the process that reads it is gone" in str(raised[0])


@pytest.mark.skipif(not Path("/proc").exists(), reason="this system has no /proc")
def test_the_address_is_in_no_list_of_processes(silent: str) -> None:
    remote = Remote(f"rtsp://user:{SECRET}@{silent}/nobody", "north", Opening(open_timeout=60))
    try:
        folder = Path(f"/proc/{remote._process.pid}")
        deadline = time.monotonic() + 10
        while not (folder / "cmdline").read_bytes():  # it is being started
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert b"stream.sources.reading" in (folder / "cmdline").read_bytes()
        assert SECRET.encode() not in (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
    finally:
        remote.close()


@pytest.mark.skipif(not Path("/proc").exists(), reason="this system has no /proc")
def test_it_does_not_outlive_a_watch_that_is_killed(silent: str) -> None:
    program = (
        "import time; from stream.sources.remote import Remote; from stream.sources.video import Opening; "
        f"remote = Remote('rtsp://{silent}/nobody', 'north', Opening(open_timeout=60)); "
        "print(remote._process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as watch:
        assert watch.stdout is not None
        reader = int(watch.stdout.readline())
        time.sleep(1)
        os.kill(reader, 0)  # it is there
        watch.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while _runs(reader):
        assert time.monotonic() < deadline, "it still runs"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_half_a_message_is_none() -> None:
    whole = io.BytesIO()
    send(whole, "frame", np.arange(48, dtype=np.uint8).reshape(4, 4, 3), skipped=2)
    content = whole.getvalue()
    got = receive(io.BytesIO(content))
    assert got is not None
    assert got[0]["skipped"] == 2
    assert got[1] is not None
    assert got[1].tolist() == np.arange(48).reshape(4, 4, 3).tolist()
    for length in range(len(content)):
        assert receive(io.BytesIO(content[:length])) is None
    assert receive(io.BytesIO(b"\xff" * 100)) is None
