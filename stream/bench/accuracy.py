"""How often each precision is right, on labelled pictures, and where it decides otherwise than the most exact one."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from models.bundle import EXACT
from models.errors import DataError, PictureError, UsageError
from models.picture import Picture, fit, is_picture, read_picture
from models.say import say
from stream.bench.figure import Figure
from stream.bench.report import Accuracy
from stream.bench.sweep import Opened

SHIP = "ship"
NAMES = ("accuracy_percent", "flips")
"""Of its figures."""
BATCH = 16
Labelled = Sequence[tuple[Path, bool]]
"""Pictures, and whether they show a ship."""
Z = 1.959964
"""Of a 95 % interval."""


def find_labelled(folder: Path) -> list[tuple[Path, bool]]:
    """Pictures in a folder that holds one sub-folder a class, `ship` and others, and whether they show one.

    Raises:
        UsageError: there is no such folder, or one of the two kinds is missing.
    """
    if not folder.is_dir():
        raise UsageError(f"--data {folder}: no such folder; give one that holds a sub-folder {SHIP}, and others")
    found = [
        (path, path.relative_to(folder).parts[0] == SHIP) for path in sorted(folder.glob("*/**/*")) if is_picture(path)
    ]
    ships = sum(ship for _, ship in found)
    if not ships or ships == len(found):
        raise UsageError(
            f"--data {folder}: {ships} pictures in a sub-folder {SHIP}, {len(found) - ships} in others; both are needed"
        )
    return found


def judge(
    labelled: Labelled,
    opened: Opened,
    provider: str,
    precisions: Sequence[str],
    threads: int,
    console: Console,
) -> tuple[list[Accuracy], list[Figure]]:
    """Shows all pictures to each precision, and decides at the card's threshold. Pictures that cannot be read are said and left out.

    Raises DataError: none can be read.
    """
    first = opened.get(provider, precisions[0], threads)
    size, threshold = (first.input.width, first.input.height), first.bundle.card.threshold.value
    pictures, ships = _read(labelled, size, console)
    decided = {
        precision: _answers(opened, provider, precision, threads, pictures, console) >= threshold
        for precision in precisions
    }
    against = next(each for each in EXACT if each in decided)
    rows = [
        Accuracy(
            precision=precision,
            n=len(ships),
            right=int((decisions == ships).sum()),
            accuracy=float((decisions == ships).mean()),
            low=wilson(int((decisions == ships).sum()), len(ships))[0],
            high=wilson(int((decisions == ships).sum()), len(ships))[1],
            against=against,
            flips=None if precision == against else int((decisions != decided[against]).sum()),
        )
        for precision, decisions in decided.items()
    ]
    return rows, [figure for row in rows for figure in _figures(row)]


def wilson(right: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927)."""
    share, spread = right / n, Z * Z / n
    centre = (share + spread / 2) / (1 + spread)
    half = Z * math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


def _figures(row: Accuracy) -> list[Figure]:
    labels = {"precision": row.precision}
    accuracy = row.figure("accuracy_percent", **labels)
    if row.flips is None:
        return [accuracy]
    return [accuracy, Figure.of("flips", [row.flips], "pictures", "lower", labels, n=row.n)]


def _read(labelled: Labelled, size: tuple[int, int], console: Console) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    def one(path: Path) -> Picture | PictureError:
        try:
            return fit(read_picture(path), *size)
        except PictureError as error:
            return error

    pictures, ships = [], []
    with ThreadPoolExecutor() as pool:
        paths = (path for path, _ in labelled)
        read = track(pool.map(one, paths), "reading pictures", total=len(labelled), console=console, transient=True)
        for picture, (_, ship) in zip(read, labelled, strict=True):
            if isinstance(picture, PictureError):
                say(console, f"skipped: {picture}", "yellow")
                continue
            pictures.append(picture)
            ships.append(ship)
    if not pictures:
        raise DataError(f"none of {len(labelled)} pictures can be read; give others with --data FOLDER")
    return np.stack(pictures), np.array(ships, np.bool_)


def _answers(
    opened: Opened, provider: str, precision: str, threads: int, pictures: NDArray[np.uint8], console: Console
) -> NDArray[np.float32]:
    classifier = opened.get(provider, precision, threads)
    starts = track(range(0, len(pictures), BATCH), f"{precision} on all of them", console=console, transient=True)
    return np.concatenate([classifier.probabilities(pictures[start : start + BATCH]) for start in starts])
