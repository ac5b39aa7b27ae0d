"""Cameras that fail in every way, each beside one that does not and must not notice: real servers, real sockets, a real process."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.factories import lines_of
from tests.faults.peers.http import http_camera
from tests.faults.peers.proxy import Mode, Proxy, proxy
from tests.faults.peers.rtsp import RtspServer, missing, rtsp_server
from tests.faults.watching import accounts, watching

pytestmark = [pytest.mark.timeout(300)]
needs_rtsp = pytest.mark.skipif(missing() is not None, reason=missing() or "")
SECRET = "hunter2"  # noqa: S105 - to be looked for in everything that is written
FAULTS: tuple[Mode, ...] = ("silent", "refuse", "reset", "cut", "garbage", "slow")
FAST = ("--open-timeout", "2", "--read-timeout", "2")


@pytest.fixture
def server() -> Iterator[RtspServer]:
    with rtsp_server(len(FAULTS) + 1, size=(320, 240), fps=5, user="user", password=SECRET) as running:
        yield running


def holds_secret(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


@needs_rtsp
def test_each_fault_blinds_its_own_camera_until_it_is_over(server: RtspServer, bundle: Path, tmp_path: Path) -> None:
    """Promise: a dead camera is found again, touches no other, and was `unknown` meanwhile."""
    with ExitStack() as stack:
        lines_between: dict[str, Proxy] = {fault: stack.enter_context(proxy(server.port)) for fault in FAULTS}
        config = tmp_path / "river.toml"
        cameras = {fault: each.through(server.urls[index]) for index, (fault, each) in enumerate(lines_between.items())}
        cameras["healthy"] = server.urls[-1]
        config.write_text(
            f'model = "{bundle}"\n[defaults]\nopen_timeout = 2\nread_timeout = 2\n[outputs]\ndetections = "out.jsonl"\n'
            + "".join(f'[cameras.{name}]\nsource = "{url}"\n' for name, url in cameras.items())
        )
        watch = stack.enter_context(watching("--config", config, lines=tmp_path / "out.jsonl"))
        watch.until(lambda: all(watch.seen(name) > 3 for name in cameras), 40, "all cameras are seen")
        for fault, line in lines_between.items():
            line.mode = fault  # type: ignore[assignment]  # the names of modes
        began = {name: watch.seen(name) for name in cameras}
        blind = [fault for fault in FAULTS if fault not in ("cut", "garbage", "slow")]
        watch.until(lambda: all(watch.reasons(name) for name in blind), 30, "the blind ones are unknown")
        time.sleep(5)
        assert watch.seen("healthy") - began["healthy"] > 15, "the healthy one goes on at 5 frames a second"
        assert watch.reasons("healthy") == []
        before = {name: watch.seen(name) for name in cameras}
        for line in lines_between.values():
            line.mode = "pass"
        watch.until(lambda: all(watch.seen(name) > before[name] + 3 for name in cameras), 60, "all are seen again")
        said = watch.end()
    assert SECRET not in said
    config.unlink()
    assert holds_secret(tmp_path) == []
    assert "offline" in watch.reasons("refuse")
    for name in cameras:
        ids = [each["frame_id"] for each in watch.records(name) if each["frame_id"] is not None]
        assert ids == sorted(set(ids)), "frames go on counting across connections"
        times = [each["media_time"] for each in watch.records(name)]
        assert times == sorted(times)


@needs_rtsp
def test_a_server_that_falls_silent_and_one_that_starts_again(server: RtspServer, bundle: Path, tmp_path: Path) -> None:
    with watching(server.url, "--model", bundle, *FAST, lines=tmp_path / "a.jsonl") as watch:
        camera = "127.0.0.1-cam0"
        watch.until(lambda: watch.seen(camera) > 3, 30, "it is seen")
        server.pause()
        watch.until(lambda: "stalled" in watch.reasons(camera), 20, "it is stalled")
        watch.until(lambda: "offline" in watch.reasons(camera), 20, "it is offline")
        server.resume()
        before = watch.seen(camera)
        watch.until(lambda: watch.seen(camera) > before + 3, 60, "it is seen again")
        server.stop()
        time.sleep(3)
        server.start()
        before = watch.seen(camera)
        watch.until(lambda: watch.seen(camera) > before + 3, 60, "it is seen again on the same port")
        watch.end()


@needs_rtsp
def test_what_was_read_ahead_is_old_and_left_out(server: RtspServer, bundle: Path, tmp_path: Path) -> None:
    """FFmpeg takes a second of frames to open a stream, and then gives them out at once."""
    camera = "127.0.0.1-cam0"
    with watching(server.url, "--model", bundle, lines=tmp_path / "a.jsonl") as watch:
        watch.until(lambda: watch.seen(camera) > 5, 30, "it is seen")
        said = watch.end()
    read, looked, skipped, dropped = accounts(said)[camera]
    assert skipped > 0
    assert read == looked + skipped + dropped
    assert watch.records(camera)[0]["frame_id"] == skipped


@needs_rtsp
def test_a_wrong_password_is_told_without_it(server: RtspServer, bundle: Path, tmp_path: Path) -> None:
    url = server.url_as("user", "wrong" + SECRET)
    with watching(url, "--model", bundle, *FAST, lines=tmp_path / "a.jsonl") as watch:
        watch.until(lambda: watch.records(), 30, "it says that it is blind")
        said = watch.end()
    assert "check address, user and password" in said
    assert SECRET not in said
    assert holds_secret(tmp_path) == []
    assert {each["reason"] for each in watch.records()} == {"offline"}


@pytest.mark.parametrize("kind", ["mjpeg", "mpegts", "hls"])
def test_every_kind_of_stream_is_read(kind: str, bundle: Path, tmp_path: Path) -> None:
    with (
        http_camera(kind, size=(320, 240), fps=5) as camera,  # type: ignore[arg-type]  # the names of kinds
        watching(camera.url, "--model", bundle, lines=tmp_path / "a.jsonl") as watch,
    ):
        watch.until(lambda: len(watch.records()) >= 15, 60, "frames come")
        watch.end()
    assert "no_ship" in {each["state"] for each in watch.records()}


def test_blindness_is_told_from_absence(bundle: Path, tmp_path: Path) -> None:
    """Promise: dark, fog, a frozen picture and a silent line are `unknown`, each with its reason, and pass."""
    reasons = {"dark": "dark", "fog": "no_contrast", "frozen": "frozen", "nothing": "stalled"}
    with ExitStack() as stack:
        cameras = {look: stack.enter_context(http_camera("mpegts", size=(320, 240), fps=5)) for look in reasons}
        config = tmp_path / "river.toml"
        config.write_text(
            f'model = "{bundle}"\n[defaults]\nread_timeout = 4\n'
            + "".join(f'[cameras.{look}]\nsource = "{each.url}"\n' for look, each in cameras.items())
            + '[outputs]\ndetections = "a.jsonl"\nhours = "hours.jsonl"\n'
        )
        watch = stack.enter_context(watching("--config", config, lines=tmp_path / "a.jsonl"))
        watch.until(lambda: all(watch.seen(look) > 3 for look in cameras), 40, "all are seen")
        for look, each in cameras.items():
            each.show(look)  # type: ignore[arg-type]  # the names of looks
        watch.until(lambda: all(reasons[look] in watch.reasons(look) for look in cameras), 60, "each reason is told")
        for each in cameras.values():
            each.show("river")
        before = {look: watch.seen(look) for look in cameras}
        watch.until(lambda: all(watch.seen(look) > before[look] + 3 for look in cameras), 60, "all are seen again")
        watch.end()
    hours = lines_of((tmp_path / "hours.jsonl").read_text(encoding="utf-8"))
    for look, reason in reasons.items():
        mine = [hour for hour in hours if hour["camera"] == look]
        blind = sum(hour["unknown"].get(reason, 0.0) for hour in mine)
        assert blind > 0, look
        assert all(0 < hour["coverage"] < 1 for hour in mine if hour["unknown"])


def test_the_size_may_change_in_mid_stream(bundle: Path, tmp_path: Path) -> None:
    """OpenCV brings frames of another size to that of the first one, without a word; so boxes stay in those pixels."""
    with (
        http_camera("mpegts", size=(320, 240), fps=5) as camera,
        watching(camera.url, "--model", bundle, "--views", "1x2", lines=tmp_path / "a.jsonl") as watch,
    ):
        watch.until(lambda: watch.seen("127.0.0.1-north.ts") > 3, 40, "it is seen")
        before = watch.seen("127.0.0.1-north.ts")
        camera.show("smaller")
        watch.until(lambda: watch.seen("127.0.0.1-north.ts") > before + 15, 40, "it is seen on")
        watch.end()
    assert watch.reasons("127.0.0.1-north.ts") == []
    assert {tuple(each["views"][0]["box"]) for each in watch.records()} == {(0, 0, 320, 240)}


def test_sixteen_sources_of_which_five_are_dead(bundle: Path, tmp_path: Path) -> None:
    with ExitStack() as stack:
        alive = [stack.enter_context(http_camera("mjpeg", size=(160, 120), fps=2)).url for _ in range(11)]
        dead = [f"http://user:{SECRET}@127.0.0.1:9/dead{number}" for number in range(5)]
        sources = [url for pair in zip(dead, alive[:5], strict=True) for url in pair] + alive[5:]
        watch = stack.enter_context(watching(*sources, "--model", bundle, *FAST, lines=tmp_path / "a.jsonl"))
        names = {f"127.0.0.1-north.mjpg{f'-{number}' if number > 1 else ''}" for number in range(1, 12)}
        watch.until(lambda: all(watch.seen(name) > 3 for name in names), 60, "the eleven are seen")
        said = watch.end()
    assert SECRET not in said
    assert holds_secret(tmp_path) == []
    assert {each["camera"] for each in watch.records() if each["state"] != "unknown"} == names


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_the_end_comes_within_five_seconds_whatever_hangs(by: signal.Signals, bundle: Path, tmp_path: Path) -> None:
    with (
        http_camera("mpegts", size=(160, 120), fps=5, stall_after=0) as silent,
        http_camera("mpegts", size=(160, 120), fps=5) as well,
        watching(silent.url, well.url, "--model", bundle, lines=tmp_path / "a.jsonl") as watch,
    ):
        watch.until(lambda: watch.seen("127.0.0.1-north.ts-2") > 3, 40, "the other is seen")
        watch.end(by, within=6.0)


def test_a_killed_watch_goes_on_in_the_same_file(bundle: Path, tmp_path: Path) -> None:
    """Promise: kill -9 tears the last line at most, and that is cut off when the watch starts again."""
    lines = tmp_path / "a.jsonl"
    with http_camera("mjpeg", size=(160, 120), fps=5) as camera:
        with watching(camera.url, "--model", bundle, lines=lines) as watch:
            watch.until(lambda: len(watch.records()) > 5, 40, "frames come")
            watch.process.kill()
            watch.process.wait()
        with lines.open("a") as file:
            file.write('{"schema":"rivereye/det')
        known = len(watch.records())
        with watching(camera.url, "--model", bundle, lines=lines) as again:
            again.until(lambda: len(again.records()) > known + 5, 40, "frames come again")
            again.end()
    assert len(lines_of(lines.read_text(encoding="utf-8"))) > known + 5
