"""The peers do what they say; seen through OpenCV, as the product sees them."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from models.picture import Picture
from tests.faults.peers.http import Kind, http_camera
from tests.faults.peers.ports import HOST
from tests.faults.peers.proxy import CUT_FROM, Mode, proxy
from tests.faults.peers.recording import misstate, restamp, turn, write_recording, write_units
from tests.faults.peers.rtsp import missing, rtsp_server
from tests.faults.peers.scene import Look, Scene, encoded, number_of

SIZE, FPS, READ_S = (320, 180), 10, 0.5
SCENE = Scene(size=SIZE, fps=FPS, seconds=2, ships=((1, 2),))
WHY_NOT = missing()

pytestmark = pytest.mark.timeout(120)
needs_rtsp = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))
LOOKS: list[tuple[Look, Callable[[Picture], bool]]] = [
    ("dark", lambda picture: mean(picture) < 10),
    ("fog", lambda picture: 120 < mean(picture) < 160 and float(picture[20:].std()) < 4),
    ("river", lambda picture: 60 < mean(picture) < 110 and float(picture[20:].std()) > 8),
]


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """RTSP over TCP; half a second is enough to find out what is sent. OpenCV reads the variable at each opening."""
    monkeypatch.setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp|analyzeduration;500000")


@contextmanager
def opened(url: str, open_s: float = 10, read_s: float = READ_S) -> Iterator[cv2.VideoCapture]:
    times = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(1000 * open_s), cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(1000 * read_s)]
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, times)
    try:
        yield capture
    finally:
        capture.release()


def read(capture: cv2.VideoCapture, count: int) -> list[Picture]:
    """So many frames, or those until there is none."""
    pictures: list[Picture] = []
    while len(pictures) < count and (answer := capture.read())[0]:
        pictures.append(np.asarray(answer[1], np.uint8))
    return pictures


def numbers(pictures: list[Picture]) -> list[int]:
    return [number_of(each) for each in pictures]


def mean(picture: Picture) -> float:
    """Of what is below the number."""
    return float(picture[20:].mean())


def shows(capture: cv2.VideoCapture, right: Callable[[Picture], bool]) -> bool:
    """Whether a frame like this comes; older ones may come before it."""
    return any(right(picture) for _ in range(60) for picture in read(capture, 1))


def seconds_until_silent(capture: cv2.VideoCapture) -> float:
    began = time.monotonic()
    read(capture, 100)
    return time.monotonic() - began


@needs_rtsp
def test_rtsp_cameras_send_frames_in_order_at_their_pace() -> None:
    with rtsp_server(2, SIZE, FPS, pattern=SCENE) as server:
        firsts = []
        for url in server.urls:
            with opened(url) as capture:
                firsts += read(capture, 15)[:1]  # what came while it opened, at once
                began = time.monotonic()
                pictures = read(capture, 20)
                took = time.monotonic() - began
            assert took == pytest.approx(20 / FPS, rel=0.3)
            assert {(late - early) % SCENE.count for early, late in pairwise(numbers(pictures))} == {1}
    assert numbers(firsts) == [0, 0]
    assert np.abs(firsts[0].astype(int) - firsts[1]).mean() > 3


@needs_rtsp
@pytest.mark.parametrize(
    ("user", "password", "enters"),
    [("keeper", "hunter2", True), ("keeper", "wrong", False), ("other", "hunter2", False), (None, None, False)],
)
def test_rtsp_cameras_let_in_who_knows_the_password(user: str | None, password: str | None, enters: bool) -> None:
    with (
        rtsp_server(1, SIZE, FPS, "keeper", "hunter2", SCENE) as server,
        opened(server.url_as(user, password)) as capture,
    ):
        assert capture.isOpened() == enters


@needs_rtsp
def test_a_paused_rtsp_server_starves_its_viewers_and_goes_on() -> None:
    with rtsp_server(1, SIZE, FPS, pattern=SCENE) as server:
        with opened(server.url) as capture:
            assert len(read(capture, 15)) == 15
            server.pause()
            assert seconds_until_silent(capture) >= READ_S
        with opened(server.url, open_s=1) as capture:
            assert not capture.isOpened()
        server.resume()
        with opened(server.url) as capture:
            assert len(read(capture, 15)) == 15


@needs_rtsp
def test_an_rtsp_server_comes_back_on_the_same_port() -> None:
    with rtsp_server(1, SIZE, FPS, pattern=SCENE) as server:
        url = server.url
        with opened(url) as capture:
            read(capture, 15)
            server.stop()
            assert seconds_until_silent(capture) < READ_S
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((HOST, server.port))
        server.start()
        with opened(url) as capture:
            assert numbers(read(capture, 15))[0] == 0


@needs_rtsp
def test_an_rtsp_server_ends_with_the_block_that_failed() -> None:
    servers = []
    with suppress(ZeroDivisionError), rtsp_server(1, SIZE, FPS, pattern=SCENE) as server:
        servers.append((server.port, server.process))
        server.pause()
        raise ZeroDivisionError
    ((port, process),) = servers
    assert process is not None
    assert process.returncode is not None
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, port))


@needs_rtsp
def test_one_rtsp_camera_changes_and_the_other_does_not() -> None:
    with (
        rtsp_server(2, SIZE, FPS, pattern=SCENE) as server,
        opened(server.urls[0]) as first,
        opened(server.urls[1]) as second,
    ):
        for look, right in LOOKS:
            server.show(look)
            assert shows(first, right), look
        server.show("nothing")
        assert seconds_until_silent(first) >= READ_S
        assert len(read(second, 30)) == 30


def sizes(url: str, change: Callable[[], None]) -> set[tuple[int, int]]:
    """Of frames before and after a change, by PyAV: OpenCV brings all to the first one's size."""
    seen: list[tuple[int, int]] = []
    with av.open(url, options={"rtsp_transport": "tcp", "analyzeduration": "500000"}, timeout=10) as container:
        for frame in container.decode(video=0):
            seen.append((frame.width, frame.height))
            if len(seen) == 5:
                change()
            if len(set(seen)) == 2 or len(seen) == 60:
                break
    return set(seen)


