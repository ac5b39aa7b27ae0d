from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from models.errors import SourceError
from stream.frame import Frame
from stream.video import Video
from tests.factories import FAST_START, FRAGMENTED, cut_short, grey, write_clip

LEVELS = [20 + 5 * index for index in range(40)]


def read(path: Path) -> list[Frame]:
    video = Video.from_file(path)
    frames = list(video.frames())
    video.close()
    return frames


@pytest.mark.parametrize("options", [{}, FAST_START, FRAGMENTED], ids=["plain", "faststart", "fragmented"])
def test_every_frame_comes_in_order(tmp_path: Path, options: dict[str, str]) -> None:
    frames = read(write_clip(tmp_path / "north.mp4", LEVELS, fps=10, options=options))
    assert [frame.index for frame in frames] == list(range(40))
    brightness = [frame.picture.mean() for frame in frames if frame.picture is not None]
    np.testing.assert_allclose(brightness, LEVELS, atol=4)
    assert [frame.media_time for frame in frames] == pytest.approx([index / 10 for index in range(40)], abs=0.002)
    assert {(frame.time, frame.name, frame.reason) for frame in frames} == {(None, None, None)}
    arrivals = [frame.arrived for frame in frames]
    assert arrivals == sorted(arrivals)


def test_a_recording_knows_what_to_expect(tmp_path: Path) -> None:
    video = Video.from_file(write_clip(tmp_path / "north.mp4", LEVELS, fps=10))
    assert (video.camera, video.live, video.timed, video.expected) == ("north", False, True, 40)
    assert video.fps == pytest.approx(10)
    video.close()
    video.close()


def test_media_times_are_the_frames_own(tmp_path: Path) -> None:
    """Cameras that save space record frames at uneven times."""
    ticks = [0, 1, 2, 10, 11, 50]
    path = tmp_path / "uneven.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 10)
        for tick in ticks:
            frame = av.VideoFrame.from_ndarray(grey(99, 64, 48), format="bgr24")
            frame.pts = tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert [frame.media_time for frame in read(path)] == pytest.approx([tick / 10 for tick in ticks], abs=0.002)


@pytest.mark.parametrize("options", [FAST_START, FRAGMENTED], ids=["faststart", "fragmented"])
def test_a_recording_cut_short_gives_what_is_there(tmp_path: Path, options: dict[str, str]) -> None:
    frames = read(cut_short(write_clip(tmp_path / "cut.mp4", LEVELS * 2, options=options)))
    assert 5 <= len(frames) < 80
    times = [frame.media_time for frame in frames if frame.media_time is not None]
    assert times == sorted(set(times))


def test_a_recording_cut_off_after_its_header_is_an_error(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "cut.mp4", LEVELS)
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"mdat") + 8])
    with pytest.raises(SourceError, match=r"cut\.mp4"):
        read(path)


@pytest.mark.parametrize("content", [b"", b"404 Not Found\n", bytes(5000)], ids=["empty", "text", "zeros"])
def test_what_is_no_video_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"cannot open .*clip\.mp4: no video"):
        Video.from_file(path)


def test_a_recording_without_its_end_is_an_error(tmp_path: Path) -> None:
    """A plain MP4 has its index at the end: what is left of it plays nowhere."""
    path = write_clip(tmp_path / "clip.mp4", LEVELS, options={})
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(SourceError, match=r"cannot open .*clip\.mp4"):
        Video.from_file(path)


def test_a_camera_that_is_not_there_is_an_error() -> None:
    with pytest.raises(SourceError, match="cannot open camera 99: not connected"):
        Video.from_camera(99)


def test_an_address_where_nobody_answers_is_an_error_without_its_secrets() -> None:
    """Port 1 of this machine refuses at once."""
    with pytest.raises(SourceError, match=r"cannot open http://\*\*\*@127\.0\.0\.1:1/a\.mp4\?\*\*\*") as caught:
        Video.from_url("http://user:hunter2@127.0.0.1:1/a.mp4?token=hunter2")
    assert "hunter2" not in str(caught.value)
