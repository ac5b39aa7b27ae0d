from pathlib import Path

import pytest

from models.errors import SourceError
from stream.source import open_source
from tests.factories import grey, write_clip, write_pictures
from tests.factories import write_picture as put


def names(text: str | Path) -> list[str | None]:
    source = open_source(str(text))
    found = [frame.name for frame in source.frames()]
    source.close()
    return found


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
    (frame,) = open_source(str(tmp_path)).frames()
    assert frame.picture is not None
    assert (frame.picture == grey(99)).all()
