import os
import resource
from pathlib import Path

import numpy as np
import pytest

from models.errors import OutputError
from models.picture import Picture, read_picture
from stream.configuration.outputs import Retention
from stream.sinks.retention import DAY_S, MARKER, MB
from stream.sinks.snapshots import BLOCK, Snapshots
from tests.factories import BRIGHT, DARK, grey

NOW = 1_000 * DAY_S
PLENTY = 10_000 * MB


def noise(side: int = 64) -> Picture:
    """Its JPEG is 4.3 kB long, with sides of 64."""
    return np.random.default_rng(1).integers(0, 256, (side, side, 3), np.uint8)


def snapshots(folder: Path, retention: Retention, free: int = PLENTY) -> Snapshots:
    return Snapshots(folder, retention, lambda: NOW, lambda _: free)


def aged(path: Path | None, days: float) -> Path:
    assert path is not None
    os.utime(path, (NOW - days * DAY_S,) * 2)
    return path


def names(folder: Path) -> list[str]:
    """All files but markers."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != MARKER]
    return sorted(path.relative_to(folder).as_posix() for path in paths)


def test_a_picture_has_its_place_and_replaces_the_older_one(tmp_path: Path) -> None:
    pictures = snapshots(tmp_path / "deep" / "out", Retention())
    for level in (DARK, BRIGHT):
        path = pictures.save("north", "passage-1", grey(level))
        assert path == tmp_path / "deep" / "out" / "north" / "passage-1.jpg"
        assert abs(float(read_picture(path).mean()) - level) < 3
    pictures.save("south", "1.5", grey(DARK))
    assert names(tmp_path / "deep" / "out") == ["north/passage-1.jpg", "south/1.5.jpg"]
    assert (pictures.shed, pictures.failed, pictures.deleted, pictures.troubled) == (0, 0, 0, None)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "/etc/x", ".draft-1", "a b", "a\0", "-a", "ä", "a\n", "x" * 201]
)
def test_names_that_are_no_file_names_are_told(tmp_path: Path, name: str) -> None:
    pictures = snapshots(tmp_path / "out", Retention())
    for camera, picture in ((name, "a"), ("north", name)):
        with pytest.raises(OutputError, match="cannot write a snapshot under the name"):
            pictures.save(camera, picture, grey(DARK))
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("retention", "expected"),
    [
        pytest.param(Retention(), "01234", id="all"),
        pytest.param(Retention(days=2.5), "234", id="age"),
        pytest.param(Retention(max_mb=0.0099), "34", id="size"),
    ],
)
def test_retention_is_kept_after_each_picture(tmp_path: Path, retention: Retention, expected: str) -> None:
    """Five pictures of 4.3 kB, a day apart, of two cameras in turn."""
    pictures = snapshots(tmp_path, retention)
    for number in range(5):
        aged(pictures.save(("north", "south")[number % 2], str(number), noise()), 4 - number)
        assert sum(path.stat().st_size for path in tmp_path.rglob("*.jpg")) <= (retention.max_mb or 1) * MB
    assert sorted(name[-5] for name in names(tmp_path)) == list(expected)
    assert pictures.deleted == 5 - len(expected)


def test_a_replaced_picture_is_not_counted_twice(tmp_path: Path) -> None:
    pictures = snapshots(tmp_path, Retention(max_mb=0.0099))
    for name in ("a", "b", "b", "b", "a", "a"):
        pictures.save("north", name, noise())
    assert names(tmp_path) == ["north/a.jpg", "north/b.jpg"]
    assert pictures.deleted == 0


def test_old_pictures_go_without_a_new_one_as_well(tmp_path: Path) -> None:
    pictures = snapshots(tmp_path, Retention(days=2.5))
    aged(pictures.save("north", "a", grey(DARK)), 3)
    pictures.save("north", "b", grey(DARK))
    aged(tmp_path / "north" / "b.jpg", 2)
    pictures.tidy()
    assert names(tmp_path) == ["north/b.jpg"]


def test_without_room_pictures_are_left_out_and_counted(tmp_path: Path) -> None:
    free = 200 * MB
    pictures = Snapshots(tmp_path, Retention(free_mb=200), lambda: NOW, lambda _: free)
    for name in ("a", "b"):
        assert pictures.save("north", name, grey(DARK)) is None
    assert (pictures.shed, pictures.failed) == (2, 0)
    assert str(pictures.troubled) == (
        f"cannot write {tmp_path}/north/b.jpg: 200 MB of the disk would stay free; make room, or lower retention.free_mb from 200"
    )
    assert names(tmp_path) == []
    free += BLOCK - 1
    assert pictures.save("north", "c", grey(DARK)) is None, "a file takes up a whole block"
    free += 1
    assert pictures.save("north", "c", grey(DARK)) is not None
    assert (pictures.shed, pictures.troubled) == (3, None)


def test_older_pictures_make_room_for_a_new_one(tmp_path: Path) -> None:
    def free(_: Path) -> int:
        """A disk with room for five blocks beside those that must stay free."""
        taken = sum(-(-path.stat().st_size // BLOCK) * BLOCK for path in tmp_path.rglob("*.jpg"))
        return 1 * MB + 5 * BLOCK - taken

    pictures = Snapshots(tmp_path, Retention(free_mb=1), lambda: NOW, free)
    for number in range(4):
        aged(pictures.save("north", str(number), noise()), 9 - number)
    assert names(tmp_path) == ["north/2.jpg", "north/3.jpg"]
    assert (pictures.shed, pictures.deleted) == (0, 2)


def test_a_picture_larger_than_all_may_be_is_left_out_and_costs_no_other(tmp_path: Path) -> None:
    pictures = snapshots(tmp_path, Retention(max_mb=0.005))
    assert pictures.save("north", "small", grey(DARK)) is not None
    assert pictures.save("north", "large", noise(200)) is None
    assert names(tmp_path) == ["north/small.jpg"]
    assert pictures.shed == 1
    assert "raise retention.max_mb from 0.005" in str(pictures.troubled)


def test_a_picture_that_cannot_be_written_is_counted_and_the_older_one_stays(tmp_path: Path) -> None:
    pictures = snapshots(tmp_path, Retention())
    pictures.save("north", "a", grey(DARK))
    before = (tmp_path / "north" / "a.jpg").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        assert pictures.save("north", "a", noise()) is None
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (pictures.failed, pictures.shed) == (1, 0)
    assert str(pictures.troubled).startswith(f"cannot write {tmp_path}/north/a.jpg: File too large; make room")
    assert (tmp_path / "north" / "a.jpg").read_bytes() == before
    assert names(tmp_path) == ["north/a.jpg"]
    assert pictures.save("north", "a", noise()) is not None
    assert (pictures.failed, pictures.troubled) == (1, None)


def test_what_is_no_picture_is_counted(tmp_path: Path) -> None:
    pictures = snapshots(tmp_path, Retention())
    assert pictures.save("north", "a", np.zeros((0, 0, 3), np.uint8)) is None
    assert pictures.failed == 1
    assert "a.jpg: OpenCV makes no JPEG of (0, 0, 3)" in str(pictures.troubled)


def test_folders_of_others_are_neither_written_to_nor_cleared(tmp_path: Path) -> None:
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "beach.jpg").write_bytes(b"x")
    aged(tmp_path / "holiday" / "beach.jpg", 900)
    pictures = snapshots(tmp_path, Retention(days=1, max_mb=0.001))
    assert pictures.save("holiday", "a", grey(DARK)) is None
    assert pictures.failed == 1
    assert f"it holds files that rivereye did not write, and lacks {MARKER} ({tmp_path}/holiday)" in str(
        pictures.troubled
    )
    assert pictures.save("north", "a", grey(DARK)) is not None
    assert names(tmp_path) == ["holiday/beach.jpg", "north/a.jpg"]


def test_a_folder_that_goes_away_is_made_again(tmp_path: Path) -> None:
    pictures = snapshots(tmp_path / "out", Retention())
    pictures.save("north", "a", grey(DARK))
    (tmp_path / "out").rename(tmp_path / "away")
    pictures.save("north", "b", grey(DARK))
    assert names(tmp_path) == ["away/north/a.jpg", "out/north/b.jpg"]


def test_drafts_that_a_kill_left_are_cleared_away(tmp_path: Path) -> None:
    snapshots(tmp_path, Retention()).save("north", "a", grey(DARK))
    (tmp_path / "north" / ".draft-123").write_bytes(b"half")
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / ".draft-123").touch()
    snapshots(tmp_path, Retention())
    assert names(tmp_path) == ["foreign/.draft-123", "north/a.jpg"]


def test_an_impossible_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write snapshots to .*file: File exists; choose another folder"):
        snapshots(tmp_path / "file", Retention())
