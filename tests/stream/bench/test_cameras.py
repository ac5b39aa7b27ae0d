"""A clip as live cameras: real sockets, a real process, and the numbers of frames."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import av
import numpy as np
import pytest

from models.bundle import open_bundle
from models.classifier import Classifier
from models.errors import SourceError
from stream.bench.cameras import Cameras
from stream.bench.playing import Reel
from stream.configuration.settings import Camera
from stream.looking.lookout import lookout_of
from stream.looking.pipeline import Pipeline
from tests.stream.bench.burnt import number_in, write_burnt

pytestmark = pytest.mark.timeout(60)
FPS, FRAMES = 25, 30
EARLY_S = 0.0005
SOON_S = 0.1
"""Half of the frames are there so soon after they are due, whatever else the machine does."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_burnt(tmp_path_factory.mktemp("clips") / "burnt.mp4", FRAMES, FPS)


@pytest.fixture(scope="module")
def heavy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each frame is larger than what a system keeps for a reader who does not read, within a few."""
    path = tmp_path_factory.mktemp("clips") / "heavy.mp4"
    noise = np.random.default_rng(1)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "qp": "1", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for _ in range(5):
            picture = noise.integers(0, 255, (360, 640, 3), np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        file.mux(stream.encode(None))
    assert path.stat().st_size > 5 * 300_000
    return path


class Reader:
    """A socket that asks for an address, and takes what comes frame by frame, of which it knows how long each must be."""

    def __init__(self, url: str, reel: Reel, link: socket.socket) -> None:
        self._link, self._reel, self._numbers = link, reel, itertools.count()
        link.sendall(f"GET {urlsplit(url).path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += link.recv(1)
        self.status = int(answer.split()[1])

    def next(self) -> float:
        """Takes the next frame whole; returns when it was there."""
        wanted = self._reel[next(self._numbers)]
        came = bytearray()
        while len(came) < len(wanted):
            part = self._link.recv(len(wanted) - len(came))
            assert part
            came += part
        assert came == wanted
        return time.monotonic()


@contextmanager
def reading(url: str, clip: Path) -> Iterator[Reader]:
    with socket.socket() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        link.settimeout(10)
        link.connect(("127.0.0.1", urlsplit(url).port))
        yield Reader(url, Reel(clip), link)


def test_frames_come_when_they_are_due(clip: Path) -> None:
    """Over the end of the clip and on from its start; none comes early."""
    with Cameras(clip, 1) as cameras, reading(cameras.urls[0], clip) as reader:
        assert cameras.fps == FPS
        came = [reader.next() for _ in range(2 * FRAMES)]
        played = cameras.played()
    (start,) = played.starts[0]
    late = [at - start - number / FPS for number, at in enumerate(came)]
    assert min(late) > -EARLY_S
    assert median(late) < SOON_S
    assert 0 < played.late < max(late) + SOON_S


def test_who_stalls_shifts_nothing(heavy: Path) -> None:
    """What was due meanwhile comes at once, what is due later comes when it was due, and none of it is the player's fault."""
    stalled, frames = 1.5, 3 * FPS
    with Cameras(heavy, 1) as cameras, reading(cameras.urls[0], heavy) as reader:
        reader.next()
        (start,) = cameras.played().starts[0]
        time.sleep(stalled)
        woke = time.monotonic()
        came = [reader.next() for _ in range(1, frames)]
        played = cameras.played()
    due = [start + number / FPS for number in range(1, frames)]
    waited = [at - woke for at, when in zip(came, due, strict=True) if when < woke]
    assert len(waited) > 0.8 * stalled * FPS
    assert max(waited) < stalled / 2
    after = [at - when for at, when in zip(came, due, strict=True) if when > woke + stalled / 2]
    assert min(after) > -EARLY_S
    assert median(after) < SOON_S
    assert played.late < stalled / 2