@pytest.mark.parametrize("kind", [pytest.param("rtsp", marks=needs_rtsp), "mpegts", "hls"])
def test_a_camera_changes_its_resolution_in_mid_stream(kind: Kind) -> None:
    halves = {SIZE, (160, 90)}
    if str(kind) == "rtsp":
        with rtsp_server(1, SIZE, FPS, pattern=SCENE) as server:
            assert sizes(server.url, lambda: server.show("smaller")) == halves
    else:
        with http_camera(kind, SIZE, FPS, SCENE) as camera:
            assert sizes(camera.url, lambda: camera.show("smaller")) == halves


@pytest.mark.parametrize("kind", ["mjpeg", "mpegts", "hls"])
def test_http_cameras_send_frames_in_order_at_their_pace(kind: Kind) -> None:
    with http_camera(kind, SIZE, FPS, SCENE) as camera, opened(camera.url, read_s=5) as capture:
        assert capture.get(cv2.CAP_PROP_FRAME_COUNT) < 0
        read(capture, 20)
        began = time.monotonic()
        pictures = read(capture, 40)
        took = time.monotonic() - began
    assert {(late - early) % SCENE.count for early, late in pairwise(numbers(pictures))} == {1}
    assert took == pytest.approx(40 / FPS, rel=0.45 if kind == "hls" else 0.2)  # segments come whole


@pytest.mark.parametrize("kind", ["mjpeg", "mpegts", "hls"])
def test_http_cameras_show_what_they_are_told(kind: Kind) -> None:
    with http_camera(kind, SIZE, FPS, SCENE) as camera, opened(camera.url, read_s=5) as capture:
        for look, right in LOOKS:
            camera.show(look)
            assert shows(capture, right), look
        camera.show("frozen")
        frozen = read(capture, 60)[-10:]
        assert set(numbers(frozen)) == {0}
        assert max(np.abs(a.astype(int) - b).mean() for a, b in pairwise(frozen)) < 2


