"""Accuracy beside speed."""

import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from models.bundle import CARD, open_bundle
from models.errors import DataError, UsageError
from stream.bench.accuracy import find_labelled, judge, wilson
from stream.bench.sweep import Opened
from tests.factories import BRIGHT, DARK, write_bundle, write_corrupt, write_picture

QUIET = Console(quiet=True)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three bright ships and a dark one, which the network of brightness misses; two dark banks."""
    folder = tmp_path / "data"
    for name, level in (
        ("ship/a", BRIGHT),
        ("ship/b", BRIGHT),
        ("ship/deep/c", BRIGHT),
        ("ship/d", DARK),
        ("bank/e", DARK),
        ("water/f", DARK),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_picture(folder / f"{name}.png", level)
    return folder


def test_the_sub_folder_says_what_is_shown(data: Path) -> None:
    found = {path.stem: ship for path, ship in find_labelled(data)}
    assert found == {"a": True, "b": True, "c": True, "d": True, "e": False, "f": False}


@pytest.mark.parametrize("gone", ["ship", "bank water", "all"])
def test_both_kinds_are_needed(data: Path, gone: str) -> None:
    for name in ("ship", "bank", "water") if gone == "all" else gone.split():
        shutil.rmtree(data / name)
    with pytest.raises(UsageError, match="both are needed"):
        find_labelled(data)
    with pytest.raises(UsageError, match="no such folder"):
        find_labelled(data / "nowhere")


def test_each_precision_is_judged_and_held_against_the_most_exact(data: Path, tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "bundle")
    card = json.loads((folder / CARD).read_text())
    shutil.copy(folder / "model.onnx", folder / "other.onnx")
    card["precisions"]["int8"] = {**card["precisions"]["fp32"], "file": "other.onnx"}
    (folder / CARD).write_text(json.dumps(card))
    opened = Opened(open_bundle(str(folder)))
    rows, figures = judge(find_labelled(data), opened, "cpu", ["int8", "fp32"], 1, QUIET)
    opened.close()
    int8, fp32 = rows
    assert (fp32.n, fp32.right, fp32.flips) == (6, 5, None)
    assert (int8.n, int8.right, int8.flips, int8.against) == (6, 5, 0, "fp32")
    assert (fp32.low, fp32.high) == wilson(5, 6)
    assert {each.shown for each in figures} == {
        "accuracy_percent{precision=int8}",
        "flips{precision=int8}",
        "accuracy_percent{precision=fp32}",
    }


def test_pictures_that_cannot_be_read_are_left_out(data: Path, tmp_path: Path) -> None:
    write_corrupt(data / "ship" / "broken.png", "text")
    opened = Opened(open_bundle(str(write_bundle(tmp_path / "bundle"))))
    rows, _ = judge(find_labelled(data), opened, "cpu", ["fp32"], 1, QUIET)
    assert rows[0].n == 6
    with pytest.raises(DataError, match="none of 1 pictures can be read"):
        judge([(data / "ship" / "broken.png", True)], opened, "cpu", ["fp32"], 1, QUIET)
    opened.close()


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (965, 1000, 0.9517, 0.9747), (1, 1, 0.2065, 1.0)],
)
def test_intervals_are_wilsons(right: int, n: int, low: float, high: float) -> None:
    """Values of R's `binom.confint(..., methods = "wilson")`."""
    assert wilson(right, n) == pytest.approx((low, high), abs=2e-4)
