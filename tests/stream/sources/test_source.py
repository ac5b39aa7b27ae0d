from pathlib import Path

import pytest

from models.errors import SourceError
from stream.configuration.naming import name_for
from stream.sources.opening import Opening
from stream.sources.pace import Pace
from stream.sources.pattern import Pattern
from stream.sources.source import default_name, is_live, open_source
from tests.factories import frames_of, rippled, write_clip, write_pictures
from tests.factories import write_picture as put


def names(text: str | Path) -> list[str | None]:
    return [frame.name for frame in frames_of(open_source(str(text)))]


def test_a_video_file(tmp_path: Path) -> None:
    source = open_source(str(write_clip(tmp_path / "north.mp4", [99] * 5)))
    assert (source.camera, source.timed, source.live, source.expected) == ("north", True, False, 5)
    source.close()


def test_one_picture(tmp_path: Path) -> None:
    put(tmp_path / "north.PNG", 99)
    assert names(tmp_path / "north.PNG") == ["north.PNG"]
    assert open_source(str(tmp_path / "north.PNG")).camera == "north"


def test_a_folder_gives_its_pictures_by_name(tmp_path: Path) -> None:
    for name in ("b.png", "a.jpg", "c.JPG", "d.bmp"):
        put(tmp_path / name, 99)
    (tmp_path / "notes.txt").write_text("no picture", encoding="utf-8")
    (tmp_path / "folder.png").mkdir()
    assert names(tmp_path) == ["a.jpg", "b.png", "c.JPG", "d.bmp"]
    assert open_source(str(tmp_path)).camera == tmp_path.name


def test_the_folder_one_stands_in_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "a.png", 99)
    monkeypatch.chdir(tmp_path)
    assert open_source(".").camera == tmp_path.name


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.png", ["0.png", "1.png"]),
        ("day*/*.png", ["0.png", "1.png", "0.png"]),
        ("**/*.png", ["0.png", "1.png", "0.png", "1.png", "0.png"]),
        ("day[2]/?.png", ["0.png"]),
    ],
)
def test_a_glob(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, expected: list[str]) -> None:
    write_pictures(tmp_path, [99, 99])
    write_pictures(tmp_path / "day1", [99, 99])
    write_pictures(tmp_path / "day2", [99])
    monkeypatch.chdir(tmp_path)
    assert sorted(str(each) for each in names(pattern)) == sorted(expected)
    assert names(tmp_path / pattern) == names(pattern)


def test_a_name_with_brackets_is_a_file_first(tmp_path: Path) -> None:
    put(tmp_path / "north [1].png", 99)
    assert names(tmp_path / "north [1].png") == ["north [1].png"]


def test_a_file_with_a_number_for_a_name_is_no_camera(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(tmp_path / "7", [99] * 3)
    monkeypatch.chdir(tmp_path)
    assert open_source("7").expected == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("missing.mp4", "no source at missing.mp4: no such file or folder"),
        ("empty", "no pictures in folder empty; it needs files ending in .bmp"),
        ("*.png", r"no pictures in pattern \*.png"),
        ("*.txt", r"no pictures in pattern \*.txt"),
        ("clip.mp4", "cannot open clip.mp4: no video"),
        ("99", "cannot open camera 99"),
        ("http://127.0.0.1:1/a.mp4", "cannot open http://127.0.0.1:1/a.mp4"),
        ("x" * 300, "no source at"),
        ("9" * 300, "no source at"),
        ("a\0.mp4", "no source at"),
    ],
)
def test_says_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "clip.mp4").write_text("no video", encoding="utf-8")
    (tmp_path / "a.txt").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match=said):
        open_source(text)


@pytest.mark.parametrize("text", ["rstp://user:hunter2@cam/1", "srt://user:hunter2@cam:9000?passphrase=hunter2"])
def test_an_address_of_an_unknown_kind_keeps_its_secrets(text: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(text)
    assert "hunter2" not in str(caught.value)


def test_pictures_of_a_source_are_bgr(tmp_path: Path) -> None:
    put(tmp_path / "a.png", 99)
    (frame,) = frames_of(open_source(str(tmp_path)))
    assert frame.picture is not None
    assert (frame.picture == rippled(99)).all()


def test_the_test_pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert isinstance(open_source("test"), Pattern)
    assert is_live("test")


def test_a_folder_called_test_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pictures(tmp_path / "test", [99])
    monkeypatch.chdir(tmp_path)
    assert names("test") == ["0.png"]
    assert not is_live("test")


@pytest.mark.parametrize(
    ("text", "live"),
    [
        ("rtsp://cam/1", True),
        ("http://host/a.mp4", True),
        ("0", True),
        ("/dev/video2", True),
        ("-", False),
        ("north.mp4", False),
        ("*.png", False),
        ("\u0663", False),
    ],
)
def test_says_what_may_come_back_when_it_is_lost(text: str, live: bool) -> None:
    """An address may, even if it turns out to be a recording."""
    assert is_live(text) is live


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("rtsp://user:hunter2@10.0.0.5:554/live/1?token=hunter2", "10.0.0.5-live-1"),
        ("http://127.0.0.1:8080/north", "127.0.0.1-north"),
        ("rtsp://[fe80::1]:554/1", "fe80-1-1"),
        ("udp://:5000", "camera"),
        ("0", "camera-0"),
        ("/dev/video2", "camera-2"),
        ("-", "stdin"),
        ("test", "test"),
        ("clips/north.mp4", "north"),
        ("clips/Hafen S\u00fcd.mp4", "Hafen-S-d"),
        ("day*/*.png", "day"),
        ("north/*.png", "north"),
        ("*.png", "pictures"),
        ("...", "camera"),
        ("x" * 300 + ".mp4", "x" * 56),
    ],
)
def test_a_camera_has_a_name_that_can_be_a_files(text: str, name: str) -> None:
    assert name_for(default_name(text), ()) == name


def test_two_cameras_have_two_names() -> None:
    taken: list[str] = []
    for _ in range(3):
        taken.append(name_for("north", taken))
    assert taken == ["north", "north-2", "north-3"]


def test_the_pace_reaches_every_kind_of_source(tmp_path: Path) -> None:
    opening = Opening(pace=Pace(stride=2))
    clip = write_clip(tmp_path / "a.mp4", [99] * 5)
    folder = write_pictures(tmp_path / "north", [99] * 5)
    for text in (str(clip), str(folder), str(folder / "*.png")):
        assert [frame.index for frame in frames_of(open_source(text, opening))] == [0, 2, 4]
