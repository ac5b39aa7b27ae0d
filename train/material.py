"""What a network is shown: rows of pictures, of each part their own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from models.networks import SIZE
from models.picture import Picture, fit
from models.progress import track
from train.augment import altered
from train.dataset import Dataset, Sample, load
from train.split import SHARES, Part


@dataclass(frozen=True, slots=True)
class Rows:
    """`pictures` is uint8, (n, size, size, 3), BGR, on disk; `labels` int64, (n,).

    `samples` says which of the dataset's samples they are; empty where they are altered copies and windows.
    """

    pictures: NDArray[np.uint8]
    labels: NDArray[np.int64]
    samples: NDArray[np.intp]


def prepare(
    dataset: Dataset,
    parts: Sequence[Part],
    windows: Sequence[Sample],
    copies: int,
    seed: int,
    store: Path,
    console: Console,
) -> dict[Part, Rows]:
    """Training pictures and windows, altered or as they are; validation and test always as they are.

    Args:
        dataset: all pictures.
        parts: of each.
        windows: more training samples, without a row in the dataset.
        copies: how many altered copies of each training sample; 0: the picture itself.
        seed: of what is altered.
        store: folder for the pictures, one file a part. One that is there was made by the same call, and is taken.
        console: for progress.
    """
    material: dict[Part, Rows] = {}
    for part in SHARES:
        chosen = np.flatnonzero([each == part for each in parts])
        pictures: Iterable[Picture] = (dataset.pictures[row] for row in chosen)
        labels, n = dataset.labels[chosen], len(chosen)
        if part == "train" and (copies or windows):
            samples = [dataset.samples[row] for row in chosen] + list(windows)
            chosen = np.zeros(0, np.intp)
            labels = np.tile(np.array([sample.label for sample in samples], np.int64), max(1, copies))
            n = len(labels)
            made = altered(samples, copies, SIZE, seed) if copies else (fit(load(each), SIZE, SIZE) for each in samples)
            pictures = track(made, "preparing pictures", n, console=console)
        material[part] = Rows(kept(store / part, pictures, n), labels, chosen)
    return material


def alter_validation(
    dataset: Dataset, parts: Sequence[Part], copies: int, seed: int, store: Path, console: Console
) -> NDArray[np.uint8]:
    """Altered copies of validation pictures, so many of each, which resemble a camera that nobody has seen more than the pictures themselves; these
    where it is 0. uint8, (n, size, size, 3), BGR, kept in `store` as those of `prepare` are."""
    chosen = [row for row, part in enumerate(parts) if part == "validation"]
    if not copies:
        return np.asarray(dataset.pictures[chosen])
    n = copies * len(chosen)
    made = altered([dataset.samples[row] for row in chosen], copies, SIZE, seed)
    return kept(store / "validation-altered", track(made, "altering validation pictures", n, console=console), n)


def kept(path: Path, pictures: Iterable[Picture], n: int) -> NDArray[np.uint8]:
    """On disk, which the operating system pages as needed. A file that is there is taken."""
    if not path.is_file():
        part = path.with_name(f"{path.name}.part")
        with part.open("wb") as file:
            for picture in pictures:
                file.write(picture.tobytes())
        part.rename(path)
    return np.memmap(path, np.uint8, "r", shape=(n, SIZE, SIZE, 3))
