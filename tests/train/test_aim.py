"""Another threshold for a run, chosen on validation or on what networks like it answered to unseen cameras."""

import json
import shutil
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from models.errors import RivereyeError, UsageError
from tests.factories import rivereye
from tests.train.conftest import answers_of, write_run
from train.aim import decide_anew
from train.answers import Answers, read_answers


def quietly(run: Path, aim: str, *others: Path) -> str:
    said = StringIO()
    decide_anew(run, aim, others, Console(file=said, width=500))
    return said.getvalue()


def test_answers_are_read_as_they_were_written(tmp_path: Path, answers: Answers) -> None:
    run = write_run(tmp_path / "run", answers)
    found = read_answers(run, "fine-tuning")
    for part in ("validation", "test"):
        np.testing.assert_array_equal(found[part][0], answers[part][0])
        np.testing.assert_allclose(found[part][1], answers[part][1], rtol=0, atol=1e-6)


def test_a_run_gets_another_threshold_and_keeps_the_rest(tmp_path: Path, answers: Answers) -> None:
    run = write_run(tmp_path / "run", answers)
    said = quietly(run, "miss<=1%")
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert (record["seed"], record["decision"]["aim"]) == (7, "miss<=1%")
    careful = record["decision"]["threshold"]
    assert f"threshold {careful:.3f} (aim miss<=1%)" in said
    quietly(run, "false-alarms<=1%")
    assert json.loads((run / "run.json").read_text(encoding="utf-8"))["decision"]["threshold"] > careful
    assert {path.name for path in run.iterdir()} == {"run.json", "pictures.csv"}


@pytest.fixture
def held_out(tmp_path: Path, answers: Answers) -> list[Path]:
    """Two runs like any, whose answers to the group that each has not seen lean towards a ship."""
    test = {camera: answers_of(seed, 3, 5) for seed, camera in enumerate(("lock", "quay"), 5)}
    return [
        write_run(tmp_path / camera, {**answers, "test": test[camera]}, holdout=[camera]) for camera in ("lock", "quay")
    ]


def test_a_threshold_chosen_on_unseen_groups(tmp_path: Path, answers: Answers, held_out: list[Path]) -> None:
    leaning: Answers = {**answers, "test": answers_of(9, 3, 5)}
    run = write_run(tmp_path / "run", leaning)
    quietly(run, "false-alarms<=3%")
    before = json.loads((run / "run.json").read_text(encoding="utf-8"))["decision"]
    said = quietly(run, "false-alarms<=3%", *held_out)
    after = json.loads((run / "run.json").read_text(encoding="utf-8"))["decision"]
    assert after["chosen_on"] == "800 pictures of lock, quay, each judged by a network trained without its group"
    assert f"(aim false-alarms<=3%, on {after['chosen_on']}), temperature {after['temperature']:.3f}, shift 1." in said
    assert (before["shift"], before["chosen_on"]) == (0.0, "validation pictures")
    assert after["shift"] == pytest.approx(5 / 3, abs=0.4)
    assert before["test"]["false_alarms"]["share"] > 0.05 > after["test"]["false_alarms"]["share"]
    assert after["calibration_error"]["after"] < before["calibration_error"]["after"] - 0.04
    quietly(run, "false-alarms<=3%")
    assert json.loads((run / "run.json").read_text(encoding="utf-8"))["decision"] == before


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"holdout": []}, "nothing was held out from it; train it with --holdout-group"),
        ({"holdout": ["lock"]}, "other: lock was held out from another of the runs, too"),
        (
            {"network": "vgg19"},
            "other was trained otherwise than the run: network vgg19, not vgg16; give runs that were",
        ),
        (
            {"recipe": {"name": "river", "copies": 3, "stages": [{"epochs": 2}, {"epochs": 2}]}},
            "other was trained otherwise than the run: copies 3, not 2; give",
        ),
        (
            {"recipe": {"name": "river, changed", "copies": 2, "stages": [{"epochs": 2}, {"epochs": 3}]}},
            "other was trained otherwise than the run: stage 2: epochs 3, not 2; give",
        ),
        ({"weights": "none"}, "other was trained otherwise than the run: weights none, not None; give runs"),
    ],
    ids=str,
)
def test_runs_that_say_nothing_of_unseen_groups(
    tmp_path: Path, answers: Answers, held_out: list[Path], changes: dict[str, Any], why: str
) -> None:
    run = write_run(tmp_path / "run", answers)
    other = write_run(tmp_path / "other", answers, **{"holdout": ["pier"], **changes})
    with pytest.raises(UsageError, match=f"--unseen.*{why}"):
        quietly(run, "balanced", *held_out, other)
    with pytest.raises(UsageError, match="--unseen no finished training run at"):
        quietly(run, "balanced", tmp_path / "nowhere")


