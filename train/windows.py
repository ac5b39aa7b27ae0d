"""Windows cut out of whole camera frames in which every vessel is boxed.

A window that holds a vessel is a ship in its surroundings, at any size; one that no box touches is
what a fixed camera sees all day: water, jetties, cranes, lock walls. Where vessels lie all day, as in a
harbour, a window is shown with them and without, or the network would learn the place instead.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import DataError, PictureError, UsageError
from models.picture import Box, is_picture, read_picture
from train.dataset import Sample
from train.groups import Grouping

PER_FRAME = 12
"""Windows of each class sought in a frame."""
TRIES = 20
"""Places tried for a window that no box touches; a busy harbour may have none."""
EMPTIED = 6
"""Windows of a frame that are shown once more with their vessels painted over: a harbour is no ship."""
MOST_EMPTIED = 0.2
"""Share of a window that may be painted over; more is no picture of anything."""
SHARES = (0.1, 0.9)
"""How much of its window's side a ship takes up: as little as a network of 150 x 150 pixels can see."""
SMALLEST = 64
"""Shortest side of a window in pixels, where the frame has as much: less holds no picture."""
PROPORTIONS = (0.9, 1.9)
"""Width to height, from a square to a wide camera's."""


def find_frames(folders: Sequence[Path], grouping: Grouping) -> dict[Path, str]:
    """Pictures that have a label file of the same name beside them, anywhere in the folders, and the group of each.

    A folder here is to the grouping what a class folder is there: its sub-folders tell cameras apart.

    Raises:
        UsageError: a folder is missing.
        DataError: there are none.
    """
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"no folder of frames at {folder}")
    found = {path: folder for folder in folders for path in sorted(folder.rglob("*")) if is_picture(path)}
    labelled = {path: grouping.of(path, folder) for path, folder in found.items() if path.with_suffix(".txt").is_file()}
    if not labelled:
        places = ", ".join(str(folder) for folder in folders)
        raise DataError(f"{places}: {len(found)} pictures, none with its boxes (YOLO .txt of the same name) beside it")
    return labelled


def cut_windows(frames: Iterable[tuple[Path, str]], seed: int, quarantined: list[tuple[Path, str]]) -> Iterator[Sample]:
    """Chooses windows in each frame (path and group), as many with a vessel as without, where there is room.

    Frames that cannot be read, or whose label file is none, are set aside: added to `quarantined`, with the reason.

    Raises:
        DataError: there are frames, and none can be used.
    """
    usable, refused = 0, len(quarantined)
    for path, group in frames:
        try:
            height, width, _ = read_picture(path).shape
            boxes = read_boxes(path.with_suffix(".txt")) * [width, height, width, height]
        except (PictureError, DataError) as error:
            quarantined.append((path, str(error)))
            continue
        usable += 1
        yield from _windows(path, group, boxes, (width, height), seed)
    if not usable and quarantined[refused:]:
        raise DataError(
            f"none of {len(quarantined) - refused} frames can be used; the first: {quarantined[refused][1]}"
        )


def _windows(path: Path, group: str, boxes: NDArray[np.float64], size: tuple[int, int], seed: int) -> Iterator[Sample]:
    """Windows of one frame of this width and height; boxes in pixels."""
    width, height = size
    random = np.random.default_rng([seed, *path.name.encode(errors="surrogateescape")])
    vessels, emptied = tuple(_whole(x, y, x_end - x, y_end - y, width, height) for x, y, x_end, y_end in boxes), 0
    for box in random.permutation(np.repeat(boxes, PER_FRAME, axis=0))[:PER_FRAME]:
        if (window := _around(box, width, height, random)) is not None:
            yield Sample(path, 1, group, crop=window, ship_share=_longest(box, window))
            if emptied < EMPTIED and _share_of(boxes, window) <= MOST_EMPTIED:
                emptied += 1
                yield Sample(path, 0, group, crop=window, erased=vessels)
    for _ in range(PER_FRAME):
        if (window := _clear_of(boxes, width, height, random)) is not None:
            yield Sample(path, 0, group, crop=window)


