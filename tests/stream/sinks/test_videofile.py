from pathlib import Path

import cv2
import numpy as np
import pytest

from models.errors import OutputError
from models.picture import Picture
from stream.sinks.videofile import VideoFile
from tests.factories import decode, grey


def write(path: Path, pictures: list[Picture], fps: float | None = 10, times: list[float] | None = None) -> None:
    with VideoFile(path, fps) as video:
        for index, picture in enumerate(pictures):
            video.write(picture, times[index] if times else None)


def times_of(path: Path) -> list[float]:
    """Of every frame, in seconds."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    times = []
    while capture.grab():
        times.append(round(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000, 3))
    capture.release()
    return times


@pytest.mark.parametrize("count", [1, 2, 10, 75])
def test_every_frame_can_be_decoded(tmp_path: Path, count: int) -> None:
    levels = [40 + 2 * index for index in range(count)]
    write(tmp_path / "a.mp4", [grey(level, 64, 48) for level in levels])
    frames = decode(tmp_path / "a.mp4")
    np.testing.assert_allclose([frame.mean() for frame in frames], levels, atol=4)


@pytest.mark.parametrize(
    ("size", "written"),
    [((64, 48), (64, 48)), ((65, 49), (64, 48)), ((33, 17), (32, 16)), ((2, 2), (2, 2)), ((17, 300), (16, 300))],
)
def test_odd_sizes_lose_a_line(tmp_path: Path, size: tuple[int, int], written: tuple[int, int]) -> None:
    write(tmp_path / "a.mp4", [grey(99, *size)] * 3)
    assert [frame.shape[1::-1] for frame in decode(tmp_path / "a.mp4")] == [written] * 3


@pytest.mark.parametrize("size", [(1, 1), (1, 30), (30, 1)])
def test_a_picture_of_one_line_can_be_written(tmp_path: Path, size: tuple[int, int]) -> None:
    write(tmp_path / "a.mp4", [grey(99, *size)] * 3)
    assert len(decode(tmp_path / "a.mp4")) == 3


def test_a_change_of_size_is_brought_to_the_first(tmp_path: Path) -> None:
    sizes = [(64, 48), (64, 48), (320, 240), (33, 21), (48, 64)]
    write(tmp_path / "a.mp4", [grey(99, *size) for size in sizes])
    assert [frame.shape for frame in decode(tmp_path / "a.mp4")] == [(48, 64, 3)] * 5


def test_frames_keep_their_times(tmp_path: Path) -> None:
    times = [0.0, 0.1, 0.25, 1.0, 1.04, 7.5]
    write(tmp_path / "a.mp4", [grey(99)] * 6, times=times)
    assert times_of(tmp_path / "a.mp4") == pytest.approx(times, abs=0.002)


@pytest.mark.parametrize(("fps", "step"), [(None, 0.5), (10.0, 0.1), (29.97, 0.0334)])
def test_frames_without_times_follow_each_other_from_the_start(tmp_path: Path, fps: float | None, step: float) -> None:
    write(tmp_path / "a.mp4", [grey(99)] * 4, fps)
    assert times_of(tmp_path / "a.mp4") == pytest.approx([index * step for index in range(4)], abs=0.002)


def test_times_that_do_not_rise_lose_no_frame(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", [grey(99)] * 4, times=[0.0, 0.5, 0.5, 0.2])
    times = times_of(tmp_path / "a.mp4")
    assert len(times) == 4
    assert times[:2] == [0.0, 0.5]
    assert times == sorted(times)


def test_a_kill_loses_little(tmp_path: Path) -> None:
    """What is on disk while the file is still open is what a kill would leave."""
    fps, seconds = 10, 12
    with VideoFile(tmp_path / "a.mp4", fps) as video:
        for index in range(seconds * fps):
            video.write(grey(99, 64, 48), index / fps)
        (tmp_path / "copy.mp4").write_bytes((tmp_path / "a.mp4").read_bytes())
    # The encoder holds back a second or so, a fragment another.
    assert len(decode(tmp_path / "copy.mp4")) >= (seconds - 3) * fps


def test_closing_twice_is_fine_and_writing_then_is_not(tmp_path: Path) -> None:
    video = VideoFile(tmp_path / "a.mp4", 10)
    video.write(grey(99), 0.0)
    video.close()
    video.close()
    with pytest.raises(ValueError, match=r"a\.mp4 is closed"):
        video.write(grey(99), 0.1)
    assert len(decode(tmp_path / "a.mp4")) == 1


def test_an_impossible_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot write .*a\.mp4: No such file"):
        write(tmp_path / "missing" / "a.mp4", [grey(99)])
