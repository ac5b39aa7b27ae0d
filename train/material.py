"""What a network is shown: rows of pictures, each of one part."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from models.networks import SIZE
from models.picture import fit
from train.augment import altered
from train.dataset import Dataset, Sample, load
from train.split import SHARES, Part


@dataclass(frozen=True, slots=True)
class Material:
    """`pictures` is uint8, (n, size, size, 3), BGR; `labels` int64, (n,).

    `rows` says which rows each part has; `samples` which of the dataset's samples the rows of
    validation and test are.
    """

    pictures: NDArray[np.uint8]
    labels: NDArray[np.int64]
    rows: dict[Part, NDArray[np.intp]]
    samples: NDArray[np.intp]


def prepare(
    dataset: Dataset,
    parts: Sequence[Part],
    windows: Sequence[Sample],
    copies: int,
    seed: int,
    store: Path,
    console: Console,
) -> Material:
    """Training pictures and windows, altered or as they are; validation and test always as they are.

    Args:
        dataset: all pictures.
        parts: of each.
        windows: more training samples, without a row in the dataset.
        copies: how many altered copies of each training sample; 0: the picture itself.
        seed: of what is altered.
        store: file to write the pictures into.
        console: for progress.
    """
    if not copies and not windows:
        rows = {part: np.flatnonzero([each == part for each in parts]) for part in SHARES}
        return Material(dataset.pictures, dataset.labels, rows, np.arange(len(parts)))
    samples = [s for s, part in zip(dataset.samples, parts, strict=True) if part == "train"] + list(windows)
    chosen = np.tile(np.arange(len(samples)), max(1, copies))
    judged = np.flatnonzero([part != "train" for part in parts])
    made = altered(samples, chosen, SIZE, seed) if copies else (fit(load(sample), SIZE, SIZE) for sample in samples)
    with store.open("wb") as file:
        for picture in track(made, "preparing pictures", len(chosen), console=console):
            file.write(picture.tobytes())
        for row in judged:
            file.write(dataset.pictures[row].tobytes())
    n = len(chosen) + len(judged)
    pictures = np.memmap(store, np.uint8, "r", shape=(n, SIZE, SIZE, 3))
    labels = np.concatenate([np.array([sample.label for sample in samples])[chosen], dataset.labels[judged]])
    of_part = ["train"] * len(chosen) + [parts[row] for row in judged.tolist()]
    rows = {part: np.flatnonzero([each == part for each in of_part]) for part in SHARES}
    return Material(pictures, labels, rows, np.concatenate([np.full(len(chosen), -1), judged]))
