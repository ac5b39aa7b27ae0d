"""The pictures of a training set: found in folders, labelled by sub-folder, read once."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.errors import DataError, PictureError, UsageError
from models.picture import Box, Picture, cut, fit, is_picture, read_picture
from train.groups import Grouping

LABELS = ("no_ship", "ship")
SMALLEST_SIDE = 32
"""Shorter side in pixels that a picture must have: enlarged to the network's 150, less is a blur of nothing."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture, or a part of one. `label` indexes LABELS; `group` names the source it shares with others.

    `crop` is the part, and `erased` are places of the whole picture that are painted over from their surroundings.
    `ship_share` is how much of the longer side of what is shown the ship takes, None where nobody knows.
    """

    path: Path
    label: int
    group: str
    sha256: str = ""
    crop: Box | None = None
    erased: tuple[Box, ...] = ()
    ship_share: float | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """Usable pictures, and those that were set aside, each with its reason.

    `pictures` is uint8, (n, size, size, 3), BGR, in the order of `samples`.
    """

    samples: tuple[Sample, ...]
    pictures: NDArray[np.uint8]
    quarantined: tuple[tuple[Path, str], ...]

    @property
    def labels(self) -> NDArray[np.int64]:
        """int64, (n,): 1 where the picture shows a ship."""
        return np.array([sample.label for sample in self.samples], np.int64)

    @property
    def sha256(self) -> str:
        """See `sha256_of`."""
        return sha256_of((sample.label, sample.sha256) for sample in self.samples)


def sha256_of(pictures: Iterable[tuple[int, str | None]]) -> str:
    """Of all labels and file contents (label and SHA-256 of each picture), whatever the files are called or wherever they lie."""
    lines = sorted(f"{label} {sha256}" for label, sha256 in pictures)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def find_samples(folders: Sequence[Path], positive: str, grouping: Grouping) -> list[Sample]:
    """Lists the pictures of one or more folders that hold one sub-folder a class.

    Args:
        folders: each with a sub-folder `positive`, or others, or both.
        positive: the sub-folder whose pictures show a ship. Every other sub-folder shows none.
        grouping: says which pictures come from one source.

    Raises:
        UsageError: a folder is missing, or holds no class.
        DataError: all folders together lack pictures of a ship, or of anything else.
    """
    samples = list_samples(folders, positive, grouping)
    counts = [sum(sample.label == label for sample in samples) for label in (0, 1)]
    if not all(counts):
        places = ", ".join(str(folder) for folder in folders)
        raise DataError(
            f"{places}: {counts[1]} pictures in sub-folders named {positive!r} and {counts[0]} in others; "
            f"both are needed. If ships lie in a sub-folder of another name, give --positive NAME"
        )
    return samples


def list_samples(folders: Sequence[Path], positive: str, grouping: Grouping) -> list[Sample]:
    """As `find_samples`, whatever is there: pictures of one class alone, or none.

    Raises:
        UsageError: a folder is missing, or holds no class.
    """
    samples: list[Sample] = []
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"no folder at {folder}; give folders that hold one sub-folder a class")
        classes = sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))
        if not classes:
            raise UsageError(
                f"folder {folder} has no classes: it needs one sub-folder a class, for example {folder / positive} and {folder / 'no_ship'}"
            )
        for each in classes:
            label = int(each.name == positive)
            files = sorted(path for path in each.rglob("*") if is_picture(path))
            samples += [Sample(path, label, grouping.of(path, each)) for path in files]
    return samples


def load(sample: Sample) -> Picture:
    """Its pixels, at their own size: uint8, (height, width, 3), BGR. Raises PictureError."""
    picture = read_picture(sample.path)
    part = sample.crop or (0, 0, picture.shape[1], picture.shape[0])
    if not sample.erased:
        return cut(picture, part)
    hidden = np.zeros(picture.shape, np.uint8)
    for each in sample.erased:
        cut(hidden, each)[:] = 255
    return np.asarray(cv2.inpaint(cut(picture, part), cut(hidden, part)[:, :, 0], 3, cv2.INPAINT_TELEA), np.uint8)


def read_samples(samples: Iterable[Sample], size: int, store: Path) -> Dataset:
    """Reads every picture into one array on disk, which the operating system pages as needed.

    Pictures that cannot be read, or have a side of less than SMALLEST_SIDE pixels, are set aside, with the reason.

    Raises:
        DataError: no picture can be used.
    """
    usable: list[Sample] = []
    quarantined: list[tuple[Path, str]] = []
    with store.open("wb") as file:
        for sample in samples:
            try:
                picture = fit(large_enough(load(sample), sample.path), size, size)
            except PictureError as error:
                quarantined.append((sample.path, str(error)))
                continue
            digest = hashlib.sha256(sample.path.read_bytes()).hexdigest()
            usable.append(replace(sample, sha256=digest))
            file.write(picture.tobytes())
    if not usable:
        raise DataError(
            f"none of {len(quarantined)} pictures can be used; the first: {quarantined[0][1]}"
            if quarantined
            else "no pictures"
        )
    pictures = np.memmap(store, np.uint8, "r", shape=(len(usable), size, size, 3))
    return Dataset(tuple(usable), pictures, tuple(quarantined))


def large_enough(picture: Picture, path: Path) -> Picture:
    """The same picture. Raises PictureError: it has a side of less than SMALLEST_SIDE pixels."""
    height, width, _ = picture.shape
    if min(height, width) < SMALLEST_SIDE:
        raise PictureError(
            f"picture {path} is too small: {width} x {height} pixels; give pictures with sides of {SMALLEST_SIDE} or more"
        )
    return picture
