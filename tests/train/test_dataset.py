"""Pictures found, labelled, read and hashed."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.errors import DataError, PictureError, UsageError
from models.picture import SUFFIXES, Box, fit, read_picture
from tests.factories import write_corrupt
from tests.pictures import draw, save
from train.dataset import SMALLEST_SIDE, Dataset, Sample, find_samples, load, read_samples
from train.groups import Grouping

SIDE = 24
ALONE = Grouping("picture")


def put(*paths: Path) -> None:
    """A different picture at each path; a path of the same place in the order gets the same one."""
    for seed, path in enumerate(paths):
        save(draw(ship=seed % 2 == 0, seed=seed, size=(60, 50)), path)


def labels(folders: list[Path], positive: str = "ship") -> dict[str, int]:
    """Label by path, relative to what holds the first folder."""
    root = folders[0].parent
    return {sample.path.relative_to(root).as_posix(): sample.label for sample in find_samples(folders, positive, ALONE)}


def read(folder: Path) -> Dataset:
    return read_samples(find_samples([folder], "ship", ALONE), SIDE, folder / "pictures")


def test_all_folders_and_what_lies_deep_in_them(tmp_path: Path) -> None:
    put(
        tmp_path / "a" / "ship" / "1.jpg",
        tmp_path / "a" / "ship" / "cam1" / "day 2" / "1.PNG",
        tmp_path / "a" / "buoy" / "1.jpg",
        tmp_path / "b" / "empty river" / "1.jpg",
        tmp_path / "a" / ".cache" / "1.jpg",
        tmp_path / "a" / "on top.jpg",
    )
    (tmp_path / "a" / "ship" / "notes.txt").write_text("by the lock")
    (tmp_path / "a" / "ship" / "folder.jpg").mkdir()
    assert labels([tmp_path / "a", tmp_path / "b"]) == {
        "a/ship/1.jpg": 1,
        "a/ship/cam1/day 2/1.PNG": 1,
        "a/buoy/1.jpg": 0,
        "b/empty river/1.jpg": 0,
    }


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format(tmp_path: Path, suffix: str) -> None:
    put(tmp_path / "ship" / f"1{suffix}", tmp_path / "no_ship" / f"1{suffix.upper()}")
    assert len(read(tmp_path).samples) == 2


@pytest.mark.parametrize(
    ("positive", "expected"),
    [("vessel", {"d/vessel/1.jpg": 1, "d/ship/1.jpg": 0}), ("ship", {"d/vessel/1.jpg": 0, "d/ship/1.jpg": 1})],
)
def test_the_name_of_the_class_with_ships(tmp_path: Path, positive: str, expected: dict[str, int]) -> None:
    put(tmp_path / "d" / "vessel" / "1.jpg", tmp_path / "d" / "ship" / "1.jpg")
    assert labels([tmp_path / "d"], positive) == expected


def test_groups_come_from_the_grouping(tmp_path: Path) -> None:
    put(tmp_path / "ship" / "lock_1.jpg", tmp_path / "no_ship" / "lock_2.jpg", tmp_path / "no_ship" / "cam" / "1.jpg")
    assert {sample.group for sample in find_samples([tmp_path], "ship", Grouping())} == {"lock", "cam"}


def test_folders_without_classes(tmp_path: Path) -> None:
    put(tmp_path / "flat" / "1.jpg", tmp_path / "good" / "ship" / "1.jpg", tmp_path / "good" / "other" / "1.jpg")
    (tmp_path / "flat" / ".hidden").mkdir()
    with pytest.raises(
        UsageError, match="flat has no classes: it needs one sub-folder a class.*flat/ship and .*flat/no_ship"
    ):
        find_samples([tmp_path / "good", tmp_path / "flat"], "ship", ALONE)


@pytest.mark.parametrize("name", ["missing", "file.jpg"])
def test_folders_that_are_none(tmp_path: Path, name: str) -> None:
    put(tmp_path / "file.jpg")
    with pytest.raises(UsageError, match=f"no folder at .*{name}; give folders"):
        find_samples([tmp_path / name], "ship", ALONE)


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (("ship",), "1 pictures in sub-folders named 'ship' and 0 in others"),
        (("boat", "river"), "0 pictures in sub-folders named 'ship' and 2 in others"),
        (("Ship", "river"), "0 pictures in sub-folders named 'ship' and 2 in others"),
    ],
)
def test_a_class_is_missing(tmp_path: Path, classes: tuple[str, ...], said: str) -> None:
    put(*(tmp_path / name / "1.jpg" for name in classes))
    (tmp_path / "nothing").mkdir()
    with pytest.raises(DataError, match=f"{said}; both are needed.*--positive NAME"):
        find_samples([tmp_path], "ship", ALONE)


def test_reading_keeps_the_order(tmp_path: Path) -> None:
    put(*(tmp_path / name / f"{number}.png" for number in range(3) for name in ("ship", "no_ship")))
    found = find_samples([tmp_path], "ship", ALONE)
    dataset = read_samples(iter(found), SIDE, tmp_path / "pictures")
    assert [sample.path for sample in dataset.samples] == [sample.path for sample in found]
    assert dataset.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert dataset.pictures.dtype == np.uint8
    assert dataset.pictures.shape == (6, SIDE, SIDE, 3)
    for sample, picture in zip(dataset.samples, dataset.pictures, strict=True):
        np.testing.assert_array_equal(picture, fit(read_picture(sample.path), SIDE, SIDE))


@pytest.mark.parametrize(
    ("crop", "rows", "columns"),
    [
        (None, slice(0, 50), slice(0, 60)),
        ((0, 0, 60, 50), slice(0, 50), slice(0, 60)),
        ((5, 10, 60, 42), slice(10, 42), slice(5, 60)),
        ((28, 0, 60, 50), slice(0, 50), slice(28, 60)),
    ],
    ids=["whole", "all", "rows", "columns"],
)
def test_a_sample_may_be_a_part(tmp_path: Path, crop: Box | None, rows: slice, columns: slice) -> None:
    """At its own size; and as such it is read into a dataset, and stays in it."""
    put(tmp_path / "1.png")
    sample = Sample(tmp_path / "1.png", 1, "lock", crop=crop)
    expected = read_picture(sample.path)[rows, columns]
    np.testing.assert_array_equal(load(sample), expected)
    dataset = read_samples([sample], SIDE, tmp_path / "pictures")
    np.testing.assert_array_equal(dataset.pictures[0], fit(expected, SIDE, SIDE))
    assert (dataset.samples[0].crop, dataset.samples[0].group) == (crop, "lock")


@pytest.mark.parametrize("crop", [None, (0, 0, 9, 9)])
def test_what_cannot_be_loaded(tmp_path: Path, crop: Box | None) -> None:
    path = write_corrupt(tmp_path / "1.jpg", "truncated")
    with pytest.raises(PictureError, match=f"cannot read picture {path}"):
        load(Sample(path, 1, "lock", crop=crop))


@pytest.mark.parametrize("kind", ["truncated", "text", "empty", "header"])
def test_corrupt_pictures_are_set_aside(tmp_path: Path, kind: str) -> None:
    put(tmp_path / "ship" / "1.jpg", tmp_path / "no_ship" / "1.jpg")
    broken = write_corrupt(tmp_path / "ship" / "0.jpg", kind)
    dataset = read(tmp_path)
    ((path, reason),) = dataset.quarantined
    assert path == broken
    assert reason.startswith(f"cannot read picture {broken}: ")
    assert [sample.path.name for sample in dataset.samples] == ["1.jpg", "1.jpg"]
    assert len(dataset.pictures) == 2


@pytest.mark.parametrize(
    ("size", "usable"),
    [((32, 32), True), ((32, 200), True), ((31, 200), False), ((200, 31), False), ((1, 1), False)],
)
def test_pictures_too_small_to_show_anything_are_set_aside(tmp_path: Path, size: tuple[int, int], usable: bool) -> None:
    put(tmp_path / "no_ship" / "1.png")
    path = save(np.zeros((size[1], size[0], 3), np.uint8), tmp_path / "ship" / "0.png")
    dataset = read(tmp_path)
    assert SMALLEST_SIDE == 32
    assert len(dataset.samples) == len(dataset.pictures) == 1 + usable
    reason = f"picture {path} is too small: {size[0]} x {size[1]} pixels; give pictures with sides of 32 or more"
    assert dataset.quarantined == (() if usable else ((path, reason),))


def test_a_part_may_be_too_small_too(tmp_path: Path) -> None:
    put(tmp_path / "1.png")
    samples = [Sample(tmp_path / "1.png", 1, "lock", crop=crop) for crop in (None, (5, 10, 55, 11))]
    assert load(samples[1]).shape == (1, 50, 3)
    ((_, reason),) = read_samples(samples, SIDE, tmp_path / "pictures").quarantined
    assert "50 x 1 pixels" in reason


def test_nothing_can_be_read(tmp_path: Path) -> None:
    for name in ("ship", "no_ship"):
        (tmp_path / name).mkdir()
        write_corrupt(tmp_path / name / "1.jpg", "text")
    with pytest.raises(
        DataError, match="none of 2 pictures can be used; the first: cannot read picture .*no_ship/1.jpg"
    ):
        read(tmp_path)


def test_the_hash_knows_no_names(tmp_path: Path) -> None:
    """Nor places, nor the order that follows from them."""
    put(tmp_path / "a" / "ship" / "1.png", tmp_path / "a" / "sea" / "1.png", tmp_path / "a" / "sea" / "2.png")
    put(tmp_path / "b" / "ship" / "cam" / "9.png", tmp_path / "b" / "z" / "7.png", tmp_path / "b" / "c" / "8.png")
    assert [sample.sha256 for sample in read(tmp_path / "a").samples] != [
        sample.sha256 for sample in read(tmp_path / "b").samples
    ]
    assert read(tmp_path / "a").sha256 == read(tmp_path / "b").sha256


@pytest.mark.parametrize("change", ["content", "label", "another", "twice"])
def test_the_hash_knows_content_and_label(tmp_path: Path, change: str) -> None:
    first, second = tmp_path / "sea" / "1.png", tmp_path / "sea" / "2.png"
    put(tmp_path / "ship" / "1.png", first, second)
    before = read(tmp_path).sha256
    if change == "content":
        pixels = read_picture(first).copy()
        pixels[0, 0, 0] ^= 1
        save(pixels, first)
    elif change == "label":
        first.rename(tmp_path / "ship" / "2.png")
    elif change == "another":
        second.unlink()
    else:
        (tmp_path / "sea" / "3.png").write_bytes(first.read_bytes())
    assert read(tmp_path).sha256 != before


def test_pictures_lie_upright(tmp_path: Path) -> None:
    """Training sees the picture as people do, not as the sensor lay."""
    put(tmp_path / "no_ship" / "1.png")
    upright = draw(ship=True, seed=1, size=(60, 60))
    exif = Image.Exif()
    exif[0x0112] = 3  # lies upside down
    (tmp_path / "ship").mkdir()
    Image.fromarray(np.ascontiguousarray(upright[::-1, ::-1, ::-1])).save(tmp_path / "ship" / "1.png", exif=exif)
    dataset = read(tmp_path)
    np.testing.assert_array_equal(dataset.pictures[1], fit(upright, SIDE, SIDE))
