from pathlib import Path

import cv2
import numpy as np
import pytest

from models.errors import OutputError
from models.picture import Picture
from stream.following.passage import Passage, Passages
from stream.sinks.sheet import CAPTION, GAP, MOST, TILE_HEIGHT, TILE_WIDTH, Sheet
from tests.factories import grey, make_detection


def passage(number: int) -> Passage:
    start = 10.0 * number
    passages = Passages()
    for time, score in [(start, 0.6), (start + 1, 0.9), (start + 5, 0.6)]:
        passages.add(make_detection(time, score))
    assert passages.open is not None
    return passages.open


def sheet_of(levels: list[int], size: tuple[int, int] = (320, 180)) -> Sheet:
    sheet = Sheet()
    for number, level in enumerate(levels):
        sheet.keep(passage(number), grey(level, *size))
    return sheet


def saved(sheet: Sheet, path: Path) -> Picture:
    sheet.save(path)
    return np.asarray(cv2.imread(str(path)), np.uint8)


def centre(picture: Picture, position: int, columns: int = 3) -> list[int]:
    """The pixel in the middle of a cell's picture."""
    row, column = divmod(position, columns)
    y = GAP + row * (TILE_HEIGHT + CAPTION + GAP) + (TILE_HEIGHT - 1) // 2
    x = GAP + column * (TILE_WIDTH + GAP) + (TILE_WIDTH - 1) // 2
    return [int(each) for each in picture[y, x]]


@pytest.mark.parametrize(
    ("passages", "rows", "columns"), [(0, 1, 1), (1, 1, 1), (2, 1, 2), (3, 1, 3), (7, 3, 3), (MOST + 3, MOST // 3, 3)]
)
def test_lays_passages_out_in_rows(tmp_path: Path, passages: int, rows: int, columns: int) -> None:
    picture = saved(sheet_of([99] * passages), tmp_path / "a.png")
    assert picture.shape == (
        rows * (TILE_HEIGHT + CAPTION + GAP) + GAP,
        columns * (TILE_WIDTH + GAP) + GAP,
        3,
    )


def test_shows_the_best_frames_in_order(tmp_path: Path) -> None:
    levels = [30, 60, 90, 120, 150, 180, 210]
    picture = saved(sheet_of(levels), tmp_path / "a.png")
    assert [centre(picture, position) for position in range(7)] == [[level] * 3 for level in levels]


@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (2000, 1), (4000, 3000), (33, 21)])
def test_takes_pictures_of_any_size(tmp_path: Path, size: tuple[int, int]) -> None:
    assert centre(saved(sheet_of([77], size), tmp_path / "a.png"), 0, columns=1) == [77, 77, 77]


def test_every_cell_has_its_own_caption(tmp_path: Path) -> None:
    captions = saved(sheet_of([77, 77]), tmp_path / "a.png")[GAP + TILE_HEIGHT : -GAP]
    left, right = captions[:, GAP:][:, :TILE_WIDTH], captions[:, 2 * GAP + TILE_WIDTH :][:, :TILE_WIDTH]
    assert (left != right).any()
    assert np.ptp(left) > 100


def test_without_passages_it_says_so(tmp_path: Path) -> None:
    assert np.ptp(saved(Sheet(), tmp_path / "a.png")) > 100


@pytest.mark.parametrize(
    ("name", "start"), [("a.jpg", b"\xff\xd8\xff"), ("a.JPEG", b"\xff\xd8\xff"), ("a.png", b"\x89PNG")]
)
def test_the_suffix_says_the_format(tmp_path: Path, name: str, start: bytes) -> None:
    sheet_of([77]).save(tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)


@pytest.mark.parametrize("name", ["a.txt", "a", "missing/a.jpg"])
def test_an_impossible_file_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="cannot write"):
        sheet_of([77]).save(tmp_path / name)
    assert not (tmp_path / name).exists()
