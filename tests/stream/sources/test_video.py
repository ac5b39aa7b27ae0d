import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from models.errors import SourceError
from stream.sinks.videofile import VideoFile
from stream.sources.frame import Frame
from stream.sources.opening import Opening
from stream.sources.pace import Pace
from stream.sources.recording import Recording
from stream.sources.source import Source
from stream.sources.video import SEEK_FROM_S, Video
from tests.factories import FAST_START, FRAGMENTED, cut_short, frames_of, rippled, write_clip

LEVELS = [20 + 5 * index for index in range(40)]
NTSC = Fraction(30000, 1001)
NOW = Opening()


class Way:
    """How files are read in the test that runs."""

    opened: Callable[[Path, Opening], Source | None] = Video.from_file


@pytest.fixture(scope="module", autouse=True, params=[Video.from_file, Recording.opened], ids=["opencv", "pyav"])
def _way(request: pytest.FixtureRequest) -> None:
    """All that is promised of a file is true of both."""
    Way.opened = request.param


def opened(path: Path, opening: Opening = NOW) -> Source:
    return Way.opened(path, opening) or Video.from_file(path, opening)


def read(path: Path, pace: Pace = Pace(), rotate: int = 0) -> list[Frame]:  # noqa: B008 - frozen
    source = Video.from_file(path, Opening(rotate=rotate)) if rotate else opened(path, Opening(pace=pace))
    return [frame.as_picture() for frame in frames_of(source)]


def mean(frame: Frame) -> float:
    assert frame.picture is not None
    return float(frame.picture.mean())


@pytest.mark.parametrize("options", [{}, FAST_START, FRAGMENTED], ids=["plain", "faststart", "fragmented"])
def test_every_frame_comes_in_order(tmp_path: Path, options: dict[str, str]) -> None:
    frames = read(write_clip(tmp_path / "north.mp4", LEVELS, fps=10, options=options))
    assert [frame.index for frame in frames] == list(range(40))
    np.testing.assert_allclose([mean(frame) for frame in frames], LEVELS, atol=4)
    assert [frame.media_time for frame in frames] == pytest.approx([index / 10 for index in range(40)], abs=0.002)
    assert {(frame.time, frame.name, frame.reason) for frame in frames} == {(None, None, None)}
    arrivals = [frame.arrived for frame in frames]
    assert arrivals == sorted(arrivals)


def test_a_recording_knows_what_to_expect(tmp_path: Path) -> None:
    video = opened(write_clip(tmp_path / "north.mp4", LEVELS, fps=10))
    assert (video.camera, video.live, video.timed, video.expected) == ("north", False, True, 40)
    assert video.fps == pytest.approx(10)
    assert video.decoder == "software"
    video.close()
    video.close()


def test_media_times_are_the_frames_own(tmp_path: Path) -> None:
    """Cameras that save space record frames at uneven times."""
    ticks = [0, 1, 2, 10, 11, 50]
    path = write_clip(tmp_path / "uneven.mp4", [99] * 6, ticks=ticks)
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
        Video.from_file(path, NOW)


def test_a_recording_without_its_end_is_an_error(tmp_path: Path) -> None:
    """A plain MP4 has its index at the end: what is left of it plays nowhere."""
    path = write_clip(tmp_path / "clip.mp4", LEVELS, options={})
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(SourceError, match=r"cannot open .*clip\.mp4"):
        Video.from_file(path, NOW)


def test_a_camera_that_is_not_there_is_an_error() -> None:
    with pytest.raises(SourceError, match="cannot open camera 99: not connected"):
        Video.from_camera(99, NOW)


def test_an_address_where_nobody_answers_is_an_error_without_its_secrets() -> None:
    """Port 1 of this machine refuses at once."""
    with pytest.raises(SourceError, match=r"cannot open http://\*\*\*@127\.0\.0\.1:1/a\.mp4\?\*\*\*") as caught:
        Video.from_url("http://user:hunter2@127.0.0.1:1/a.mp4?token=hunter2", NOW)
    assert "hunter2" not in str(caught.value)


