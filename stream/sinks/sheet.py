"""The contact sheet: the best frame of every passage, on one picture."""

from pathlib import Path

import cv2
import numpy as np

from models.errors import OutputError
from models.picture import Picture
from stream.following.passage import Passage
from stream.sinks.annotate import clock, write

TILE_WIDTH, TILE_HEIGHT = 480, 270
CAPTION, TEXT, GAP = 34, 17, 10
COLUMNS = 3
MOST = 60
GROUND = (40, 36, 32)
"""BGR."""


class Sheet:
    """Collects the best frames of passages as they end, and lays them out. Only the first 60 fit."""

    def __init__(self) -> None:
        self._cells: list[Picture] = []

    def keep(self, passage: Passage, best: Picture) -> None:
        """A passage has ended; `best` is its best frame, uint8, (height, width, 3), BGR."""
        if len(self._cells) < MOST:
            self._cells.append(_captioned(_tile(best), passage, len(self._cells) + 1))

    def save(self, path: Path) -> None:
        """Writes a JPEG or PNG, as the suffix says. Without passages, it says so.

        Raises:
            OutputError: the file cannot be written, or the suffix is unknown.
        """
        try:
            written = cv2.imwrite(str(path), _grid(self._cells or [_empty()]))
        except cv2.error as error:
            raise OutputError(f"cannot write {path}: {error.err}; give a name that ends in .jpg or .png") from error
        if not written:
            raise OutputError(f"cannot write {path}; is there room, and is it allowed?")


def _empty() -> Picture:
    cell = np.full((TILE_HEIGHT + CAPTION, TILE_WIDTH, 3), GROUND, np.uint8)
    write(cell, "no passage", (TEXT, 2 * TEXT), TEXT)
    return cell


def _tile(picture: Picture) -> Picture:
    """The whole picture, as large as fits, centred."""
    height, width = picture.shape[:2]
    scale = min(TILE_WIDTH / width, TILE_HEIGHT / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    tile = np.full((TILE_HEIGHT, TILE_WIDTH, 3), GROUND, np.uint8)
    top, left = (TILE_HEIGHT - size[1]) // 2, (TILE_WIDTH - size[0]) // 2
    tile[top : top + size[1], left : left + size[0]] = small
    return tile


def _captioned(tile: Picture, passage: Passage, number: int) -> Picture:
    cell = np.full((TILE_HEIGHT + CAPTION, TILE_WIDTH, 3), GROUND, np.uint8)
    cell[:TILE_HEIGHT] = tile
    text = f"{number}   {clock(passage.start_media)} to {clock(passage.end)}   best {passage.top_score:.2f} at {clock(passage.best_time)}"
    write(cell, text, (TEXT // 2, TILE_HEIGHT + round(1.4 * TEXT)), TEXT)
    return cell


def _grid(cells: list[Picture]) -> Picture:
    columns = min(COLUMNS, len(cells))
    rows = -(-len(cells) // columns)
    height, width = cells[0].shape[0] + GAP, cells[0].shape[1] + GAP
    sheet = np.full((rows * height + GAP, columns * width + GAP, 3), GROUND, np.uint8)
    for position, cell in enumerate(cells):
        top, left = position // columns * height + GAP, position % columns * width + GAP
        sheet[top : top + cell.shape[0], left : left + cell.shape[1]] = cell
    return sheet