@pytest.mark.parametrize("kind", ["mjpeg", "mpegts", "mp4"])
@pytest.mark.parametrize("frames", [0, 1, 12])
def test_http_cameras_stall(kind: Kind, frames: int) -> None:
    with http_camera(kind, SIZE, FPS, SCENE, stall_after=frames) as camera, opened(camera.url, open_s=1) as capture:
        assert len(read(capture, 30)) == frames


def test_hls_stalls() -> None:
    """A playlist that no longer advances. FFmpeg asks for it again and again."""
    with http_camera("hls", SIZE, FPS, SCENE, stall_after=31) as camera, opened(camera.url, read_s=2) as capture:
        assert len(read(capture, 60)) in (30, 29)
    with http_camera("hls", SIZE, FPS, SCENE, "nothing") as camera, opened(camera.url, open_s=1) as capture:
        assert not capture.isOpened()


def test_a_recording_over_http_has_a_length_and_shows_what_it_is_told_at_its_end() -> None:
    with http_camera("mp4", SIZE, FPS, SCENE, "dark") as camera, opened(camera.url) as capture:
        assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == SCENE.count + FPS
        pictures = read(capture, 100)
    assert [mean(each) < 10 for each in pictures] == [False] * SCENE.count + [True] * FPS


@pytest.mark.parametrize(
    ("mode", "shortest", "longest"),
    [("silent", READ_S, 4), ("refuse", 0, 0.4), ("reset", 0, 0.4), ("cut", 0, 0.6), ("slow", READ_S, 8)],
)
def test_a_line_breaks_as_it_is_told_and_heals(mode: Mode, shortest: float, longest: float) -> None:
    with http_camera("mjpeg", SIZE, FPS, SCENE) as camera, proxy(camera.port, rate=1000) as line:
        with opened(line.through(camera.url)) as capture:
            assert len(read(capture, 10)) == 10
            line.mode = mode
            assert shortest <= seconds_until_silent(capture) <= longest
        if mode != "slow":
            with opened(line.through(camera.url), open_s=0.5) as capture:
                assert len(read(capture, 3)) <= (1 if mode == "cut" else 0)
        line.mode = "pass"
        with opened(line.through(camera.url)) as capture:
            assert len(read(capture, 10)) == 10


@needs_rtsp
def test_garbage_spoils_pictures() -> None:
    with (
        rtsp_server(1, SIZE, FPS, pattern=SCENE) as server,
        proxy(server.port, spoilt=0.0005) as line,
        opened(line.through(server.url)) as capture,
    ):
        whole = read(capture, 20)
        line.mode = "garbage"
        spoilt = read(capture, 40)
    truth = [SCENE.picture(number).astype(int) for number in range(SCENE.count)]

    def error(picture: Picture) -> float:
        return min(float(np.abs(picture - each).mean()) for each in truth)

    assert max(map(error, whole)) < 5
    assert len(spoilt) < 40 or max(map(error, spoilt)) > 10


def through(mode: Mode, content: bytes, seconds: float = 1) -> bytes:
    """What arrives of the content in this time, or before the line breaks."""
    received = b""
    with socket.create_server((HOST, 0)) as camera, proxy(camera.getsockname()[1], rate=5000) as line:
        line.mode = mode
        with socket.create_connection((HOST, line.port), timeout=seconds) as viewer, camera.accept()[0] as sender:
            sender.sendall(content)
            began = time.monotonic()
            while len(received) < len(content) and time.monotonic() < began + seconds:
                piece = viewer.recv(65_536)
                if not piece:
                    break
                received += piece
    return received


