"""Real pictures that a converted model is compared on."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from models.errors import PictureError, UsageError
from models.picture import fit, is_picture, read_picture
from models.progress import track
from models.say import say

UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Shown:
    """`pictures`: uint8, (n, height, width, 3), BGR. `labels`: int64, (n,), 1 for a ship, UNKNOWN where a label is not known or may not judge."""

    paths: tuple[Path, ...]
    pictures: NDArray[np.uint8]
    labels: NDArray[np.int64]


def read(
    paths: Sequence[tuple[Path, int]],
    size: tuple[int, int],
    console: Console,
    title: str,
    at_most: int | None = None,
) -> Shown:
    """Reads pictures (path and label) and brings them to `size`, (width, height); those that cannot be read are said and left out.

    With `at_most` it ends when it has as many, so that further ones stand in for those.

    Raises:
        UsageError: none can be read.
    """
    kept: list[tuple[Path, int]] = []
    pictures = []
    for path, label in track(paths, title, console=console, total=min(len(paths), at_most or len(paths))):
        if len(kept) == at_most:
            break
        try:
            pictures.append(fit(read_picture(path), *size))
            kept.append((path, label))
        except PictureError as error:
            say(console, f"skipped: {error}", "yellow")
    if not pictures:
        raise UsageError(f"none of {len(paths)} pictures can be read; give others with --data FOLDER")
    labels = np.array([label for _, label in kept], np.int64)
    return Shown(tuple(path for path, _ in kept), np.stack(pictures), labels)


def check_folder_of_pictures(folder: Path) -> None:
    """Raises UsageError: there is no such folder."""
    if not folder.is_dir():
        raise UsageError(
            f"--data {folder}: {'it is a file' if folder.is_file() else 'no folder there'}; give a folder of pictures such as the camera takes"
        )


def find_pictures(folder: Path, at_most: int) -> list[Path]:
    """Pictures anywhere below `folder`, but for hidden ones, such as those that `label` set aside, in an order drawn by a fixed seed.

    Raises:
        UsageError: there is no such folder, or there are none in it.
    """
    check_folder_of_pictures(folder)
    paths = sorted(path for path in folder.rglob("*") if is_picture(path) and not _hidden(path.relative_to(folder)))
    if not paths:
        raise UsageError(f"no pictures in {folder}; give a folder of pictures such as the camera takes")
    random.Random(0).shuffle(paths)
    return paths[:at_most]


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
