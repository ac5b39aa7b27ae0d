"""Pictures that two training pictures are mixed into."""

from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from train.material import Rows
from train.mixing import UNTOLD, with_mixed

QUIET = Console(quiet=True)
SIDE = 150


@pytest.fixture
def rows() -> Rows:
    """Three pictures of one level each."""
    pictures = np.stack([np.full((SIDE, SIDE, 3), level, np.uint8) for level in (0, 100, 200)])
    return Rows(pictures, np.array([0, 1, 1]), np.zeros(0, np.intp))


def test_the_pictures_themselves_come_first_and_mixed_ones_have_no_label(rows: Rows, tmp_path: Path) -> None:
    learnt = with_mixed(rows, 2, 1, tmp_path, QUIET)
    assert learnt.labels.tolist() == [0, 1, 1] + 6 * [UNTOLD]
    assert np.array_equal(learnt.pictures[:3], rows.pictures)
    levels = [int(each.mean()) for each in learnt.pictures[3:]]
    assert all(each.min() == each.max() for each in learnt.pictures[3:])
    assert all(0 <= level <= 200 for level in levels)
    assert len(set(levels)) > 3, "any share of the two"


def test_the_same_seed_mixes_the_same_and_another_one_others(rows: Rows, tmp_path: Path) -> None:
    found = []
    for number, seed in enumerate((1, 1, 2)):
        (tmp_path / str(number)).mkdir()
        found.append(np.asarray(with_mixed(rows, 1, seed, tmp_path / str(number), QUIET).pictures))
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


def test_without_any_nothing_is_copied(rows: Rows, tmp_path: Path) -> None:
    assert with_mixed(rows, 0, 1, tmp_path, QUIET) is rows
    assert list(tmp_path.iterdir()) == []
