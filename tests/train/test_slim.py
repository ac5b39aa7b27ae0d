"""`rivereye slim` as people run it."""

import json
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from models.narrow import widths_of
from models.networks import SIZE
from tests.factories import rivereye
from train.answers import read_rows
from train.slimming import FULL, LADDER, SLIM, Slimming

QUICK = ("--epochs", "1", "--no-mixed-precision")


@pytest.fixture(scope="module")
def slim(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A slim run of the run of random weights, made by the command, and what it said."""
    out = tmp_path_factory.mktemp("slim") / "run"
    ended = rivereye(
        "slim", str(trained / "run"), "--out", str(out), "--keep", "0.0625", "--copies", "2", *QUICK, timeout=500
    )
    assert not ended.returncode, ended.stderr
    return out, ended.stderr


def record_of(run: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((run / "run.json").read_text(encoding="utf-8"))
    return read


def test_a_run_like_any_other(slim: tuple[Path, str], trained: Path) -> None:
    run, said = slim
    assert {path.name for path in run.iterdir()} == {path.name for path in (trained / "run").iterdir()}
    assert [path.name for path in run.parent.iterdir()] == [run.name]
    record, before = record_of(run), record_of(trained / "run")
    for name in ("network", "weights", "data", "frames", "seed", "settings", "recipe"):
        assert record[name] == before[name]
    assert f"run written to {run}" in said.replace("\n", "")


def test_the_network_is_slim(slim: tuple[Path, str]) -> None:
    run, _ = slim
    network = keras.saving.load_model(run / "network.keras", compile=False)
    widths = widths_of(network)
    assert record_of(run)["slim"]["widths"] == widths
    assert record_of(run)["slim"]["copies"] == 2
    assert max(widths.values()) == 48
    assert {layer.compute_dtype for layer in network.layers} == {"float32"}
    assert network.input_shape == (None, SIZE, SIZE, 3)


def test_both_networks_are_in_the_report(slim: tuple[Path, str], trained: Path) -> None:
    run, _ = slim
    record = record_of(run)
    assert [stage["name"] for stage in record["stages"]] == [FULL, SLIM]
    assert record["stages"][0]["test"] == record_of(trained / "run")["stages"][-1]["test"]
    full = {row["path"]: row["fine-tuning"] for row in read_rows(trained / "run" / "pictures.csv")}
    assert {row["path"]: row[FULL] for row in read_rows(run / "pictures.csv")} == full
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    assert [stage["name"] for stage in report["stages"]] == [FULL, SLIM]
    assert report["mcnemar"]["first"] == FULL


def test_without_an_aim_it_decides_at_the_papers_threshold(slim: tuple[Path, str], trained: Path) -> None:
    ours, theirs = (record_of(run)["decision"] for run in (slim[0], trained / "run"))
    assert (ours["threshold"], ours["aim"]) == (theirs["threshold"], theirs["aim"]) == (0.5, None)
    assert (ours["temperature"], ours["shift"]) == (1, 0)
    assert ours["test"]["accuracy"]["n"] == theirs["test"]["accuracy"]["n"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--keep", "1.5"), "--keep 1.5"),
        (("--keep", "0"), "--keep 0"),
        (("--keep", "0.1", "--budget", "1pp"), "give one of them"),
        (("--budget", "little"), "--budget 'little'"),
        (("--budget", "-1"), "--budget -1"),
    ],
)
def test_nonsense_is_refused(trained: Path, tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    ended = rivereye("slim", str(trained / "run"), "--out", str(tmp_path / "out"), *options)
    assert ended.returncode == 2
    assert words in ended.stderr.replace("\n", " ")
    assert list(tmp_path.iterdir()) == []


def test_a_slim_run_is_not_made_slim_again(slim: tuple[Path, str], tmp_path: Path) -> None:
    ended = rivereye("slim", str(slim[0]), "--out", str(tmp_path / "out"))
    assert ended.returncode == 2
    assert "is a slim network's run already" in ended.stderr.replace("\n", " ")


def test_a_run_of_an_older_version_is_refused(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained / "run", tmp_path / "old")
    record = record_of(tmp_path / "old")
    del record["settings"]
    (tmp_path / "old" / "run.json").write_text(json.dumps(record), encoding="utf-8")
    ended = rivereye("slim", str(tmp_path / "old"), "--out", str(tmp_path / "out"))
    assert ended.returncode == 2
    assert "train it again" in ended.stderr.replace("\n", " ")


def test_a_budget_is_tried_from_the_slimmest_on() -> None:
    assert Slimming(keep=None, budget=0.5).shares == LADDER == tuple(sorted(LADDER))
    assert Slimming(keep=0.2).shares == (0.2,)


def test_it_learns_from_as_many_copies_as_the_full_network() -> None:
    assert Slimming().copies_of(2) == 2
    assert Slimming(copies=3).copies_of(2) == 3
    assert Slimming().copies_of(0) == 0, "the paper's recipe: pictures as they are"


def test_the_mean_of_the_slim_networks_answers_moves(slim: tuple[Path, str]) -> None:
    """Else it would say nothing of the pictures."""
    answers = [float(row[SLIM]) for row in read_rows(slim[0] / "pictures.csv") if row[SLIM]]
    assert np.isfinite(answers).all()
    assert len(set(answers)) > 1