def read_boxes(path: Path) -> NDArray[np.float64]:
    """Boxes of a YOLO label file: float64, (n, 4), x_min, y_min, x_max, y_max as shares of the frame, cut off at its edge.

    Raises:
        DataError: the file cannot be read, a line is not `class centre_x centre_y width height`, or its box is not
            in the frame.
    """
    try:
        lines = [line.split() for line in path.read_text("ascii").splitlines() if line.strip()]
        rows = np.array([[float(value) for value in line] for line in lines]).reshape(len(lines), 5)
        if not np.isfinite(rows).all():
            raise ValueError("not a finite number")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error}); each frame needs its boxes beside it") from error
    except ValueError as error:
        raise DataError(f"{path}: not YOLO boxes (class centre_x centre_y width height a line): {error}") from error
    centres, halves = rows[:, 1:3], rows[:, 3:] / 2
    boxes = np.clip(np.hstack([centres - halves, centres + halves]), 0, 1)
    if (outside := np.flatnonzero((boxes[:, 2:] <= boxes[:, :2]).any(axis=1))).size:
        raise DataError(
            f"{path}: no part of the box {' '.join(lines[outside[0]])!r} lies in the frame; give shares of its sides, not pixels"
        )
    return boxes


def _around(box: NDArray[np.float64], width: int, height: int, random: np.random.Generator) -> Box | None:
    """A window that holds the box, which takes up a random share of it; None for a vessel too small to be seen."""
    x_min, y_min, x_max, y_max = box
    share = np.exp(random.uniform(*np.log(SHARES)))
    proportions = random.uniform(*PROPORTIONS)
    side = max(x_max - x_min, (y_max - y_min) * proportions) / share
    side = max(side, SMALLEST * max(1.0, proportions))
    if max(x_max - x_min, (y_max - y_min) * proportions) < SHARES[0] * side:
        return None
    across, down = min(side, width), min(side / proportions, height)
    left = _between(x_max - across, x_min, width - across, random)
    top = _between(y_max - down, y_min, height - down, random)
    return _whole(left, top, across, down, width, height)


def _longest(box: NDArray[np.float64], window: Box) -> float:
    """How much of the window's longer side the vessel in it takes."""
    return float(np.max(box[2:] - box[:2]) / max(np.subtract(window[2:], window[:2])))


def _between(lowest: float, highest: float, last: float, random: np.random.Generator) -> float:
    """Where a window may begin: from `lowest` to `highest`, inside a frame that leaves it 0 to `last`."""
    low = max(0.0, lowest)
    return random.uniform(low, max(low, min(highest, last)))


def _clear_of(boxes: NDArray[np.float64], width: int, height: int, random: np.random.Generator) -> Box | None:
    """A window that no box touches; None where no place is found."""
    least = 1.5 * SMALLEST
    for _ in range(TRIES):
        proportions = random.uniform(*PROPORTIONS)
        across = min(np.exp(random.uniform(*np.log((least, max(least, width))))), width)
        down = min(max(across / proportions, SMALLEST), height)
        left, top = random.uniform(0, width - across), random.uniform(0, height - down)
        window = _whole(left, top, across, down, width, height)
        starts, ends = window[:2], window[2:]
        if ((boxes[:, 2:] <= starts) | (boxes[:, :2] >= ends)).any(axis=1).all():
            return window
    return None


def _share_of(boxes: NDArray[np.float64], window: Box) -> float:
    """How much of the window boxes cover, overlaps counted twice."""
    sides = np.minimum(boxes[:, 2:], window[2:]) - np.maximum(boxes[:, :2], window[:2])
    return float(np.prod(np.maximum(sides, 0), axis=1).sum() / np.prod(np.subtract(window[2:], window[:2])))


def _whole(left: float, top: float, across: float, down: float, width: int, height: int) -> Box:
    return int(left), int(top), min(ceil(left + across), width), min(ceil(top + down), height)
