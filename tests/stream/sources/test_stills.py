from pathlib import Path

import pytest

from stream.sources.pace import Pace
from stream.sources.stills import Stills
from tests.factories import frames_of, write_corrupt, write_picture


def test_pictures_come_in_the_given_order(tmp_path: Path) -> None:
    paths = [write_picture(tmp_path / f"{name}.png", level) for name, level in (("b", 30), ("a", 20), ("c", 40))]
    source = Stills("north", paths)
    frames = frames_of(source)
    assert [frame.name for frame in frames] == ["b.png", "a.png", "c.png"]
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert [frame.picture.mean() for frame in frames if frame.picture is not None] == [30, 20, 40]
    assert {(frame.media_time, frame.time, frame.reason) for frame in frames} == {(None, None, None)}
    assert (source.camera, source.expected, source.fps, source.live, source.timed) == ("north", 3, None, False, False)
    assert source.decoder == "Pillow"


@pytest.mark.parametrize(("stride", "taken"), [(1, [0, 1, 2, 3, 4]), (2, [0, 2, 4]), (3, [0, 3]), (9, [0])])
def test_the_stride_leaves_pictures_out_unread(tmp_path: Path, stride: int, taken: list[int]) -> None:
    """They keep their numbers. The others need not even be there."""
    paths = [tmp_path / f"{number}.png" for number in range(5)]
    for number in taken:
        write_picture(paths[number], 99)
    source = Stills("north", paths, Pace(stride=stride))
    came = list(source.frames())
    frames = [frame for frame in came if frame is not None]
    assert [frame.index for frame in frames] == taken
    assert [frame.name for frame in frames] == [f"{number}.png" for number in taken]
    assert all(frame.picture is not None for frame in frames)
    assert len(came) == 5


def test_time_means_nothing_to_still_pictures(tmp_path: Path) -> None:
    paths = [write_picture(tmp_path / f"{number}.png", 99) for number in range(3)]
    assert len(frames_of(Stills("north", paths, Pace(start=1, end=2, fps=0.1)))) == 3


def test_a_picture_that_cannot_be_read_has_its_place(tmp_path: Path) -> None:
    paths = [
        write_picture(tmp_path / "a.png", 10),
        write_corrupt(tmp_path / "b.jpg", "truncated"),
        tmp_path / "gone.png",
        write_picture(tmp_path / "d.png", 20),
    ]
    frames = frames_of(Stills("north", paths))
    assert [(frame.index, frame.name, frame.reason, frame.picture is None) for frame in frames] == [
        (0, "a.png", None, False),
        (1, "b.jpg", "corrupt", True),
        (2, "gone.png", "corrupt", True),
        (3, "d.png", None, False),
    ]


def test_closing_twice_is_fine() -> None:
    source = Stills("north", [])
    source.close()
    source.close()
