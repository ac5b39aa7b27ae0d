"""Frames in which every vessel is boxed, and what is right or wrong in what was decided of their views."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import DataError
from models.picture import Box, is_picture, read_picture
from stream.looking.merge import merge
from train.windows import read_boxes

WIDE = 80
"""Width in pixels from which on a vessel should be seen."""
SHOWN = 0.1
"""Share of a view's width that a vessel takes up at least, to be expected of a network of 150 x 150 pixels: 15 of them."""
COVERED = 0.5
"""Share of a vessel's area inside a box or view, from which on it is in it."""

Vessels = NDArray[np.float64]
"""x_min, y_min, x_max, y_max in pixels: (n, 4)."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One frame, and what is in it."""

    camera: str
    path: Path
    size: tuple[int, int]
    vessels: Vessels

    @property
    def wide(self) -> Vessels:
        return self.vessels[self.vessels[:, 2] - self.vessels[:, 0] >= WIDE]


@dataclass(slots=True)
class Tally:
    """Right or wrong, of how many: `of` and `hits`."""

    hits: int = 0
    of: int = 0

    def add(self, hit: bool) -> None:
        self.hits, self.of = self.hits + hit, self.of + 1

    def __str__(self) -> str:
        return f"{self.hits / self.of:.1%} ({self.hits}/{self.of})" if self.of else "-"


@dataclass(slots=True)
class Figures:
    """`frames`: with a vessel at least WIDE; `empty_frames`: without any. `views`, `empty_views`: likewise, of the parts, see SHOWN.

    `covered`: vessels at least WIDE in a positive view's box, `merged`: in a merged box; `area`: of each frame in which a ship was
    seen, the share that the merged boxes take up, added up over `positive` frames.
    """

    frames: Tally = field(default_factory=Tally)
    empty_frames: Tally = field(default_factory=Tally)
    views: Tally = field(default_factory=Tally)
    empty_views: Tally = field(default_factory=Tally)
    covered: Tally = field(default_factory=Tally)
    merged: Tally = field(default_factory=Tally)
    positive: int = 0
    area: float = 0.0

    def add(self, scene: Scene, boxes: Sequence[Box], positive: Sequence[bool]) -> None:
        """Takes what was decided of the views of a frame."""
        width, height = scene.size
        hits = [box for box, hit in zip(boxes, positive, strict=True) if hit]
        merged = merge(hits)
        if len(scene.wide):
            self.frames.add(bool(hits))
        if not len(scene.vessels):
            self.empty_frames.add(bool(hits))
        for vessel in scene.wide[:, None]:
            self.covered.add(any(_inside(vessel, box)[0] >= COVERED for box in hits))
            self.merged.add(any(_inside(vessel, box)[0] >= COVERED for box in merged))
        if merged:
            self.positive += 1
            self.area += sum((right - left) * (bottom - top) for left, top, right, bottom in merged) / (width * height)
        parts = list(zip(boxes, positive, strict=True))
        for box, hit in parts[1:] or parts:
            if not (_inside(scene.vessels, box) > 0).any():
                self.empty_views.add(hit)
            elif (_inside(scene.wide, box) >= COVERED).any() and _widest(scene.wide, box) >= SHOWN:
                self.views.add(hit)


def _inside(vessels: Vessels, box: Box) -> NDArray[np.float64]:
    """Of each vessel the share of its area that lies in the box."""
    sides = np.minimum(vessels[:, 2:], box[2:]) - np.maximum(vessels[:, :2], box[:2])
    return np.asarray(sides.clip(0).prod(axis=1) / (vessels[:, 2:] - vessels[:, :2]).prod(axis=1), np.float64)


def _widest(vessels: Vessels, box: Box) -> float:
    """The largest share of the box's width that one of those vessels takes up which lie in it."""
    within = vessels[_inside(vessels, box) >= COVERED]
    seen = np.minimum(within[:, 2], box[2]) - np.maximum(within[:, 0], box[0])
    return float(seen.max(initial=0) / (box[2] - box[0]))


def scenes_of(folder: Path) -> dict[str, list[Scene]]:
    """The frames of each camera, a folder each, in order of time, as their names have it. Raises DataError where there are none."""
    scenes: dict[str, list[Scene]] = {}
    for path in sorted(folder.glob("*/*")):
        if is_picture(path):
            height, width = read_picture(path).shape[:2]
            vessels = read_boxes(path.with_suffix(".txt")) * [width, height, width, height]
            scenes.setdefault(path.parent.name, []).append(Scene(path.parent.name, path, (width, height), vessels))
    if not scenes:
        raise DataError(
            f"{folder}: no frames; give a folder that holds one a camera, of pictures with their boxes beside them"
        )
    return scenes
