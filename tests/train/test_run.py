"""What a run's files say."""

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest

from train.dataset import Dataset, Sample
from train.metrics import measure
from train.run import describe_data, describe_stage, versions, write_json, write_pictures
from train.split import Part
from train.stages import PAPER

PARTS: list[Part] = ["train", "test", "train"]


def dataset(*names: str) -> Dataset:
    samples = tuple(
        Sample(Path(name), label=index % 2, group=f"g{index}", sha256="0" * 64) for index, name in enumerate(names)
    )
    unreadable = ((Path("d/bad.jpg"), "cannot read picture d/bad.jpg: cut short"),)
    return Dataset(samples, np.zeros((len(names), 2, 2, 3), np.uint8), unreadable)


def test_pictures_that_were_not_asked_have_no_answer(tmp_path: Path) -> None:
    answers = {"one": np.array([np.nan, 0.25, np.nan], np.float32), "two": np.array([np.nan, 0.0, np.nan], np.float32)}
    write_pictures(tmp_path / "pictures.csv", dataset("a/1.jpg", "b, c/2.jpg", "3.jpg"), PARTS, answers)
    with (tmp_path / "pictures.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["path", "label", "group", "part", "one", "two"]
    assert rows == [
        [str(Path("a/1.jpg").resolve()), "no_ship", "g0", "train", "", ""],
        [str(Path("b, c/2.jpg").resolve()), "ship", "g1", "test", "0.250000", "0.000000"],
        [str(Path("3.jpg").resolve()), "no_ship", "g2", "train", "", ""],
    ]


@pytest.mark.skipif(os.name == "nt", reason="file names are UTF-16 there")
def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    """As an old archive has them; hours of training must not be lost over one."""
    name = os.fsdecode("причал.jpg".encode("cp1251"))
    write_pictures(tmp_path / "pictures.csv", dataset(name), ["test"], {})
    write_json(tmp_path / "run.json", describe_data(dataset(name), ["test"], [Path(name)], "name"))
    assert name.encode("utf-8", "surrogateescape") in (tmp_path / "pictures.csv").read_bytes()
    assert json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))["folders"] == [name]


def test_describe_data() -> None:
    found = describe_data(dataset("1.jpg", "2.jpg", "3.jpg"), PARTS, [Path("a"), Path("b c")], "tables/groups.csv")
    assert len(found.pop("sha256")) == 64
    assert found == {
        "folders": ["a", "b c"],
        "pictures": 3,
        "grouping": "groups.csv",
        "parts": {
            "train": {"no_ship": 2, "ship": 0, "groups": 2},
            "validation": {"no_ship": 0, "ship": 0, "groups": 0},
            "test": {"no_ship": 0, "ship": 1, "groups": 1},
        },
        "unreadable": [{"path": "d/bad.jpg", "reason": "cannot read picture d/bad.jpg: cut short"}],
    }


def test_describe_stage() -> None:
    test = measure(np.array([1, 0]), np.array([0.9, 0.1], np.float32), 0.5)
    found = describe_stage(PAPER[1], {"loss": [0.5, 0.25]}, test, 1.26)
    assert (found["name"], found["first_trainable"], found["learning_rate"]) == ("fine-tuning", "block5_conv1", 1e-5)
    assert (found["seconds"], found["history"]) == (1.3, {"loss": [0.5, 0.25]})
    assert found["test"]["accuracy"] == {
        "right": 2,
        "n": 2,
        "share": 1.0,
        "low": pytest.approx(0.342, abs=1e-3),
        "high": 1,
    }


def test_versions() -> None:
    found = versions()
    assert {"python", "machine", "rivereye", "keras", "tensorflow", "numpy", "opencv-python-headless", "pillow"} == set(
        found
    )
    assert found["numpy"] == np.__version__


def test_json_keeps_every_letter(tmp_path: Path) -> None:
    write_json(tmp_path / "run.json", {"folders": ["река/причал"], "seed": 1})
    assert json.loads((tmp_path / "run.json").read_text(encoding="utf-8")) == {"folders": ["река/причал"], "seed": 1}
