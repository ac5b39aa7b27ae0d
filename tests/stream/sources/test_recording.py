"""Frames as the decoder leaves them: the same pixels as by OpenCV, made only where they are wanted."""

from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest
from av.video.stream import VideoStream

from models.picture import fit
from stream.sources.opening import Opening
from stream.sources.recording import Recording
from stream.sources.source import open_source
from stream.sources.video import Video
from tests.factories import frames_of

NOW = Opening()
SIZES = [(640, 360), (1280, 720), (1920, 1080), (800, 640), (302, 302), (64, 48), (301, 400), (640, 361)]


def coloured(
    path: Path,
    size: tuple[int, int],
    pix_fmt: str = "yuv420p",
    codec: str = "libx264",
    n: int = 3,
    tags: tuple[int, int] = (2, 0),
) -> Path:
    """Shades of all colours, that change from frame to frame; B-frames between. `tags`: FFmpeg's numbers of matrix and range."""
    width, height = size
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    with av.open(str(path), "w") as file:
        stream = cast(VideoStream, file.add_stream(codec, rate=10))
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        stream.codec_context.colorspace, stream.codec_context.color_range = tags
        for index in range(n):
            picture = np.stack([x, y, 255 - (x + y) / 2 + 20 * index], axis=2).clip(0, 255).astype(np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "bgr24")))
        file.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("size", [each for each in SIZES if not each[0] % 2 and not each[1] % 2])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuvj420p"])
def test_pixels_are_opencvs(tmp_path: Path, size: tuple[int, int], pix_fmt: str) -> None:
    path = coloured(tmp_path / "north.mp4", size, pix_fmt)
    recording = Recording.opened(path, NOW)
    assert recording is not None
    ours, theirs = frames_of(recording), frames_of(Video.from_file(path, NOW))
    assert len(ours) == len(theirs) == 3
    for one, other in zip(ours, theirs, strict=True):
        assert (one.index, one.media_time) == (other.index, other.media_time)
        assert one.picture is None
        assert np.array_equal(one.as_picture().picture, other.picture)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuvj420p"])
@pytest.mark.parametrize("wanted", [(150, 150), (96, 64)])
def test_shrunk_before_it_is_coloured_is_nearly_the_same(
    tmp_path: Path, size: tuple[int, int], pix_fmt: str, wanted: tuple[int, int]
) -> None:
    path = coloured(
        tmp_path / "north.mkv",
        size,
        pix_fmt,
        "libx264" if not (size[0] | size[1]) % 2 else "mjpeg" if pix_fmt == "yuvj420p" else "ffv1",
    )
    recording = Recording.opened(path, NOW)
    assert recording is not None
    for frame in recording.frames():
        assert frame is not None
        assert frame.planes is not None
        assert frame.planes.size == size
        quick, slow = frame.planes.fit(*wanted), fit(frame.planes.picture(), *wanted)
        assert (quick.shape, quick.dtype) == (slow.shape, slow.dtype)
        apart = quick.astype(int) - slow
        assert np.abs(apart).max() <= 8
        assert np.abs(apart).mean() <= 1.5
        assert np.abs(apart.mean(axis=(0, 1))).max() <= 2
    recording.close()


@pytest.mark.parametrize("matrix", [1, 2, 4, 5, 6, 7, 9])
@pytest.mark.parametrize("span", [0, 1, 2])
@pytest.mark.parametrize(("codec", "name"), [("libx264", "north.mp4"), ("libvpx-vp9", "north.webm")])
def test_colours_are_what_the_file_says_they_are(tmp_path: Path, matrix: int, span: int, codec: str, name: str) -> None:
    """As by OpenCV; one that took all files for BT.601, or for the limited range, is off by 5 levels and more in one colour."""
    path = coloured(tmp_path / name, (640, 360), codec=codec, tags=(matrix, span))
    recording = Recording.opened(path, NOW)
    assert recording is not None
    for ours, theirs in zip(frames_of(recording), frames_of(Video.from_file(path, NOW)), strict=True):
        assert ours.planes is not None
        assert theirs.picture is not None
        assert np.array_equal(ours.planes.picture(), theirs.picture)
        apart = ours.planes.fit(150, 150).astype(int) - fit(theirs.picture, 150, 150)
        assert np.abs(apart).mean(axis=(0, 1)).max() <= 2


@pytest.mark.parametrize(
    ("pix_fmt", "codec"), [("yuv444p", "libx264"), ("yuv422p", "libx264"), ("yuv420p10le", "libx264"), ("bgr0", "ffv1")]
)
def test_what_is_kept_otherwise_is_left_to_opencv(tmp_path: Path, pix_fmt: str, codec: str) -> None:
    path = coloured(tmp_path / "north.mkv", (64, 48), pix_fmt, codec)
    assert Recording.opened(path, NOW) is None
    source = open_source(str(path))
    assert isinstance(source, Video)
    assert len(frames_of(source)) == 3


@pytest.mark.parametrize("opening", [Opening(rotate=90), Opening(hwaccel="auto")])
def test_what_is_asked_otherwise_is_left_to_opencv(tmp_path: Path, opening: Opening) -> None:
    assert Recording.opened(coloured(tmp_path / "north.mp4", (64, 48)), opening) is None


@pytest.mark.parametrize("content", [b"", b"404 Not Found\n", bytes(5000)], ids=["empty", "text", "zeros"])
def test_what_is_no_video_is_left_to_opencv(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "clip.mp4").write_bytes(content)
    assert Recording.opened(tmp_path / "clip.mp4", NOW) is None


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "horn.wav"), "w") as file:
        stream = file.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        file.mux(stream.encode(frame))
    assert Recording.opened(tmp_path / "horn.wav", NOW) is None
