"""Real pictures that a converted model is compared on: found, read, or said to be missing."""

from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from deploy.pictures import UNKNOWN, find_pictures, read
from models.errors import UsageError
from models.picture import fit
from tests.factories import write_corrupt
from tests.pictures import draw, save


def test_pictures_come_at_the_size_asked_for_with_their_labels(tmp_path: Path) -> None:
    drawn = [draw(ship=True, seed=seed, size=(96, 64)) for seed in range(3)]
    paths = [save(picture, tmp_path / f"{number}.png") for number, picture in enumerate(drawn)]
    shown = read(list(zip(paths, (1, 0, UNKNOWN), strict=True)), (48, 32), Console(file=StringIO()), "reading")
    assert shown.paths == tuple(paths)
    assert shown.labels.tolist() == [1, 0, UNKNOWN]
    np.testing.assert_array_equal(shown.pictures, [fit(picture, 48, 32) for picture in drawn])


def test_what_cannot_be_read_is_said_and_left_out_with_its_label(tmp_path: Path) -> None:
    broken = write_corrupt(tmp_path / "broken.png", "text")
    whole = save(draw(ship=False, seed=1, size=(20, 20)), tmp_path / "whole.png")
    said = StringIO()
    shown = read([(broken, 1), (whole, 0)], (48, 32), Console(file=said, width=500), "reading")
    assert (shown.paths, shown.labels.tolist(), len(shown.pictures)) == ((whole,), [0], 1)
    assert f"skipped: cannot read picture {broken}" in said.getvalue()


def test_none_can_be_read(tmp_path: Path) -> None:
    broken = write_corrupt(tmp_path / "broken.png", "empty")
    with pytest.raises(UsageError, match="none of 2 pictures can be read; give others with --data FOLDER"):
        read([(broken, 1), (tmp_path / "missing.png", 0)], (48, 32), Console(file=StringIO()), "reading")


def test_find_pictures(tmp_path: Path) -> None:
    for number in range(9):
        save(draw(ship=True, seed=number, size=(20, 20)), tmp_path / f"cam{number % 2}" / f"{number}.png")
    (tmp_path / "notes.txt").touch()
    found = find_pictures(tmp_path, 1000)
    assert sorted(int(path.stem) for path in found) == list(range(9))
    assert found == find_pictures(tmp_path, 1000) != sorted(found)
    assert find_pictures(tmp_path, 4) == found[:4]


def test_others_stand_in_for_what_cannot_be_read(tmp_path: Path) -> None:
    paths = [save(draw(ship=True, seed=seed, size=(20, 20)), tmp_path / f"{seed}.png") for seed in range(5)]
    write_corrupt(paths[1], "text")
    shown = read([(path, 1) for path in paths], (48, 32), Console(file=StringIO()), "reading", 3)
    assert shown.paths == (paths[0], paths[2], paths[3])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing", "--data .*missing: no folder there; give a folder of pictures"),
        ("empty", "no pictures in .*empty; give a folder of pictures"),
        ("file.png", "--data .*file.png: it is a file; give a folder of pictures"),
    ],
)
def test_no_pictures(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "empty").mkdir()
    save(draw(ship=True, seed=1, size=(20, 20)), tmp_path / "file.png")
    with pytest.raises(UsageError, match=said):
        find_pictures(tmp_path / name, 9)