@pytest.mark.parametrize(
    ("mode", "least", "most", "spoilt"),
    [
        ("pass", 20_000, 20_000, range(1)),
        ("garbage", 20_000, 20_000, range(5, 50)),
        ("slow", 2000, 7000, range(1)),
        ("cut", CUT_FROM // 2, 10_000, range(1)),
    ],
)
def test_what_of_a_content_arrives(mode: Mode, least: int, most: int, spoilt: range) -> None:
    content = bytes(20_000)
    received = through(mode, content)
    assert least <= len(received) <= most
    assert sum(each != 0 for each in received) in spoilt
    if mode == "garbage":
        assert received == through(mode, content), "the same seed spoils the same bytes"


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("silent", TimeoutError), ("refuse", ConnectionRefusedError), ("reset", ConnectionResetError)],
)
def test_what_a_broken_line_says(mode: Mode, expected: type[OSError]) -> None:
    with socket.create_server((HOST, 0)) as camera, proxy(camera.getsockname()[1]) as line:
        line.mode = mode
        with pytest.raises(expected), socket.create_connection((HOST, line.port), timeout=0.5) as viewer:
            viewer.recv(1)


def clip(tmp_path: Path, suffix: str = ".mp4") -> Path:
    return write_recording(tmp_path / f"north{suffix}", SCENE)


def times(path: Path) -> list[float]:
    """Of all frames, as OpenCV tells them, in seconds."""
    with opened(str(path)) as capture:
        return [capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 for _ in iter(capture.grab, False)]


def test_a_clip_is_foretold_by_its_seed(tmp_path: Path) -> None:
    with opened(str(clip(tmp_path))) as capture:
        pictures = read(capture, 100)
    assert numbers(pictures) == list(range(20))
    assert [float((each[90:112] > 200).mean()) > 0.1 for each in pictures] == [False] * 10 + [True] * 10
    assert all(np.abs(each.astype(int) - SCENE.picture(index)).mean() < 5 for index, each in enumerate(pictures))
    assert encoded(SCENE) != encoded(replace(SCENE, seed=2))


@pytest.mark.parametrize(
    ("stamp", "rises"),
    [
        pytest.param(lambda _, at: at, True, id="as they were"),
        pytest.param(lambda _, at: at + 2**33 / 90_000 - 2.4, True, id="round the corner"),
        pytest.param(lambda number, at: at + (3600 if number >= 10 else 0), True, id="an hour forward"),
        pytest.param(lambda number, at: at - (1 if number >= 10 else 0), False, id="back"),
        pytest.param(lambda number, at: 5 if number >= 10 else at, False, id="standing still"),
        pytest.param(lambda number, at: at + number % 2, False, id="to and fro"),
    ],
)
def test_time_stamps_are_written_anew(tmp_path: Path, stamp: Callable[[int, float], float], rises: bool) -> None:
    stamps = times(restamp(clip(tmp_path, ".ts"), stamp))
    assert len(stamps) == 20
    assert all(late > early for early, late in pairwise(stamps)) == rises


def test_frames_may_come_at_uneven_times(tmp_path: Path) -> None:
    uneven = [index / FPS + index % 3 / 30 for index in range(20)]
    assert times(write_recording(tmp_path / "north.mp4", SCENE, uneven)) == pytest.approx(uneven, abs=0.002)


@pytest.mark.parametrize(("degrees", "turns"), [(90, -1), (180, 2), (270, 1)])
def test_a_turned_clip(tmp_path: Path, degrees: int, turns: int) -> None:
    """OpenCV turns it by itself. `np.rot90` turns the other way."""
    with opened(str(turn(clip(tmp_path), degrees))) as capture:
        (picture,) = read(capture, 1)
    assert np.abs(picture.astype(int) - np.rot90(SCENE.picture(0), turns)).mean() < 5


@pytest.mark.parametrize("share", [0.3, 3])
def test_a_header_that_lies(tmp_path: Path, share: float) -> None:
    with opened(str(misstate(clip(tmp_path, ".mkv"), share))) as capture:
        assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == pytest.approx(share * 20, abs=2)
        assert len(read(capture, 100)) == 20


def test_resolution_changes_within_a_file(tmp_path: Path) -> None:
    units = encoded(SCENE) + encoded(SCENE.looking("smaller"))
    path = write_units(tmp_path / "north.mp4", [(unit, index / FPS) for index, unit in enumerate(units)], SIZE)
    with av.open(str(path)) as container:
        assert [frame.width for frame in container.decode(video=0)] == [320] * 20 + [160] * 20
