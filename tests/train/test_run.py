"""What a run's files say."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.pictures import save_frame
from train.dataset import Dataset, Sample
from train.metrics import measure
from train.recipe import PAPER
from train.run import (
    describe_data,
    describe_groups,
    describe_stage,
    describe_windows,
    versions,
    write_json,
)
from train.split import Part

PARTS: list[Part] = ["train", "test", "train"]


def dataset(*names: str) -> Dataset:
    samples = tuple(
        Sample(Path(name), label=index % 2, group=f"g{index}", sha256="0" * 64) for index, name in enumerate(names)
    )
    quarantined = ((Path("d/bad.jpg"), "cannot read picture d/bad.jpg: cut short"),)
    return Dataset(samples, np.zeros((len(names), 2, 2, 3), np.uint8), quarantined)


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
        "groups": {},
        "alone": {"train": 2, "validation": 0, "test": 1},
        "quarantined": [{"path": "d/bad.jpg", "reason": "cannot read picture d/bad.jpg: cut short"}],
    }


def test_describe_groups() -> None:
    """The largest first; pictures without company are counted only."""
    names = ["lock", "lock", "canal", "b/1.jpg", "pier", "canal", "canal", "c/2.jpg", "c/2.jpg"]
    samples = [Sample(Path(name), index % 2, name) for index, name in enumerate(names)]
    samples[:3] = [Sample(Path(f"a/{index}.jpg"), index % 2, names[index]) for index in range(3)]
    samples[5:7] = [Sample(Path(f"a/{index}.jpg"), index % 2, names[index]) for index in (5, 6)]
    parts: list[Part] = ["test", "test", "train", "train", "train", "train", "train", "validation", "validation"]
    found = describe_groups(samples, parts)
    assert list(found["groups"].items()) == [
        ("canal", {"part": "train", "no_ship": 2, "ship": 1}),
        ("lock", {"part": "test", "no_ship": 1, "ship": 1}),
    ]
    assert found["alone"] == {"train": 2, "validation": 2, "test": 0}


def frames(folder: Path) -> list[Path]:
    return [save_frame(folder / f"{number}.png", [(9, 9, 30, 20 + number)], (60, 50)) for number in range(2)]


def test_describe_windows(tmp_path: Path) -> None:
    cut = [Sample(tmp_path / "1.png", label, "lock", crop=(0, 0, 9, 9)) for label in (1, 0, 0)]
    found = describe_windows([tmp_path, Path("b c")], frames(tmp_path), cut)
    assert len(found.pop("sha256")) == 64
    assert found == {
        "folders": [str(tmp_path), "b c"],
        "frames": 1,
        "windows": {"no_ship": 2, "ship": 1},
        "quarantined": [],
    }


def test_describe_no_windows() -> None:
    assert describe_windows([], [], []) == {
        "folders": [],
        "sha256": None,
        "frames": 0,
        "windows": {"no_ship": 0, "ship": 0},
        "quarantined": [],
    }


def test_frames_set_aside_are_listed_and_neither_counted_nor_hashed(tmp_path: Path) -> None:
    """Their label file may even be unreadable."""
    found = frames(tmp_path)
    bad = tmp_path / "a.png"
    described = describe_windows([tmp_path], [bad, *found], [], [(bad, "cut short")])
    assert described == describe_windows([tmp_path], found, []) | {
        "quarantined": [{"path": str(bad), "reason": "cut short"}]
    }


def test_the_hash_of_frames_knows_no_place(tmp_path: Path) -> None:
    """Nor the order in which they were found."""
    here, there = frames(tmp_path / "a"), frames(tmp_path / "b" / "c")
    hashes = {describe_windows([], each, [])["sha256"] for each in (here, here[::-1], there)}
    assert len(hashes) == 1


@pytest.mark.parametrize("change", ["picture", "boxes", "fewer"])
def test_the_hash_of_frames_knows_pictures_and_boxes(tmp_path: Path, change: str) -> None:
    found = frames(tmp_path)
    before = describe_windows([], found, [])["sha256"]
    if change == "picture":
        boxes = found[0].with_suffix(".txt").read_bytes()
        save_frame(found[0], [], (60, 50)).with_suffix(".txt").write_bytes(boxes)
    elif change == "boxes":
        found[1].with_suffix(".txt").write_text("")
    else:
        found.pop()
    assert describe_windows([], found, [])["sha256"] != before


def test_describe_stage() -> None:
    test = measure(np.array([1, 0]), np.array([0.9, 0.1], np.float32), 0.5)
    found = describe_stage(PAPER.stages[1], {"loss": [0.5, 0.25]}, test, 1.26)
    assert (found["name"], found["unfreeze"], found["learning_rate"]) == ("fine-tuning", "block5", 1e-5)
    assert found["keep_best"] is False
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
    libraries = {"keras", "tensorflow", "numpy", "opencv-python-headless", "pillow", "albumentations"}
    assert {"python", "machine", "rivereye"} | libraries == set(found)
    assert found["numpy"] == np.__version__


def test_json_keeps_every_letter(tmp_path: Path) -> None:
    write_json(tmp_path / "run.json", {"folders": ["река/причал"], "seed": 1})
    assert json.loads((tmp_path / "run.json").read_text(encoding="utf-8")) == {"folders": ["река/причал"], "seed": 1}
