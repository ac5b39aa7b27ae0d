"""Runs, each with another group held out, beside each other."""

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from models.errors import UsageError
from tests.factories import rivereye
from tests.train.conftest import answers_of, write_run
from train.across import look_across
from train.answers import Answers
from train.metrics import measure
from train.shares import balanced_accuracy, figures_of

CAMERAS = {"lock": 0.0, "quay": 5.0, "pier": 5.0}
"""How far each network's logits lean towards a ship on what it has not seen."""


@pytest.fixture
def runs(tmp_path: Path, answers: Answers) -> list[Path]:
    return [
        write_run(tmp_path / camera, {**answers, "test": answers_of(seed, 3, lean)}, holdout=[camera])
        for seed, (camera, lean) in enumerate(CAMERAS.items(), 5)
    ]


def look(runs: list[Path], aim: str = "balanced") -> tuple[dict, str]:  # type: ignore[type-arg]
    said = StringIO()
    return look_across(runs, aim, False, Console(file=said, width=90)), said.getvalue()


def test_known_figures(runs: list[Path]) -> None:
    found, said = look(runs)
    lock, quay, pier = found["groups"]
    for seed, row in enumerate((lock, quay, pier), 5):
        labels, probabilities = answers_of(seed, 3, CAMERAS[row["group"]])
        at_half = measure(labels, probabilities, 0.5)
        balanced = (at_half.recall.share + 1 - at_half.false_alarms.share) / 2
        first, last = row["stages"]
        assert (first["name"], first["balanced_accuracy"], first["auc"]) == ("transfer", 0.5, 0.5)  # always 0.5
        assert last["balanced_accuracy"] == pytest.approx(balanced)
        assert f"{100 * balanced:.1f}" in said
    # What leans is mended by what leans alike, and not by what does not.
    assert pier["balanced_accuracy"] > pier["stages"][1]["balanced_accuracy"]
    assert lock["balanced_accuracy"] < lock["stages"][1]["balanced_accuracy"]
    assert lock["shift"] == pytest.approx(5 / 3, abs=0.4)
    mean = np.mean([row["balanced_accuracy"] for row in found["groups"]])
    assert found["mean"]["balanced_accuracy"] == pytest.approx(mean)
    pooled = found["pooled"]
    assert pooled["n"] == 1200
    assert pooled["ships_found"] == sum(row["ships_found"] for row in found["groups"])
    assert pooled["mcnemar"]["only_last_right"] > 0
    assert f"over all 1200 pictures: {100 * pooled['accuracy']:.1f}" in said


def test_a_group_does_not_choose_its_own_threshold(runs: list[Path], answers: Answers) -> None:
    """With its labels turned over, its threshold is the same, and those of the others are not."""
    before = look(runs)[0]["groups"]
    table = (runs[0] / "pictures.csv").read_text(encoding="utf-8").splitlines()
    turned = [line.replace(",no_ship,lock,test", ",?,lock,test") for line in table]
    turned = [line.replace(",ship,lock,test", ",no_ship,lock,test") for line in turned]
    (runs[0] / "pictures.csv").write_text("\n".join(turned).replace(",?,", ",ship,"), encoding="utf-8")
    after = look(runs)[0]["groups"]
    assert after[0]["ships"] == 400 - before[0]["ships"]
    same = [old["threshold"] == new["threshold"] for old, new in zip(before, after, strict=True)]
    assert same == [True, False, False]


def test_a_group_of_one_class(tmp_path: Path, answers: Answers, runs: list[Path]) -> None:
    """Held out together with another; it has no balanced accuracy, and does not count to the mean."""
    both = write_run(tmp_path / "both", {**answers, "test": answers_of(9, 3, 0)}, holdout=["weir"])
    with (both / "pictures.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{number}.png,ship,moor,test,0.9,0.9\n" for number in range(3))
    found, said = look([*runs, both])
    moor = next(row for row in found["groups"] if row["group"] == "moor")
    assert (moor["n"], moor["balanced_accuracy"], moor["stages"][0]["auc"]) == (3, None, None)
    others = [row["balanced_accuracy"] for row in found["groups"] if row is not moor]
    assert found["mean"]["balanced_accuracy"] == pytest.approx(np.mean(others))
    assert "\N{EN DASH}" in said


def test_balanced_accuracy() -> None:
    labels = np.array([1, 1, 1, 1, 0, 0], np.int64)
    assert balanced_accuracy(figures_of(labels, np.array([1, 1, 1, 0, 1, 0], bool))) == (3 / 4 + 1 / 2) / 2
    assert balanced_accuracy(figures_of(labels[:4], np.ones(4, bool))) is None


def test_one_group_alone(runs: list[Path]) -> None:
    with pytest.raises(UsageError, match="one group alone was held out from the runs, lock; give a run for each"):
        look(runs[:1])


def test_runs_that_were_trained_otherwise(tmp_path: Path, answers: Answers, runs: list[Path]) -> None:
    other = write_run(tmp_path / "other", answers, holdout=["weir"], network="vgg19")
    with pytest.raises(UsageError, match="other was trained otherwise than the run: network vgg19, not vgg16"):
        look([*runs, other])
    with pytest.raises(UsageError, match="lock: lock was held out from another of the runs, too"):
        look([*runs, runs[0]])


def test_no_such_aim(runs: list[Path]) -> None:
    with pytest.raises(UsageError, match="unknown aim 'best'"):
        look(runs, "best")


def test_the_command(runs: list[Path]) -> None:
    done = rivereye("across", *runs, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["schema"], found["aim"]) == ("rivereye/across/1", "balanced")
    assert [row["group"] for row in found["groups"]] == list(CAMERAS)
