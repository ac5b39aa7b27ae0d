"""What training is shown, and that nothing of what judges it is altered or seen."""

from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console

from models.networks import SIZE
from models.picture import fit
from tests.pictures import DRAWN, SEED, draw, draw_dataset, save, save_frame
from train.dataset import Dataset, Sample, find_samples, load, read_samples
from train.groups import Grouping
from train.material import Rows, prepare
from train.split import SHARES, Part, split

TRAINED, JUDGED = 12, 8
"""Of the pictures that are drawn."""

Material = dict[Part, Rows]


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    found = find_samples([draw_dataset(tmp_path / "pictures", DRAWN)], "ship", Grouping())
    return read_samples(found, SIZE, tmp_path / "store")


@pytest.fixture
def parts(dataset: Dataset) -> list[Part]:
    """Training pictures and others in turn, so that no row keeps its place by chance."""
    dealt = split(dataset.samples, SEED)
    assert (dealt.count("train"), len(dealt)) == (TRAINED, TRAINED + JUDGED)
    assert dealt != sorted(dealt, key=list(SHARES).index)
    return dealt


@pytest.fixture
def windows(tmp_path: Path) -> list[Sample]:
    """One with a vessel, two without."""
    frame = save(draw(ship=True, seed=9, size=(320, 240)), tmp_path / "frames" / "1.png")
    return [
        Sample(frame, label, "lock", crop=crop)
        for label, crop in ((1, (80, 60, 200, 160)), (0, (0, 0, 90, 90)), (0, (200, 100, 320, 240)))
    ]


def prepared(
    dataset: Dataset, parts: Sequence[Part], windows: Sequence[Sample], copies: int, store: Path, seed: int = SEED
) -> Material:
    store.mkdir(exist_ok=True)
    return prepare(dataset, parts, windows, copies, seed, store, Console(file=StringIO()))


def rows_of(part: Part, parts: Sequence[Part]) -> NDArray[np.intp]:
    """Of the dataset."""
    return np.flatnonzero([each == part for each in parts])


def check(material: Material, dataset: Dataset, parts: Sequence[Part], store: Path) -> None:
    """Each part is a file of its own; validation and test are the dataset's own, in its order, bit by bit."""
    assert list(material) == list(SHARES)
    assert {path.name for path in store.iterdir()} == set(SHARES)
    for part, rows in material.items():
        assert (rows.pictures.dtype.name, rows.labels.dtype.name) == ("uint8", "int64")
        assert rows.pictures.shape == (len(rows.labels), SIZE, SIZE, 3)
        assert (store / part).read_bytes() == rows.pictures.tobytes()
        if part != "train":
            own = rows_of(part, parts)
            np.testing.assert_array_equal(rows.samples, own)
            np.testing.assert_array_equal(rows.labels, dataset.labels[own])
            np.testing.assert_array_equal(rows.pictures, dataset.pictures[own])


def test_pictures_alone_are_the_datasets_own(dataset: Dataset, parts: list[Part], tmp_path: Path) -> None:
    material = prepared(dataset, parts, [], 0, tmp_path / "material")
    check(material, dataset, parts, tmp_path / "material")
    own, rows = rows_of("train", parts), material["train"]
    np.testing.assert_array_equal(rows.samples, own)
    np.testing.assert_array_equal(rows.labels, dataset.labels[own])
    np.testing.assert_array_equal(rows.pictures, dataset.pictures[own])


def test_windows_join_unaltered_pictures(
    dataset: Dataset, parts: list[Part], windows: list[Sample], tmp_path: Path
) -> None:
    material = prepared(dataset, parts, windows, 0, tmp_path / "material")
    check(material, dataset, parts, tmp_path / "material")
    own, rows = rows_of("train", parts), material["train"]
    assert len(rows.pictures) == TRAINED + len(windows)
    np.testing.assert_array_equal(rows.pictures[:TRAINED], dataset.pictures[own])
    np.testing.assert_array_equal(rows.labels[:TRAINED], dataset.labels[own])
    for picture, label, window in zip(rows.pictures[TRAINED:], rows.labels[TRAINED:], windows, strict=True):
        np.testing.assert_array_equal(picture, fit(load(window), SIZE, SIZE))
        assert label == window.label
    assert len(rows.samples) == 0


