"""Another model beside the one that is measured."""

import json
from pathlib import Path

import pytest

from models.bundle import CARD, open_bundle
from models.classifier import Classifier
from stream.bench.against import ACCURACY, FPS, TIMES, Against
from stream.bench.figure import Figure
from stream.bench.report import Plan, read_report
from tests.factories import BRIGHT, DARK, rivereye, write_bundle, write_picture
from tests.stream.bench.samples import sample_report
from tests.stream.bench.test_table import printed

PLAN = Plan(duration=0.01, repeats=3, trials=3, stability=0.5, seed=0, views="whole")
ONE = ("--duration", "0.01", "--repeats", "3", "--trials", "3", "--batch", "1", "--threads", "1", "--only", "model")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Two models, of which the second says of everything that it is no ship; and a picture of each kind."""
    write_bundle(tmp_path / "model")
    card = write_bundle(tmp_path / "other") / CARD
    told = json.loads(card.read_text(encoding="utf-8"))
    told["name"], told["threshold"]["value"] = "other", 1.0
    card.write_text(json.dumps(told), encoding="utf-8")
    for name, level in (("ship", BRIGHT), ("bank", DARK)):
        (tmp_path / "data" / name).mkdir(parents=True)
        write_picture(tmp_path / "data" / name / "a.png", level)
    return tmp_path


def test_it_is_measured_in_the_same_rounds_and_judged_by_its_own_threshold(place: Path) -> None:
    done = rivereye(
        "bench", place / "model", *ONE, "--data", place / "data", "--against", place / "other", "--out", place / "out",
        "--require", f"{TIMES}{{precision=fp32}}>0.0001",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = read_report(place / "out")
    (speed,), (ratio,), (right,) = (report.named(name, precision="fp32") for name in (FPS, TIMES, ACCURACY))
    assert speed.value > 0
    assert ratio.value > 0
    assert (right.value, right.n) == (50.0, 2)
    assert report.named("accuracy_percent")[0].value == 100.0
    assert "Beside another model" in done.stdout


def test_the_ratio_is_of_the_first_to_the_other(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    against = Against(open_bundle(str(place / "other")))
    with Classifier(open_bundle(str(place / "model")), threads=1) as classifier:
        (task,) = against.tasks(classifier, "cpu", 1, 1, PLAN)
        speeds = {id(classifier): 50.0}
        monkeypatch.setattr("stream.bench.against.rate", lambda which, *_: speeds.get(id(which), 2.0))
        assert task.sample() == {FPS: 2.0, TIMES: 25.0}
    against.close()


@pytest.mark.parametrize("figure", [FPS, TIMES, ACCURACY])
def test_a_limit_on_it_wants_another_model(place: Path, figure: str) -> None:
    done = rivereye("bench", place / "model", *ONE, "--data", place / "data", "--require", f"{figure}>1")
    assert done.returncode == 2
    assert f"{figure} is measured with --against only" in done.stderr


@pytest.mark.parametrize(("label", "there"), [("precision=int8", "fp32"), ("model=none", "other")])
def test_a_label_that_it_will_not_have_is_refused_before_measuring(place: Path, label: str, there: str) -> None:
    done = rivereye(
        "bench", place / "model", *ONE, "--against", place / "other", "--require", f"{TIMES}{{{label}}}>=25"
    )
    assert done.returncode == 2
    assert f"there is {there}" in done.stderr


def test_one_that_is_not_there_is_refused_before_measuring(place: Path) -> None:
    done = rivereye("bench", place / "model", *ONE, "--against", place / "nowhere", "--out", place / "out")
    assert done.returncode != 0
    assert "nowhere" in done.stderr
    assert "measuring" not in done.stderr


def test_its_table_has_a_row_a_precision_and_no_column_for_what_was_not_judged() -> None:
    labels = {"model": "vgg16-river", "precision": "fp32"}
    figures = (
        Figure.of(FPS, [16.5], "pictures/s", "higher", labels),
        Figure.of(TIMES, [43.0], "ratio", "higher", labels),
    )
    shown = printed(sample_report(figures=figures))
    assert "vgg16-river fp32" in " ".join(shown.split())
    assert "43" in shown
    assert "right %" not in shown
