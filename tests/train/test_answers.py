"""Answers on disk say what was answered."""

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest

from train.answers import read_rows, read_tested, write_pictures, write_windows
from train.dataset import Dataset, Sample
from train.run import describe_data, write_json
from train.split import Part

PARTS: list[Part] = ["train", "test", "train"]


def dataset(*names: str) -> Dataset:
    samples = tuple(Sample(Path(name), label=index % 2, group=f"g{index}") for index, name in enumerate(names))
    return Dataset(samples, np.zeros((len(names), 2, 2, 3), np.uint8), ())


def test_pictures_that_were_not_asked_have_no_answer(tmp_path: Path) -> None:
    answers = {"one": {1: 0.25}, "two": {1: 0.0}}
    write_pictures(tmp_path, dataset("a/1.jpg", "b, c/2.jpg", "3.jpg"), PARTS, answers)
    with (tmp_path / "pictures.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["path", "sha256", "label", "group", "part", "brightness", "one", "two"]
    assert rows == [
        [str(Path("a/1.jpg").resolve()), "", "no_ship", "g0", "train", "0.0", "", ""],
        [str(Path("b, c/2.jpg").resolve()), "", "ship", "g1", "test", "0.0", "0.250000", "0.000000"],
        [str(Path("3.jpg").resolve()), "", "no_ship", "g2", "train", "0.0", "", ""],
    ]


@pytest.mark.skipif(os.name == "nt", reason="file names are UTF-16 there")
def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    """As an old archive has them; hours of training must not be lost over one."""
    name = os.fsdecode("причал.jpg".encode("cp1251"))
    write_pictures(tmp_path, dataset(name), ["test"], {})
    write_json(tmp_path / "run.json", describe_data(dataset(name), ["test"], [Path(name)], "name"))
    assert name.encode("utf-8", "surrogateescape") in (tmp_path / "pictures.csv").read_bytes()
    assert json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))["folders"] == [name]


def test_the_test_part(tmp_path: Path) -> None:
    write_pictures(tmp_path, dataset("1.jpg", "2.jpg", "3.jpg"), PARTS, {"one": {1: 0.25}})
    (row,) = read_tested(tmp_path)
    assert (row["group"], row["label"], float(row["one"])) == ("g1", "ship", 0.25)


def test_windows(tmp_path: Path) -> None:
    shown = np.stack([np.full((2, 2, 3), level, np.uint8) for level in (0, 200)])
    windows = [
        Sample(Path("frame.jpg"), 1, "lock", crop=(0, 0, 9, 9), ship_share=0.25),
        Sample(Path("frame.jpg"), 0, "lock", crop=(0, 0, 9, 9)),
    ]
    write_windows(tmp_path, windows, shown, "last", np.array([0.75, 0.5], np.float32))
    first, second = read_rows(tmp_path / "windows.csv")
    assert first == {
        "path": str(Path("frame.jpg").resolve()),
        "label": "ship",
        "group": "lock",
        "brightness": "0.0",
        "ship_share": "0.2500",
        "last": "0.750000",
    }
    assert (second["label"], second["brightness"], second["ship_share"]) == ("no_ship", "200.0", "")