@pytest.mark.parametrize("copies", [1, 2, 3])
def test_each_copy_is_another(
    dataset: Dataset, parts: list[Part], windows: list[Sample], tmp_path: Path, copies: int
) -> None:
    material = prepared(dataset, parts, windows, copies, tmp_path / "material")
    check(material, dataset, parts, tmp_path / "material")
    rows = material["train"]
    shown = [dataset.labels[row] for row in rows_of("train", parts)] + [window.label for window in windows]
    np.testing.assert_array_equal(rows.labels, shown * copies)
    assert len(rows.samples) == 0
    assert len({picture.tobytes() for picture in rows.pictures}) >= 0.9 * len(rows.pictures)
    plain = {picture.tobytes() for picture in dataset.pictures}
    assert sum(picture.tobytes() not in plain for picture in rows.pictures) >= 0.6 * len(rows.pictures)


def test_copies_without_windows(dataset: Dataset, parts: list[Part], tmp_path: Path) -> None:
    material = prepared(dataset, parts, [], 2, tmp_path / "material")
    check(material, dataset, parts, tmp_path / "material")
    assert len(material["train"].pictures) == 2 * TRAINED


def test_labels_follow_their_pictures(dataset: Dataset, parts: list[Part], tmp_path: Path) -> None:
    """Ships made white and everything else black beforehand: no condition turns one into the other."""
    for sample in dataset.samples:
        save_frame(sample.path.with_suffix(".png"), [(0, 0, 50, 50)] if sample.label else [], (50, 50))
    painted = [Sample(sample.path.with_suffix(".png"), sample.label, sample.group) for sample in dataset.samples]
    again = read_samples(painted, SIZE, tmp_path / "painted")
    material = prepared(again, parts, [], 3, tmp_path / "material")
    check(material, again, parts, tmp_path / "material")
    means, ships = material["train"].pictures.mean((1, 2, 3)), material["train"].labels == 1
    assert np.median(means[~ships]) < 60 < 120 < np.median(means[ships])


def test_the_seed_alone_decides(dataset: Dataset, parts: list[Part], windows: list[Sample], tmp_path: Path) -> None:
    for name, seed in (("first", 1), ("again", 1), ("other", 2)):
        prepared(dataset, parts, windows, 2, tmp_path / name, seed)
    for part in SHARES:
        first, again, other = ((tmp_path / name / part).read_bytes() for name in ("first", "again", "other"))
        assert first == again
        assert len(first) == len(other)
        assert (first == other) is (part != "train")


@pytest.mark.parametrize("copies", [0, 4])
def test_what_judges_is_never_learnt_from(
    dataset: Dataset, parts: list[Part], windows: list[Sample], tmp_path: Path, copies: int
) -> None:
    """Not even as a background: its files are gone before."""
    for sample, part in zip(dataset.samples, parts, strict=True):
        if part != "train":
            sample.path.unlink()
    material = prepared(dataset, parts, windows, copies, tmp_path / "material")
    check(material, dataset, parts, tmp_path / "material")


def test_a_finished_file_is_taken_again_and_a_half_one_is_not(
    dataset: Dataset, parts: list[Part], windows: list[Sample], tmp_path: Path
) -> None:
    """As a kill leaves them."""
    store = tmp_path / "material"
    whole = prepared(dataset, parts, windows, 1, store)["train"].pictures.tobytes()
    written = {part: (store / part).stat().st_mtime_ns for part in SHARES}
    (store / "train").unlink()
    (store / "train.part").write_bytes(whole[::-1][:-1000])
    again = prepared(dataset, parts, windows, 1, store)
    check(again, dataset, parts, store)
    assert again["train"].pictures.tobytes() == whole
    assert {part: (store / part).stat().st_mtime_ns == written[part] for part in SHARES} == {
        "train": False,
        "validation": True,
        "test": True,
    }
    for sample in dataset.samples:  # without them nothing can be made
        sample.path.unlink()
    assert prepared(dataset, parts, windows, 1, store)["train"].pictures.tobytes() == whole