def test_phases_follow_the_seed(clip: Path) -> None:
    def phases(seed: int) -> list[float]:
        with Cameras(clip, 3, seed) as cameras:
            for url in cameras.urls:
                with reading(url, clip):
                    pass
            played = cameras.played()
        return [round(starts[0] % 1, 6) for _, starts in sorted(played.starts.items())]

    one = phases(1)
    assert len(set(one)) == 3
    assert phases(1) == one
    assert not set(phases(2)) & set(one)


def test_each_connection_is_told(clip: Path) -> None:
    with Cameras(clip, 2) as cameras:
        for _ in range(2):
            with reading(cameras.urls[1], clip):
                pass
        starts = cameras.played().starts
    assert [len(starts[number]) for number in (0, 1)] == [0, 2]


@pytest.mark.parametrize("path", ["/2.nut", "/-1.nut", "/", "/0.nut/../etc"])
def test_other_addresses_are_not_found(clip: Path, path: str) -> None:
    with Cameras(clip, 2) as cameras:
        with reading(cameras.urls[0].replace("/0.nut", path), clip) as reader:
            assert reader.status == 404
        with reading(cameras.urls[0], clip) as reader:
            assert reader.status == 200


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "No such file"), (b"text", "Invalid data"), (b"", "Invalid data"), ("sound", "no video")],
)
def test_what_cannot_be_played_is_told(tmp_path: Path, content: bytes | str | None, why: str) -> None:
    path = tmp_path / "clip.wav"
    if content == "sound":
        with av.open(str(path), "w") as file:
            stream = file.add_stream("pcm_s16le", rate=8000)
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
            frame.sample_rate = 8000
            file.mux(stream.encode(frame))
    elif isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(SourceError, match=f"cannot play .*clip.wav as a camera: {why}"):
        Cameras(path, 1)


def test_a_player_that_is_gone_is_told(clip: Path) -> None:
    with Cameras(clip, 1) as cameras:
        os.kill(cameras.pid, signal.SIGKILL)
        with pytest.raises(SourceError, match=r"is gone \(exit code -9\)"):
            cameras.played()


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT])
def test_it_ends_with_who_started_it(clip: Path, by: signal.Signals) -> None:
    script = f"""
import time
from pathlib import Path
from stream.bench.cameras import Cameras
with Cameras(Path({str(clip)!r}), 1) as cameras:
    print(cameras.urls[0], flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        with reading(url, clip) as reader:
            reader.next()
        process.send_signal(by)
        process.wait(10)
    deadline = time.monotonic() + 10
    while _answers(url):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _answers(url: str) -> bool:
    with socket.socket() as link:
        return link.connect_ex(("127.0.0.1", urlsplit(url).port)) == 0


@pytest.mark.parametrize(("b_frames", "stride"), [(0, 1), (0, 3), (2, 1)])
def test_a_record_has_the_number_of_its_frame(tmp_path: Path, bundle: Path, b_frames: int, stride: int) -> None:
    """From the first of the connection on, whether it was looked at, skipped as old, or left out by the pace: of this hangs when it was due."""
    clip = write_burnt(tmp_path / "burnt.mp4", FRAMES, FPS, b_frames)
    found: list[tuple[int, int]] = []
    with Cameras(clip, 1) as cameras, Classifier(open_bundle(str(bundle)), threads=1) as classifier:
        pipeline = Pipeline(classifier, pictures=True)
        camera = Camera.model_validate({"source": cameras.urls[0], "fps": 10, "stride": stride})
        pipeline.add(lookout_of("0", camera, classifier.bundle))
        for looks in pipeline.run():
            for look in looks:
                assert look.frame.index is not None
                assert look.frame.picture is not None
                found.append((look.frame.index, number_in(look.frame.picture)))
            if found and found[-1][0] > 2 * FRAMES:
                break
        counts = pipeline.counts("0")
    assert [number for _, number in found] == [index % FRAMES for index, _ in found]
    assert len({index for index, _ in found}) == len(found) > 5
    assert counts.skipped > 0