def test_skipped_frames_are_counted_and_not_converted(tmp_path: Path) -> None:
    """What is read is skipped or given, and frames keep their numbers."""
    path = write_clip(tmp_path / "north.mp4", LEVELS)
    video = opened(path, Opening(pace=Pace(stride=4)))
    came = [frame and frame.as_picture() for frame in video.frames()]
    frames = [frame for frame in came if frame is not None]
    assert (len(came), video.expected) == (40, 40)
    assert [frame.index for frame in frames] == list(range(0, 40, 4))
    np.testing.assert_allclose([mean(frame) for frame in frames], LEVELS[::4], atol=4)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100 s at 29.97 frames a second; each frame tells its second by its brightness."""
    levels = [40 + round(index / NTSC) for index in range(round(100 * NTSC))]
    return write_clip(tmp_path_factory.mktemp("long") / "long.mp4", levels, NTSC)


@pytest.fixture(scope="module")
def whole(long: Path, _way: None) -> list[Frame]:
    frames = read(long)
    assert len(frames) == round(100 * NTSC)
    return frames


def exact(index: int) -> float:
    return float(index / NTSC)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (None, 3.0),
        (2.0, 4.0),
        (SEEK_FROM_S - 0.5, 21.0),
        (SEEK_FROM_S, 22.0),
        (61.5, 63.25),
        (99.0, None),
        (1.001, 2.002),
    ],
)
def test_start_and_end_are_those_of_the_frames_own_times(
    long: Path, whole: list[Frame], start: float | None, end: float | None
) -> None:
    """Where it begins, a late start is jumped to; that changes no frame, no number and no time."""
    wanted = [
        index
        for index in range(round(100 * NTSC))
        if (start is None or exact(index) >= start - 1e-6) and (end is None or exact(index) < end - 1e-6)
    ]
    frames = read(long, Pace(start=start, end=end))
    assert [frame.index for frame in frames] == wanted
    times = [frame.media_time for frame in frames]
    assert times == [whole[index].media_time for index in wanted]
    assert times == pytest.approx([exact(index) for index in wanted], abs=0.001)
    for frame in frames:
        assert frame.index is not None
        assert np.array_equal(frame.picture, whole[frame.index].picture)  # type: ignore[arg-type]


@pytest.mark.parametrize("container", ["mp4", "matroska", "mpegts"])
@pytest.mark.parametrize("even", [True, False])
def test_a_late_start_of_any_container_is_exact(tmp_path: Path, container: str, even: bool) -> None:
    """Also where frames come at uneven times, and a jump by number lands too late."""
    ticks = [index if even else 3 * index + (index + 1) % 2 for index in range(500)]
    path = write_clip(tmp_path / "clip", [99] * 500, ticks=ticks, container=container)
    frames = [(frame.index, frame.media_time) for frame in read(path)]
    assert len(frames) == 500
    for start in (SEEK_FROM_S, 33.3, 45.0):
        late = [(frame.index, frame.media_time) for frame in read(path, Pace(start=start))]
        assert late == [(index, time) for index, time in frames if time is not None and time >= start - 1e-6]
        assert late[0][1] == pytest.approx(start, abs=0.4)


def test_a_transport_stream_promises_no_number_of_frames(tmp_path: Path) -> None:
    """It has no header; what OpenCV reckons is twice the truth, and each would be called incomplete."""
    path = write_clip(tmp_path / "north", LEVELS, container="mpegts")
    video = opened(path)
    assert (video.expected, video.live, len(frames_of(video))) == (None, False, 40)


def test_a_late_start_is_jumped_to(long: Path) -> None:
    """Five seconds are decoded before it, not a minute and a half."""
    video = opened(long, Opening(pace=Pace(start=90.0)))
    came = list(video.frames())
    assert sum(frame is not None for frame in came) == pytest.approx(float(10 * NTSC), abs=1)
    assert len(came) < 20 * NTSC
    assert video.expected is None


def test_a_start_after_the_end_of_the_recording_gives_nothing(long: Path, tmp_path: Path) -> None:
    """That is no broken recording."""
    assert read(long, Pace(start=500.0)) == []
    assert read(write_clip(tmp_path / "short.mp4", LEVELS), Pace(start=5.0)) == []


def test_so_many_looks_a_second_of_29_97(long: Path) -> None:
    frames = read(long, Pace(fps=2, end=60.0))
    assert len(frames) == 120
    times = [frame.media_time for frame in frames]
    assert times == pytest.approx([number / 2 + 1 / 60 for number in range(120)], abs=1 / 58)


def test_so_many_looks_a_second_of_uneven_frames(tmp_path: Path) -> None:
    ticks = [0, 1, 2, 27, 28, 29, 30, 31, 99, 100]
    path = write_clip(tmp_path / "uneven.mp4", [99] * 10, ticks=ticks)
    assert [frame.index for frame in read(path, Pace(fps=1))] == [0, 3, 6, 8, 9]


@pytest.mark.parametrize(("rotate", "bright"), [(0, "left"), (90, "top"), (180, "right"), (270, "bottom")])
def test_frames_are_turned_clockwise(tmp_path: Path, rotate: int, bright: str) -> None:
    path = tmp_path / "north.mp4"
    picture = rippled(60, 64, 48)
    picture[:, :32] = 220
    with VideoFile(path, 10) as video:
        for index in range(5):
            video.write(picture, index / 10)
    for frame in read(path, rotate=rotate):
        turned = frame.picture
        assert turned is not None
        assert turned.shape[:2] == ((48, 64) if rotate % 180 == 0 else (64, 48))
        height, width = turned.shape[0] // 2, turned.shape[1] // 2
        sides = {
            "left": turned[:, :width].mean(),
            "right": turned[:, width:].mean(),
            "top": turned[:height].mean(),
            "bottom": turned[height:].mean(),
        }
        assert max(sides, key=sides.__getitem__) == bright


def test_standard_input_is_read_as_it_comes(tmp_path: Path) -> None:
    """In a process of its own, since this one's is taken."""
    clip = write_clip(tmp_path / "north.ts", LEVELS, container="mpegts")
    program = (
        "from stream.sources.source import open_source\n"
        "source = open_source('-')\n"
        "frames = [each for each in source.frames() if each]\n"
        "print(source.live, source.timed, source.files, len(frames), round(frames[-1].media_time - frames[0].media_time, 3))"
    )
    with clip.open("rb") as file:
        done = subprocess.run([sys.executable, "-c", program], stdin=file, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "True", "()", "40", "3.9"], done.stderr


def test_a_program_that_writes_no_video_is_told() -> None:
    program = "from stream.sources.source import open_source; open_source('-')"
    done = subprocess.run([sys.executable, "-c", program], input=b"no video\n" * 999, capture_output=True)
    assert b"cannot read standard input: no video that OpenCV can decode" in done.stderr
