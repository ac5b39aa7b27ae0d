"""`rivereye train` as people run it: what it leaves, what it refuses, and that a stopped one leaves nothing."""

import csv
import json
import math
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from models.errors import DataError, OutputError, RivereyeError, UsageError
from models.networks import SIZE
from tests.factories import COMMAND, rivereye, write_corrupt
from tests.pictures import DRAWN, SEED, draw_dataset
from train.dataset import find_samples, read_samples
from train.groups import Grouping
from train.metrics import share
from train.split import SHARES, split
from train.train import Settings, train


@pytest.fixture
def record(trained: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((trained / "run" / "run.json").read_text(encoding="utf-8"))
    return read


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A shell starts background jobs deaf to Ctrl-C, and their children too; these must hear it."""
    kept = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, kept)


def refused(pictures: Path, out: Path, settings: Settings, overwrite: bool = False) -> RivereyeError:
    with pytest.raises(RivereyeError) as caught:
        train([pictures], out, settings, overwrite, Console(file=StringIO()))
    return caught.value


def test_a_run_is_three_files(trained: Path) -> None:
    assert {path.name for path in (trained / "run").rglob("*")} == {"network.keras", "run.json", "pictures.csv"}
    assert {path.name for path in trained.iterdir()} == {"pictures", "run", "said.txt"}


def test_settings_and_versions(record: dict[str, Any]) -> None:
    assert {
        name: record[name] for name in ("schema", "network", "weights", "seed", "cache", "threshold", "positive")
    } == {
        "schema": "rivereye/run/1",
        "network": "vgg16",
        "weights": "none",
        "seed": SEED,
        "cache": True,
        "threshold": 0.5,
        "positive": "ship",
    }
    assert {"python", "keras", "tensorflow", "numpy"} <= set(record["versions"])


def test_the_record_names_its_data(trained: Path, record: dict[str, Any], tmp_path: Path) -> None:
    pictures = trained / "pictures"
    dataset = read_samples(find_samples([pictures], "ship", Grouping()), SIZE, tmp_path / "store")
    assert record["data"]["sha256"] == dataset.sha256
    assert (record["data"]["folders"], record["data"]["pictures"]) == ([str(pictures)], DRAWN)
    assert record["data"]["parts"] == {
        "train": {"no_ship": 6, "ship": 6, "groups": 3},
        "validation": {"no_ship": 2, "ship": 2, "groups": 1},
        "test": {"no_ship": 2, "ship": 2, "groups": 1},
    }


def test_unreadable_pictures_are_listed_and_said(trained: Path, record: dict[str, Any]) -> None:
    listed = {each["path"]: each["reason"] for each in record["data"]["unreadable"]}
    assert set(listed) == {str(trained / "pictures" / name) for name in ("ship/cut.jpg", "no_ship/page.png")}
    said = (trained / "said.txt").read_text(encoding="utf-8")
    for reason in listed.values():
        assert f"set aside: {reason}" in said


def test_both_stages_have_intervals(record: dict[str, Any]) -> None:
    assert [stage["name"] for stage in record["stages"]] == ["transfer", "fine-tuning"]
    for stage in record["stages"]:
        for name, n in (("accuracy", 4), ("recall", 2), ("false_alarms", 2)):
            figure = stage["test"][name]
            expected = share(figure["right"], n)
            assert figure == {
                "right": expected.right,
                "n": n,
                "share": expected.share,
                "low": expected.low,
                "high": expected.high,
            }


def test_every_picture_has_its_part_and_its_answers(trained: Path, record: dict[str, Any]) -> None:
    found = [each for each in find_samples([trained / "pictures"], "ship", Grouping()) if "source" in each.path.name]
    with (trained / "run" / "pictures.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["path"] for row in rows] == [str(sample.path) for sample in found]
    assert [row["part"] for row in rows] == split(found, SEED)
    assert [row["group"] for row in rows] == [sample.group for sample in found]
    for stage in record["stages"]:
        answered = Counter(row["part"] for row in rows if row[stage["name"]])
        assert answered == {"validation": 4, "test": 4}
        right = [
            (float(row[stage["name"]]) >= 0.5) == (row["label"] == "ship") for row in rows if row["part"] == "test"
        ]
        assert sum(right) == stage["test"]["accuracy"]["right"]


def test_histories_are_finite(record: dict[str, Any]) -> None:
    values = [value for stage in record["stages"] for series in stage["history"].values() for value in series]
    assert len(values) == 4 * 12
    assert all(map(math.isfinite, values))


@pytest.mark.parametrize("part", SHARES)
def test_the_parts_are_said(trained: Path, part: str) -> None:
    said = (trained / "said.txt").read_text(encoding="utf-8")
    assert part in said
    assert "run written to" in said
    assert "Traceback" not in said


def test_a_run_that_is_there_is_kept(trained: Path) -> None:
    before = {path: path.read_bytes() for path in (trained / "run").iterdir()}
    done = rivereye("train", trained / "pictures", "--weights", "none", "--out", trained / "run")
    assert done.returncode == 2
    assert "exists and was kept; give --overwrite" in done.stderr
    assert {path: path.read_bytes() for path in (trained / "run").iterdir()} == before
    assert {path.name for path in trained.iterdir()} == {"pictures", "run", "said.txt"}


def test_a_folder_of_somebody_else_is_never_replaced(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("three years of work")
    error = refused(trained / "pictures", tmp_path / "mine", Settings(weights="none"), overwrite=True)
    assert isinstance(error, OutputError)
    assert "it holds no run.json, so rivereye did not make it" in str(error)
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "thesis.txt"]


def test_a_folder_without_classes(tmp_path: Path) -> None:
    draw_dataset(tmp_path / "pictures", 4)
    done = rivereye("train", tmp_path / "pictures" / "ship", "--weights", "none", "--out", tmp_path / "run")
    assert done.returncode == 2
    assert "has no classes: it needs one sub-folder a class" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]


@pytest.mark.parametrize(
    ("settings", "kind", "said"),
    [
        (Settings(weights="none", network="resnet"), UsageError, "unknown network 'resnet'; known: vgg16, vgg19"),
        (Settings(weights="nowhere.h5"), UsageError, "no weights at 'nowhere.h5'"),
        (Settings(weights="none", groups="nmae"), UsageError, "--groups nmae"),
        (Settings(weights="none", positive="boat"), DataError, "--positive NAME"),
        (Settings(weights="none", seed=-1), UsageError, "seed"),
        (Settings(weights="none", seed=2**32), UsageError, "seed"),
    ],
    ids=["network", "weights", "groups", "positive", "negative-seed", "huge-seed"],
)
def test_settings_that_must_change(tmp_path: Path, settings: Settings, kind: type[RivereyeError], said: str) -> None:
    draw_dataset(tmp_path / "pictures", DRAWN)
    error = refused(tmp_path / "pictures", tmp_path / "run", settings)
    assert isinstance(error, kind)
    assert said in str(error)
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]


def test_all_ships_are_unreadable(tmp_path: Path) -> None:
    for path in (draw_dataset(tmp_path / "pictures", DRAWN) / "ship").iterdir():
        write_corrupt(path, "truncated")
    error = refused(tmp_path / "pictures", tmp_path / "run", Settings(weights="none"))
    assert isinstance(error, DataError)
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]


@pytest.mark.parametrize(("number", "sign"), [(signal.SIGINT, "stage 1"), (signal.SIGTERM, f"{DRAWN} pictures")])
def test_a_stopped_training_leaves_nothing(
    interruptible: None, trained: Path, tmp_path: Path, number: signal.Signals, sign: str
) -> None:
    """Stopped by Ctrl-C in the midst of a stage, and by `kill` before the first one."""
    with subprocess.Popen(
        [COMMAND, "train", trained / "pictures", "--weights", "none", "--out", tmp_path / "runs" / "mine"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if sign in line:
                break
        process.send_signal(number)
        said += process.stdout.read()
    assert sign in said
    assert process.returncode == 1
    assert "Traceback" not in said
    assert "run written" not in said
    assert list((tmp_path / "runs").iterdir()) == []
