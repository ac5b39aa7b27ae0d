"""A threshold for an aim: chosen on validation, judged on test, kept with the run."""

import csv
import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console

from models.errors import RivereyeError, UsageError
from models.networks import cool
from tests.factories import rivereye
from tests.train.conftest import toy_network
from train.calibration import calibrated
from train.decision import AIMS, Answers, decide, decide_anew, in_words, read_answers

N = 400


def answers_of(seed: int, factor: float, shift: float) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Of a network whose logits are `factor` times too large, and lean to one side."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 3, N)
    labels = (random.random(N) < 1 / (1 + np.exp(-logits))).astype(np.int64)
    return labels, (1 / (1 + np.exp(-factor * logits - shift))).astype(np.float32)


@pytest.fixture
def answers() -> Answers:
    return {"validation": answers_of(1, 3, 2), "test": answers_of(2, 3, 2)}


def test_without_an_aim_all_stays_the_papers(answers: Answers) -> None:
    found = decide(answers, None)
    assert (found["aim"], found["threshold"], found["temperature"]) == (None, 0.5, 1.0)
    labels, probabilities = answers["test"]
    assert found["test"]["accuracy"]["right"] == ((probabilities >= 0.5) == (labels == 1)).sum()
    assert found["calibration_error"]["before"] == found["calibration_error"]["after"]


def test_balanced_is_better_than_a_half(answers: Answers) -> None:
    plain, found = decide(answers, None), decide(answers, "balanced")
    assert found["temperature"] > 2
    assert found["threshold"] > 0.55  # the answers lean towards a ship
    assert found["calibration_error"]["after"] < found["calibration_error"]["before"] - 0.03
    assert found["test"]["accuracy"]["right"] > plain["test"]["accuracy"]["right"]


@pytest.mark.parametrize(("aim", "figure"), [("miss<=5%", "recall"), ("false-alarms<=5%", "false_alarms")])
def test_a_limit_is_kept_on_validation(answers: Answers, aim: str, figure: str) -> None:
    """Where validation and test are the same pictures, the figures tell."""
    same: Answers = {"validation": answers["validation"], "test": answers["validation"]}
    share = decide(same, aim)["test"][figure]["share"]
    assert (share >= 0.95) if figure == "recall" else (share <= 0.05)


def test_thresholds_for_other_aims_go_along(answers: Answers) -> None:
    """From the most watchful to the most reserved; each is what it would be alone."""
    for aim in (None, "balanced"):
        aims = decide(answers, aim)["aims"]
        assert tuple(aims) == AIMS
        thresholds = [point["threshold"] for point in aims.values()]
        assert thresholds == sorted(thresholds)
        for figure in ("recall", "false_alarms"):
            shares = [point["test"][figure]["share"] for point in aims.values()]
            assert shares == sorted(shares, reverse=True)
    for aim, point in decide(answers, "miss<=10%")["aims"].items():
        alone = decide(answers, aim)
        assert point == {"threshold": alone["threshold"], "test": alone["test"]}


@pytest.mark.parametrize(
    ("aim", "certain"),
    [
        ("balanced", True),
        ("miss<=2%", True),
        ("miss<=0.1%", False),
        ("miss<=0%", False),
        ("false-alarms<=0/day@1fps", False),
        ("false-alarms<=1/hour@1fps", False),
    ],
)
def test_a_limit_that_so_few_pictures_cannot_show(answers: Answers, aim: str, certain: bool) -> None:
    """400, of which about half show a ship."""
    decision = decide(answers, aim)
    assert (decision["doubt"] is None) == certain
    if not certain:
        assert decision["doubt"] in in_words(decision)
        assert "are there to choose on" in decision["doubt"]


def test_the_test_part_has_no_say(answers: Answers) -> None:
    labels, probabilities = answers["test"]
    other: Answers = {"validation": answers["validation"], "test": (1 - labels, probabilities)}
    for name in ("threshold", "temperature"):
        assert decide(answers, "balanced")[name] == decide(other, "balanced")[name]


def write_run(folder: Path, answers: Answers, **changes: Any) -> Path:
    record: dict[str, Any] = {
        "schema": "rivereye/run/1",
        "stages": [{"name": "transfer"}, {"name": "fine-tuning"}],
        "network": "vgg16",
        "recipe": {"name": "river", "copies": 2},
        "holdout": [],
        "seed": 7,
    } | changes
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    with (folder / "pictures.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["path", "label", "group", "part", "transfer", "fine-tuning"])
        table.writerow(["a.png", "ship", "a", "train", "", ""])
        for part, (labels, probabilities) in answers.items():
            for label, probability in zip(labels, probabilities, strict=True):
                group = record["holdout"][0] if part == "test" and record["holdout"] else "b"
                path = f"{folder.name}-{part}-{group}.png"
                table.writerow([path, ("no_ship", "ship")[label], group, part, "0.5", f"{probability:.6f}"])
    return folder


def quietly(run: Path, aim: str, *others: Path) -> str:
    said = StringIO()
    decide_anew(run, aim, others, Console(file=said, width=500))
    return said.getvalue()


def test_answers_are_read_as_they_were_written(tmp_path: Path, answers: Answers) -> None:
    run = write_run(tmp_path / "run", answers)
    found = read_answers(run / "pictures.csv", "fine-tuning")
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
        ({"holdout": ["lock"]}, "lock was held out from two of the runs"),
        ({"network": "vgg19"}, "vgg19 by the recipe river; the run is vgg16 by river, and both must be trained alike"),
        ({"recipe": {"name": "river", "copies": 3}}, "both must be trained alike"),
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
    with pytest.raises(UsageError, match="no finished training run at"):
        quietly(run, "balanced", tmp_path / "nowhere")


def test_what_judges_a_run_does_not_choose_its_threshold(
    tmp_path: Path, answers: Answers, held_out: list[Path]
) -> None:
    with pytest.raises(UsageError, match=r"lock: its held-out pictures are in the run's own test part"):
        quietly(held_out[0], "balanced", *held_out)


def test_in_words(answers: Answers) -> None:
    assert "(the paper's), temperature 1.000: " in in_words(decide(answers, None))


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


def test_calibrated_answers_are_those_of_the_cooled_network() -> None:
    """Dividing logits in the weights is dividing them in the answers."""
    network = toy_network()
    pictures = np.random.default_rng(0).integers(0, 256, (20, 16, 16, 3), np.uint8)
    before = network.predict_on_batch(pictures)[:, 0]
    cool(network, 2.5)
    np.testing.assert_allclose(network.predict_on_batch(pictures)[:, 0], calibrated(before, 2.5), atol=1e-6)
