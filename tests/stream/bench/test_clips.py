import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console

from models.errors import OutputError, SourceError
from stream.bench.clips import NAMES, describe, make_clip, make_clips
from tests.factories import decode, start

SMALL = (480, 270)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each clip, small and short; nobody changes them."""
    folder = tmp_path_factory.mktemp("clips")
    for name in NAMES:
        make_clip(folder / f"{name}.mp4", name, 3, 2.4, SMALL)
    return {name: folder / f"{name}.mp4" for name in NAMES}


def changing(path: Path) -> NDArray[np.float64]:
    """The share of frames in which each block of 16 pixels changes by more than the noise, by rows and columns of blocks."""
    frames = [cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.float32) for frame in decode(path)]
    pairs = zip(frames[::5], frames[5::5], strict=False)
    steps = [cv2.resize(cv2.absdiff(a, b), (30, 17), interpolation=cv2.INTER_AREA) for a, b in pairs]
    return np.asarray(np.mean(np.array(steps) > 4, axis=0), np.float64)


@pytest.mark.parametrize("name", NAMES)
def test_they_are_encoded_as_a_camera_does(small: dict[str, Path], name: str) -> None:
    with av.open(str(small[name])) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert not stream.codec_context.has_b_frames
    assert [packet.dts for packet in packets] == [packet.pts for packet in packets]
    assert [index for index, packet in enumerate(packets) if packet.is_keyframe] == [0, 50]
    assert len(decode(small[name])) == len(packets) == 60


def test_what_moves_in_them(small: dict[str, Path]) -> None:
    shares = {name: changing(path) for name, path in small.items()}
    assert np.mean(shares["water"] > 0.5) > 0.98
    assert shares["quiet"].max() < 0.5
    assert 0.4 < np.mean(shares["busy"] > 0.5) < 0.9


@pytest.mark.parametrize("name", NAMES)
def test_neither_cores_nor_time_change_a_byte_and_another_seed_does(
    small: dict[str, Path], tmp_path: Path, name: str
) -> None:
    script = f"""
import cv2, pathlib, stream.bench.clips
cv2.setNumThreads(1)
stream.bench.clips.make_clip(pathlib.Path({str(tmp_path / "again.mp4")!r}), {name!r}, 3, 2.4, {SMALL})"""
    subprocess.run([sys.executable, "-c", script], check=True)
    assert (tmp_path / "again.mp4").read_bytes() == small[name].read_bytes()
    make_clip(tmp_path / "other.mp4", name, 4, 2.4, SMALL)
    assert (tmp_path / "other.mp4").read_bytes() != small[name].read_bytes()


def test_all_of_them_at_the_rates_of_a_camera(tmp_path: Path) -> None:
    clips = make_clips(tmp_path / "new", 0, 1.0, False, Console(quiet=True))
    found = [describe(path, name, 0) for name, path in clips.items()]
    assert [clip.name for clip in found] == list(NAMES)
    assert {(clip.width, clip.height, clip.fps, clip.frames, clip.codec) for clip in found} == {
        (1920, 1080, 25, 25, "h264")
    }
    assert all(3 < clip.megabits_a_second < 10 for clip in found)


@pytest.mark.parametrize("overwrite", [False, True])
def test_others_files_are_kept_unless_they_may_go(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "busy.mp4").write_text("mine")
    if overwrite:
        make_clips(tmp_path, 0, 0.04, True, Console(quiet=True))
        assert len(decode(tmp_path / "busy.mp4")) == 1
    else:
        with pytest.raises(OutputError, match=r"busy\.mp4 exists and was kept; give --overwrite"):
            make_clips(tmp_path, 0, 0.04, False, Console(quiet=True))
        assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("busy.mp4", "mine")]


def test_what_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"

    def appear() -> None:
        path.write_text("mine")

    with pytest.raises(OutputError, match=r"cannot write .*a\.mp4: File exists"):
        make_clip(path, "quiet", 0, 0.04, SMALL, tell=appear)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("a.mp4", "mine")]


def test_a_kill_leaves_no_half_clip(tmp_path: Path) -> None:
    script = f"""
import pathlib, stream.bench.clips
stream.bench.clips.make_clip(pathlib.Path({str(tmp_path / "a.mp4")!r}), "busy", 0, 60.0, tell=lambda: print(flush=True))"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(3):
            assert process.stdout.readline()
        time.sleep(0.1)
        os.kill(process.pid, signal.SIGKILL)
    assert not (tmp_path / "a.mp4").exists()


def test_ctrl_c_leaves_no_folder_that_was_made_for_clips(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for folder in ("new/er", "mine"):
        with start("bench", "clips", tmp_path / folder, "--seconds", "600") as process:
            while not (tmp_path / folder).exists():
                assert process.poll() is None
                time.sleep(0.05)
            time.sleep(2)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)
        assert process.returncode == 1
        assert "Traceback" not in said
    assert [path.name for path in tmp_path.rglob("*")] == ["mine"]


def test_frames_are_counted_whatever_the_header_says(tmp_path: Path, small: dict[str, Path]) -> None:
    content = small["busy"].read_bytes()
    cut = tmp_path / "cut.ts"
    with av.open(str(small["busy"])) as source, av.open(str(cut), "w", format="mpegts") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in [packet for packet in source.demux(source.streams.video[0]) if packet.size][:20]:
            packet.stream = stream
            target.mux(packet)
    clip = describe(cut, "mine", None)
    assert (clip.name, clip.frames, clip.made_from_seed) == ("mine", 20, None)
    assert describe(small["busy"], "busy", 3).sha256 != clip.sha256
    assert describe(small["busy"], "busy", 3).megabits_a_second == pytest.approx(len(content) * 8e-6 / 2.4, rel=0.02)


@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "text", "cut", "sound"])
def test_what_is_no_video_is_told(tmp_path: Path, small: dict[str, Path], kind: str) -> None:
    path = tmp_path / "a.mp4"
    match kind:
        case "folder":
            path.mkdir()
        case "empty" | "text":
            path.write_text("" if kind == "empty" else "no video")
        case "cut":
            path.write_bytes(small["busy"].read_bytes()[:9000])
        case "sound":
            with av.open(str(path), "w", format="mp4") as container:
                stream = container.add_stream("aac", rate=44100)
                silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
                silence.sample_rate, silence.pts = 44100, 0
                container.mux([*stream.encode(silence), *stream.encode(None)])
    with pytest.raises(SourceError, match=r"cannot open .*a\.mp4: .+; is it complete, and a video\?"):
        describe(path, "a", None)
