from pathlib import Path

from stream.stills import Stills
from tests.factories import write_corrupt, write_picture


def test_pictures_come_in_the_given_order(tmp_path: Path) -> None:
    paths = [write_picture(tmp_path / f"{name}.png", level) for name, level in (("b", 10), ("a", 20), ("c", 30))]
    source = Stills("north", paths)
    frames = list(source.frames())
    assert [frame.name for frame in frames] == ["b.png", "a.png", "c.png"]
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert [frame.picture.mean() for frame in frames if frame.picture is not None] == [10, 20, 30]
    assert {(frame.media_time, frame.time, frame.reason) for frame in frames} == {(None, None, None)}
    assert (source.camera, source.expected, source.fps, source.live, source.timed) == ("north", 3, None, False, False)


def test_a_picture_that_cannot_be_read_has_its_place(tmp_path: Path) -> None:
    paths = [
        write_picture(tmp_path / "a.png", 10),
        write_corrupt(tmp_path / "b.jpg", "truncated"),
        tmp_path / "gone.png",
        write_picture(tmp_path / "d.png", 20),
    ]
    frames = list(Stills("north", paths).frames())
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
