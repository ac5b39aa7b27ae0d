"""A disk that is really full: a small file system in memory. Detections wait for room, pictures are shed."""

import json
import os
import time
from collections.abc import Iterator
from errno import ENOSPC
from pathlib import Path

import numpy as np
import pytest

from models.errors import OutputError
from models.picture import Picture, read_picture
from stream.configuration.outputs import Retention
from stream.looking.detection import Detection
from stream.sinks.csvfile import CsvFile
from stream.sinks.jsonl import JsonLines, Sync
from stream.sinks.retention import MB
from stream.sinks.snapshots import Snapshots
from stream.sinks.worker import Worker
from tests.disks import disk_of
from tests.factories import lines_of, make_detection

pytestmark = pytest.mark.timeout(120)
DISK = 1_048_576
BALLAST = "ballast"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """An empty disk of 1 MiB."""
    with disk_of(tmp_path / "disk", DISK) as place:
        yield place


def fill(disk: Path, leave: int = 0) -> None:
    """Takes up all of the disk but so many bytes."""
    with (disk / BALLAST).open("ab", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 65_536)
        except OSError:
            file.truncate(file.tell() - leave)


def ids(*paths: Path) -> list[object]:
    return [each["frame_id"] for path in paths for each in lines_of(path.read_text(encoding="utf-8"))]


def until_troubled(worker: Worker[Detection]) -> None:
    while worker.troubled is None:
        time.sleep(0.01)


def put_all(worker: Worker[Detection], numbers: range) -> list[bool]:
    return [worker.put(make_detection(number / 10, 0.25, number)) for number in numbers]


def noise(seed: int) -> Picture:
    """Its JPEG is about 100 kB long."""
    return np.random.default_rng(seed).integers(0, 256, (256, 320, 3), np.uint8)


@pytest.mark.parametrize("fsync", ["never", "second", "line"])
def test_detections_wait_for_room_and_none_is_lost_or_torn(disk: Path, fsync: Sync) -> None:
    path = disk / "a.jsonl"
    with (
        JsonLines(str(path), fsync=fsync) as lines,
        Worker[Detection](lines.write, "lines", 1000, patience=True) as worker,
    ):
        fill(disk, leave=10_000)
        assert all(put_all(worker, range(300)))
        until_troubled(worker)
        assert (
            str(worker.troubled) == f"cannot write {path}: No space left on device; make room, or choose another place"
        )
        written = ids(path)
        assert 5 < len(written) < 300
        assert written == list(range(len(written))), "whole lines only, while the disk is full"
        assert worker.depth == 300 - len(written)
        time.sleep(1.5)
        assert ids(path) == written
        (disk / BALLAST).unlink()
    assert ids(path) == list(range(300))
    assert (worker.shed, worker.lost, worker.troubled) == (0, 0, None)


def test_a_queue_that_is_full_too_refuses_and_counts(disk: Path) -> None:
    path = disk / "a.jsonl"
    with JsonLines(str(path)) as lines, Worker[Detection](lines.write, "lines", 20, patience=True) as worker:
        fill(disk)
        put_all(worker, range(1))
        until_troubled(worker)
        assert put_all(worker, range(1, 50)) == [True] * 19 + [False] * 30
        (disk / BALLAST).unlink()
    assert ids(path) == list(range(20))
    assert (worker.shed, worker.lost) == (30, 0)


def test_who_ends_while_the_disk_is_full_hears_what_is_lost(disk: Path) -> None:
    path = disk / "a.jsonl"
    with JsonLines(str(path)) as lines:
        worker = Worker[Detection](lines.write, "lines", 1000, patience=True)
        fill(disk, leave=10_000)
        put_all(worker, range(300))
        until_troubled(worker)
        began = time.monotonic()
        worker.close(1.5)
        assert 1 < time.monotonic() - began < 4
    written = ids(path)
    assert 5 < len(written) < 300
    assert written == list(range(len(written)))
    assert worker.lost == 300 - len(written)


def test_rotation_goes_on_over_a_full_disk(disk: Path) -> None:
    path = disk / "a.jsonl"
    with (
        JsonLines(str(path), rotate_bytes=20_000) as lines,
        Worker[Detection](lines.write, "lines", 1000, patience=True) as worker,
    ):
        fill(disk, leave=50_000)
        put_all(worker, range(400))
        until_troubled(worker)
        (disk / BALLAST).unlink()
    files = sorted(disk.glob("*.jsonl"), key=lambda each: int(each.suffixes[0][1:]) if len(each.suffixes) > 1 else 0)
    assert len(files) > 3
    assert ids(*reversed(files)) == list(range(400))
    assert max(each.stat().st_size for each in files) <= 20_000


