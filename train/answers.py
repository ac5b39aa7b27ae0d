"""What a run's network answered, kept beside it: all that its threshold and its report are made of.

RUN/pictures.csv    every picture: path, hash of the file, label, group, part, brightness, and the probability after each stage
RUN/windows.csv     where frames were given, windows of the test part's cameras: the frame's path, label, group,
                    brightness, how much of its longer side the ship takes, and the probability after the last stage
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.looks import brightness_of
from train.dataset import LABELS, Dataset, Sample
from train.split import Part

PICTURES, WINDOWS = "pictures.csv", "windows.csv"

Row = dict[str, str]
Answers = Mapping[Part, tuple[NDArray[np.int64], NDArray[np.float32]]]
"""Labels and probabilities, both (n,), of the parts `validation` and `test`."""


def write_pictures(
    folder: Path, dataset: Dataset, parts: Sequence[Part], answers: Mapping[str, Mapping[int, float]]
) -> None:
    """One row a picture. `answers` holds, for each stage, the probabilities of the pictures that were asked about."""
    rows = []
    for number, (sample, part) in enumerate(zip(dataset.samples, parts, strict=True)):
        given = [f"{values[number]:.6f}" if number in values else "" for values in answers.values()]
        light = f"{brightness_of(dataset.pictures[number]):.1f}"
        rows.append([sample.path.resolve(), sample.sha256, LABELS[sample.label], sample.group, part, light, *given])
    _write(folder / PICTURES, ["path", "sha256", "label", "group", "part", "brightness", *answers], rows)


def write_windows(
    folder: Path, windows: Sequence[Sample], shown: NDArray[np.uint8], stage: str, answers: NDArray[np.float32]
) -> None:
    """One row a window. `shown` is what each shows, (n, height, width, 3), BGR; `answers`, (n,), probabilities after `stage`."""
    rows = []
    for window, picture, answer in zip(windows, shown, answers, strict=True):
        light = f"{brightness_of(picture):.1f}"
        share = "" if window.ship_share is None else f"{window.ship_share:.4f}"
        rows.append([window.path.resolve(), LABELS[window.label], window.group, light, share, f"{answer:.6f}"])
    _write(folder / WINDOWS, ["path", "label", "group", "brightness", "ship_share", stage], rows)


def read_rows(path: Path) -> list[Row]:
    """What was written, a row a picture or window. Raises OSError, ValueError or csv.Error."""
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        return list(csv.DictReader(file))


def read_tested(folder: Path) -> list[Row]:
    """The pictures of a run's test part. Raises as `read_rows` does, and KeyError."""
    return [row for row in read_rows(folder / PICTURES) if row["part"] == "test"]


def read_answers(folder: Path, stage: str) -> Answers:
    """Raises OSError, ValueError, KeyError or csv.Error."""
    rows = read_rows(folder / PICTURES)
    parts: tuple[Part, ...] = ("validation", "test")
    answers: dict[Part, tuple[NDArray[np.int64], NDArray[np.float32]]] = {}
    for part in parts:
        chosen = [row for row in rows if row["part"] == part]
        answers[part] = labels_of(chosen), probabilities_of(chosen, stage)
        if len(set(answers[part][0].tolist())) < len(LABELS):
            raise ValueError(f"{PICTURES} holds no {part} pictures of both classes")
    return answers


def labels_of(rows: Sequence[Row]) -> NDArray[np.int64]:
    """(n,), 1 for a ship. Raises KeyError or ValueError."""
    if strange := {row["label"] for row in rows} - set(LABELS):
        raise ValueError(f"{PICTURES} has labels that are none: {', '.join(sorted(strange))}")
    return np.array([LABELS.index(row["label"]) for row in rows], np.int64)


def probabilities_of(rows: Sequence[Row], stage: str) -> NDArray[np.float32]:
    """(n,), of a ship, as the network gave them after a stage. Raises KeyError or ValueError."""
    probabilities = np.array([float(row[stage]) for row in rows], np.float32)
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError(f"{PICTURES} has probabilities that are none, in column {stage}")
    return probabilities


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        csv.writer(file).writerows([header, *rows])