def test_what_judges_a_run_does_not_choose_its_threshold(
    tmp_path: Path, answers: Answers, held_out: list[Path]
) -> None:
    """Groups that were held out together with it do."""
    lock = held_out[0]
    with pytest.raises(UsageError, match=r"lock: its held-out pictures are the run's own test part.*leave it out"):
        quietly(lock, "balanced", *held_out)
    both = write_run(tmp_path / "both", answers, holdout=["lock", "pier"])
    lines = (both / "pictures.csv").read_text(encoding="utf-8").splitlines()
    judging = next(
        line for line in (lock / "pictures.csv").read_text(encoding="utf-8").splitlines() if ",test," in line
    )
    other = [line.replace("both-test-lock.png", "pier.png").replace(",lock,", ",pier,") for line in lines]
    (both / "pictures.csv").write_text("\n".join([*other, judging]), encoding="utf-8")
    quietly(lock, "balanced", both)
    chosen_on = json.loads((lock / "run.json").read_text(encoding="utf-8"))["decision"]["chosen_on"]
    assert chosen_on == "400 pictures of pier, each judged by a network trained without its group"


def test_unseen_pictures_of_one_class(tmp_path: Path, answers: Answers) -> None:
    run = write_run(tmp_path / "run", answers)
    other = write_run(tmp_path / "other", answers, holdout=["pier"])
    table = (other / "pictures.csv").read_text(encoding="utf-8").splitlines()
    kept = [line for line in table if ",no_ship,pier,test," not in line]
    (other / "pictures.csv").write_text("\n".join(kept), encoding="utf-8")
    with pytest.raises(UsageError, match="of pier, .* show one class only; give"):
        quietly(run, "balanced", other)


def refused(run: Path, aim: str) -> RivereyeError:
    before = {path: path.read_bytes() for path in run.glob("*") if path.is_file()}
    with pytest.raises(RivereyeError) as caught:
        quietly(run, aim)
    assert {path: path.read_bytes() for path in before} == before
    return caught.value


@pytest.mark.parametrize("aim", ["best", "miss<=100%", "", "0.5"])
def test_no_such_aim(tmp_path: Path, answers: Answers, aim: str) -> None:
    assert isinstance(refused(write_run(tmp_path / "run", answers), aim), UsageError)


def only(answers: Answers, label: int) -> Answers:
    labels, probabilities = answers["test"]
    return {"validation": answers["validation"], "test": (labels[labels == label], probabilities[labels == label])}


@pytest.mark.parametrize("stages", [[], [{"name": "third"}], [{}], None])
def test_not_a_run(tmp_path: Path, answers: Answers, stages: Sequence[dict[str, str]] | None) -> None:
    for run in (write_run(tmp_path / "run", answers, stages=stages), tmp_path / "nowhere", tmp_path):
        error = refused(run, "balanced")
        assert isinstance(error, UsageError)
        assert f"no finished training run at {run}" in str(error)


def test_a_label_that_is_none(tmp_path: Path, answers: Answers) -> None:
    run = write_run(tmp_path / "run", answers)
    table = run / "pictures.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("no_ship", "no_boat"), encoding="utf-8")
    assert "pictures.csv has labels that are none: no_boat" in str(refused(run, "balanced"))


@pytest.mark.parametrize("value", ["nan", "7.5", "-0.1", "inf"])
def test_a_probability_that_is_none(tmp_path: Path, answers: Answers, value: str) -> None:
    run = write_run(tmp_path / "run", answers)
    with (run / "pictures.csv").open("a", encoding="utf-8") as file:
        file.write(f"b.png,ship,b,validation,0.5,{value}\n")
    assert "probabilities that are none, in column fine-tuning" in str(refused(run, "balanced"))


def test_a_part_of_one_class(tmp_path: Path, answers: Answers) -> None:
    assert "test pictures of both classes" in str(refused(write_run(tmp_path / "run", only(answers, 1)), "balanced"))


def test_a_link_stays_a_link(tmp_path: Path, answers: Answers) -> None:
    run = write_run(tmp_path / "run", answers)
    real = (run / "run.json").rename(tmp_path / "real.json")
    (run / "run.json").symlink_to(real)
    quietly(run, "balanced")
    assert (run / "run.json").is_symlink()
    assert json.loads(real.read_text(encoding="utf-8"))["decision"]["aim"] == "balanced"


def test_the_command(tmp_path: Path, answers: Answers) -> None:
    run = write_run(tmp_path / "run", answers)
    done = rivereye("aim", run, "miss<=2%")
    assert done.returncode == 0, done.stderr
    assert "aim miss<=2%" in done.stderr
    wrong = rivereye("aim", run, "few mistakes")
    assert wrong.returncode == 2
    assert "unknown aim 'few mistakes'" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_the_report_shows_the_new_threshold(trained: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(trained / "run", run)
    said = quietly(run, "miss<=2%")
    threshold = json.loads((run / "run.json").read_text(encoding="utf-8"))["decision"]["threshold"]
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    assert "report.html shows it" in said
    assert (report["threshold"], report["threshold_chosen"]) == (
        threshold,
        "on validation pictures, for the aim miss<=2%",
    )
    assert f"{threshold:.3f}" in (run / "report.html").read_text(encoding="utf-8")