def test_a_table_holds_whole_lines_only(disk: Path) -> None:
    path = disk / "a.csv"
    fill(disk, leave=4096)
    with CsvFile(path) as table:
        number = 0
        with pytest.raises(OutputError, match="No space left on device") as caught:  # noqa: PT012 - one of them fails
            for number in range(1000):
                table.write(make_detection(number / 10, 0.25, number))
        assert vars(caught.value)["errno"] == ENOSPC
        assert path.read_text(encoding="utf-8").count("\n") == number + 1
        assert path.read_text(encoding="utf-8").endswith("\n")
        (disk / BALLAST).unlink()
        table.write(make_detection(number / 10, 0.25, number))
    found = [line.split(",")[1] for line in path.read_text(encoding="utf-8").splitlines()]
    assert found == ["frame_id", *map(str, range(number + 1))]


def test_pictures_are_shed_while_detections_go_on(disk: Path) -> None:
    """Pictures leave 400 kB free, which detections may use."""
    pictures = Snapshots(disk / "pictures", Retention(free_mb=0.4))
    fill(disk, leave=390_000)
    with JsonLines(str(disk / "a.jsonl")) as lines, Worker[Detection](lines.write, "lines", patience=True) as worker:
        for number in range(5):
            assert pictures.save("north", str(number), noise(number)) is None
            put_all(worker, range(number, number + 1))
    assert (pictures.shed, pictures.failed) == (5, 0)
    assert "make room, or lower retention.free_mb from 0.4" in str(pictures.troubled)
    assert ids(disk / "a.jsonl") == list(range(5))
    (disk / BALLAST).unlink()
    assert pictures.save("north", "5", noise(5)) is not None
    assert (pictures.shed, pictures.troubled) == (5, None)


def test_older_pictures_make_room_for_new_ones_and_for_detections(disk: Path) -> None:
    pictures = Snapshots(disk, Retention(free_mb=0.4))
    for number in range(12):
        path = pictures.save("north", f"{number:02d}", noise(number))
        assert path is not None
        os.utime(path, (number, number))
        assert os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize >= 0.4 * MB
    kept = sorted(path.stem for path in disk.rglob("*.jpg"))
    assert 3 < len(kept) < 9
    assert kept == [f"{number:02d}" for number in range(12 - len(kept), 12)]
    assert (pictures.deleted, pictures.shed) == (12 - len(kept), 0)
    fill(disk, leave=200_000)  # somebody else takes what was left
    pictures.tidy()
    assert len(list(disk.rglob("*.jpg"))) < len(kept)
    assert os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize >= 0.4 * MB


def test_a_picture_for_which_the_room_ends_in_the_middle_leaves_nothing(disk: Path) -> None:
    """Free space can go while a picture is written: here it is told wrongly."""
    pictures = Snapshots(disk, Retention(free_mb=0), free=lambda _: DISK)
    assert pictures.save("north", "a", noise(1)) is not None
    before = (disk / "north" / "a.jpg").read_bytes()
    fill(disk, leave=50_000)
    for name in ("a", "b"):
        assert pictures.save("north", name, noise(2)) is None
    assert (pictures.failed, pictures.shed) == (2, 0)
    assert f"cannot write {disk}/north/b.jpg: No space left on device; make room" in str(pictures.troubled)
    assert [path.name for path in disk.rglob("*.jpg")] == ["a.jpg"]
    assert (disk / "north" / "a.jpg").read_bytes() == before
    assert list(disk.rglob(".draft*")) == []
    read_picture(disk / "north" / "a.jpg")
    (disk / BALLAST).unlink()
    assert pictures.save("north", "b", noise(2)) is not None


def test_a_record_longer_than_the_room_left_is_not_begun(disk: Path) -> None:
    path = disk / "a.jsonl"
    with JsonLines(str(path)) as lines:
        lines.write(make_detection(0.0, 0.25, 0))
        fill(disk)
        long = make_detection(0.1, 0.25, 1).model_copy(update={"picture": "x" * 50_000})
        with pytest.raises(OutputError, match="No space left on device"):
            lines.write(long)
        assert ids(path) == [0]
        (disk / BALLAST).unlink()
        lines.write(long)
    assert [len(json.dumps(each)) > 50_000 for each in lines_of(path.read_text(encoding="utf-8"))] == [False, True]
