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
from train.material import Material, prepare
from train.split import SHARES, Part, split

TRAINED, JUDGED = 12, 8
"""Of the pictures that are drawn."""


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
    return prepare(dataset, parts, windows, copies, seed, store, Console(file=StringIO()))


def rows_of(part: Part, parts: Sequence[Part]) -> NDArray[np.intp]:
    """Of the dataset."""
    return np.flatnonzero([each == part for each in parts])


def check(material: Material, dataset: Dataset, parts: Sequence[Part]) -> None:
    """Every row is of one part; validation and test are the dataset's own, in its order, bit by bit."""
    assert list(material.rows) == list(SHARES)
    assert sorted(np.concatenate(list(material.rows.values()))) == list(range(len(material.pictures)))
    assert len(material.labels) == len(material.samples) == len(material.pictures)
    assert material.pictures.dtype == np.uint8
    assert material.pictures.shape[1:] == (SIZE, SIZE, 3)
    assert material.labels.dtype == np.int64
    for part in ("validation", "test"):
        rows, own = material.rows[part], rows_of(part, parts)
        np.testing.assert_array_equal(material.samples[rows], own)
        np.testing.assert_array_equal(material.labels[rows], dataset.labels[own])
        np.testing.assert_array_equal(material.pictures[rows], dataset.pictures[own])


def test_pictures_alone_are_the_datasets_own(dataset: Dataset, parts: list[Part], tmp_path: Path) -> None:
    material = prepared(dataset, parts, [], 0, tmp_path / "material")
    check(material, dataset, parts)
    assert material.pictures is dataset.pictures
    np.testing.assert_array_equal(material.labels, dataset.labels)
    np.testing.assert_array_equal(material.rows["train"], rows_of("train", parts))
    assert not (tmp_path / "material").exists()


def test_windows_join_unaltered_pictures(
    dataset: Dataset, parts: list[Part], windows: list[Sample], tmp_path: Path
) -> None:
    material = prepared(dataset, parts, windows, 0, tmp_path / "material")
    check(material, dataset, parts)
    own, rows = rows_of("train", parts), material.rows["train"]
    assert len(rows) == TRAINED + len(windows)
    np.testing.assert_array_equal(material.pictures[rows[:TRAINED]], dataset.pictures[own])
    np.testing.assert_array_equal(material.labels[rows[:TRAINED]], dataset.labels[own])
    for row, window in zip(rows[TRAINED:], windows, strict=True):
        np.testing.assert_array_equal(material.pictures[row], fit(load(window), SIZE, SIZE))
        assert material.labels[row] == window.label
    assert (material.samples[rows] == -1).all()


@pytest.mark.parametrize("copies", [1, 2, 3])
def test_each_copy_is_another(
    dataset: Dataset, parts: list[Part], windows: list[Sample], tmp_path: Path, copies: int
) -> None:
    material = prepared(dataset, parts, windows, copies, tmp_path / "material")
    check(material, dataset, parts)
    rows = material.rows["train"]
    shown = [dataset.labels[row] for row in rows_of("train", parts)] + [window.label for window in windows]
    np.testing.assert_array_equal(material.labels[rows], shown * copies)
    assert (material.samples[rows] == -1).all()
    assert len({picture.tobytes() for picture in material.pictures[rows]}) >= len(rows) - 2
    plain = {picture.tobytes() for picture in dataset.pictures}
    assert sum(picture.tobytes() not in plain for picture in material.pictures[rows]) >= len(rows) - 3


def test_copies_without_windows(dataset: Dataset, parts: list[Part], tmp_path: Path) -> None:
    material = prepared(dataset, parts, [], 2, tmp_path / "material")
    check(material, dataset, parts)
    assert len(material.rows["train"]) == 2 * TRAINED


def test_labels_follow_their_pictures(dataset: Dataset, parts: list[Part], tmp_path: Path) -> None:
    """Ships made white and everything else black beforehand: no condition turns one into the other."""
    for sample in dataset.samples:
        save_frame(sample.path.with_suffix(".png"), [(0, 0, 50, 50)] if sample.label else [], (50, 50))
    painted = [Sample(sample.path.with_suffix(".png"), sample.label, sample.group) for sample in dataset.samples]
    again = read_samples(painted, SIZE, tmp_path / "painted")
    material = prepared(again, parts, [], 3, tmp_path / "material")
    check(material, again, parts)
    means = material.pictures.mean((1, 2, 3))[material.rows["train"]]
    ships = material.labels[material.rows["train"]] == 1
    assert np.median(means[~ships]) < 60 < 120 < np.median(means[ships])


def test_the_seed_alone_decides(dataset: Dataset, parts: list[Part], windows: list[Sample], tmp_path: Path) -> None:
    for name, seed in (("first", 1), ("again", 1), ("other", 2)):
        prepared(dataset, parts, windows, 2, tmp_path / name, seed)
    first, again, other = ((tmp_path / name).read_bytes() for name in ("first", "again", "other"))
    assert first == again
    assert len(other) == len(first) == (2 * (TRAINED + len(windows)) + JUDGED) * SIZE * SIZE * 3
    judged = JUDGED * SIZE * SIZE * 3
    assert other[-judged:] == first[-judged:]
    assert other[:-judged] != first[:-judged]


@pytest.mark.parametrize("copies", [0, 4])
def test_what_judges_is_never_learnt_from(
    dataset: Dataset, parts: list[Part], windows: list[Sample], tmp_path: Path, copies: int
) -> None:
    """Not even as a background: its files are gone before."""
    for sample, part in zip(dataset.samples, parts, strict=True):
        if part != "train":
            sample.path.unlink()
    check(prepared(dataset, parts, windows, copies, tmp_path / "material"), dataset, parts)
