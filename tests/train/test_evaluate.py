"""Judging folders of pictures, by a bundle and by a run."""

import hashlib
import json
import math
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from models.bundle import CARD, DEFAULT, RELEASED, open_bundle
from models.classifier import Classifier
from models.errors import BundleError, DataError, OutputError, RivereyeError, UsageError
from models.picture import fit, read_picture
from tests.factories import write_corrupt
from tests.pictures import SIZES, draw, draw_dataset, save, save_frame
from tests.train.conftest import toy_network
from tests.train.test_report import run_record
from train.calibration import calibrated
from train.dataset import Sample, list_samples
from train.evaluate import evaluate_model, plain_figures
from train.groups import Grouping
from train.judge import opened
from train.judging import BATCH, judge_samples, ship_share_of


def judge(model: str | Path, *folders: Path, console: Console | None = None, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "positive": "ship",
        "groups": "name",
        "threshold": None,
        "out": None,
        "as_json": False,
        "overwrite": False,
        "console": console or Console(file=StringIO()),
    }
    return evaluate_model(str(model), folders, **(given | changes))


def said_by(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.fixture
def greys(tmp_path: Path) -> Path:
    """Ships at 0.1, 0.6 and 0.8 of full brightness, water at 0.2 and 0.7: what `bundle` answers."""
    for name, levels in {"ship": (25, 153, 204), "no_ship": (51, 178)}.items():
        (tmp_path / "greys" / name).mkdir(parents=True)
        for level in levels:
            save(np.full((32, 48, 3), level, np.uint8), tmp_path / "greys" / name / f"camera_{level}.png")
    return tmp_path / "greys"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a network as small as can be, calibrated; it learnt from the first of these pictures."""
    folder = tmp_path_factory.mktemp("runs") / "small"
    folder.mkdir()
    toy_network(32).save(folder / "network.keras")
    record = run_record()
    record["decision"] |= {"temperature": 2.5, "threshold": 0.4}
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    pictures = draw_dataset(folder.parent / "pictures", 12)
    rows = [
        f"{path},{hashlib.sha256(path.read_bytes()).hexdigest()},{path.parent.name},g,{'test' if row else 'train'},0.5,0.5"
        for row, path in enumerate(sorted(pictures.rglob("*.*")))
    ]
    (folder / "pictures.csv").write_text(
        "\n".join(["path,sha256,label,group,part,first,last", *rows]), encoding="utf-8"
    )
    return folder


def test_known_answers(bundle: Path, greys: Path) -> None:
    console = Console(file=StringIO(), width=200)
    found = judge(bundle, greys, console=console)
    assert (found["n"], found["ships"], found["accuracy"]) == (5, 3, 3 / 5)
    assert (found["recall"], found["false_alarm_rate"], found["threshold"]) == (2 / 3, 1 / 2, 0.5)
    assert found["auc"] == pytest.approx(3 / 6)
    assert (found["model"], found["threshold_chosen"], found["judged_on"]) == ("brightness", "by hand", str(greys))
    assert [row["light"] for row in found["conditions"]["light"]] == ["dark", "dusk", "day"]
    assert [row["group"] for row in found["groups"]] == ["camera"]
    assert "3 of 5" in said_by(console)
    assert "2 of 3" in said_by(console)


def test_what_was_judged_can_be_told(bundle: Path, greys: Path, tmp_path: Path) -> None:
    """By labels and contents, wherever the pictures lie."""
    first = judge(bundle, greys, out=tmp_path / "report")
    assert first["pictures_sha256"] in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    moved = greys.rename(tmp_path / "moved")
    assert judge(bundle, moved)["pictures_sha256"] == first["pictures_sha256"]
    (moved / "ship" / "camera_25.png").rename(moved / "no_ship" / "camera_25.png")
    assert judge(bundle, moved)["pictures_sha256"] != first["pictures_sha256"]


def test_another_threshold(bundle: Path, greys: Path) -> None:
    found = judge(bundle, greys, threshold=0.75)
    assert (found["threshold"], found["recall"], found["false_alarm_rate"]) == (0.75, 1 / 3, 0)
    assert found["threshold_chosen"] == "by hand, on the command line"


@pytest.mark.parametrize("threshold", [-0.1, 1.1, math.nan])
def test_no_threshold(bundle: Path, greys: Path, threshold: float) -> None:
    with pytest.raises(UsageError, match="threshold"):
        judge(bundle, greys, threshold=threshold)


def test_json_is_alone_on_standard_output(bundle: Path, greys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_corrupt(greys / "ship" / "cut.jpg", "truncated")
    found = judge(bundle, greys, as_json=True)
    said = capsys.readouterr().out
    assert said.endswith("}\n")
    assert said.count("\n") == 1
    figures = json.loads(said)
    assert figures == plain_figures(found)
    assert figures.items() >= {"n": 5, "accuracy": 3 / 5, "unreadable": 1, "model": "brightness"}.items()
    names = ("accuracy_low", "accuracy_high", "recall", "false_alarm_rate", "auc", "ece", "threshold")
    assert all(isinstance(figures[name], float) for name in names)
    assert not any(isinstance(value, list | dict) for value in figures.values())


def test_pictures_that_cannot_be_read_are_set_aside(bundle: Path, greys: Path, tmp_path: Path) -> None:
    for kind in ("truncated", "text", "empty"):
        write_corrupt(greys / "ship" / f"{kind}.jpg", kind)
    console = Console(file=StringIO(), width=200)
    save(np.zeros((31, 90, 3), np.uint8), greys / "ship" / "tiny.jpg")
    found = judge(bundle, greys, console=console, out=tmp_path / "report")
    assert found["n"] == 5
    assert [Path(each["path"]).stem for each in found["quarantined"]] == ["empty", "text", "tiny", "truncated"]
    assert said_by(console).count("set aside: ") == 4
    assert "truncated.jpg" in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")


def test_none_can_be_read(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "data" / "ship").mkdir(parents=True)
    write_corrupt(tmp_path / "data" / "ship" / "a.jpg", "empty")
    with pytest.raises(DataError, match="none of 1 pictures"):
        judge(bundle, tmp_path / "data", out=tmp_path / "report")
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize("label", ["ship", "no_ship"])
def test_one_class_only(bundle: Path, greys: Path, tmp_path: Path, label: str) -> None:
    shutil.rmtree(greys / {"ship": "no_ship", "no_ship": "ship"}[label])
    console = Console(file=StringIO(), width=200)
    found = judge(bundle, greys, console=console, out=tmp_path / "report")
    assert (found["recall"], found["false_alarm_rate"]) == ((2 / 3, None) if label == "ship" else (None, 1 / 2))
    assert ("all count as showing no ship" in said_by(console)) == (label == "no_ship")


def test_sub_folders_of_another_name(bundle: Path, greys: Path) -> None:
    (greys / "ship").rename(greys / "vessel")
    assert judge(bundle, greys, positive="vessel")["ships"] == 3


@pytest.mark.parametrize(("folder", "kind"), [("none", UsageError), ("flat", UsageError), ("hollow", DataError)])
def test_folders_without_pictures(bundle: Path, tmp_path: Path, folder: str, kind: type[RivereyeError]) -> None:
    (tmp_path / "hollow" / "ship").mkdir(parents=True)
    (tmp_path / "flat").mkdir()
    with pytest.raises(kind, match=folder):
        judge(bundle, tmp_path / folder)


def test_a_report_is_never_overwritten_unasked(bundle: Path, greys: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    found = judge(bundle, greys, out=out)
    assert json.loads((out / "report.json").read_text(encoding="utf-8")) == found | {"run": None}
    assert sorted(each.name for each in out.iterdir()) == ["report.html", "report.json"]
    with pytest.raises(OutputError, match="--overwrite"):
        judge(bundle, greys, out=out)
    judge(bundle, greys, out=out, overwrite=True, threshold=0.9)
    assert json.loads((out / "report.json").read_text(encoding="utf-8"))["threshold"] == 0.9


@pytest.mark.parametrize("name", ["no-such-model", "a" * 5000, "nul\0"])
def test_no_model(greys: Path, name: str) -> None:
    with pytest.raises(BundleError):
        judge(name, greys)


@pytest.mark.skipif(not (RELEASED / DEFAULT / CARD).is_file(), reason="no released model")
def test_the_released_model_answers_as_it_does_elsewhere(tmp_path: Path) -> None:
    """More pictures than fit into a batch, of all sizes."""
    folder = draw_dataset(tmp_path / "data", BATCH + 4)
    samples = list_samples([folder], "ship", Grouping())
    with opened(DEFAULT) as found, Classifier(open_bundle(DEFAULT)) as classifier:
        judged, _ = judge_samples(samples, found, Console(file=StringIO()))
        pictures = [fit(read_picture(path), found.width, found.height) for path in judged.paths]
        alone = np.concatenate([classifier.probabilities(each[None]) for each in pictures])
        assert found.threshold == classifier.bundle.card.threshold.value
    np.testing.assert_allclose(judged.deployed, alone, atol=1e-5)
    assert judged.labels.tolist() == [int(path.parent.name == "ship") for path in judged.paths]
    assert len(set(judged.groups)) == 9


def test_a_run_is_judged_as_it_decides(run: Path) -> None:
    """Calibrated, and at its own threshold."""
    pictures = run.parent / "pictures"
    samples = list_samples([pictures], "ship", Grouping())
    with opened(str(run)) as found:
        judged, _ = judge_samples(samples, found, Console(file=StringIO()))
    network = toy_network(32)
    inputs = np.stack([fit(read_picture(sample.path), 32, 32) for sample in samples])
    plain = network.predict_on_batch(inputs)[:, 0]
    np.testing.assert_allclose(judged.deployed, calibrated(plain, 2.5), atol=1e-5)
    assert (found.name, found.threshold, found.stage) == ("small", 0.4, "last")


def test_a_run_without_an_aim_answers_as_it_is(run: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(run, tmp_path / "copy")
    record = json.loads((copy / "run.json").read_text(encoding="utf-8"))
    record["decision"] |= {"aim": None, "temperature": 1.0}
    (copy / "run.json").write_text(json.dumps(record), encoding="utf-8")
    picture = fit(draw(ship=True, seed=3), 32, 32)[None]
    with opened(str(copy)) as found:
        assert found.answer(picture) == pytest.approx(toy_network(32).predict_on_batch(picture)[:, 0])
        assert found.chosen.startswith("the paper's")


def test_pictures_that_it_learnt_from_are_told(run: Path, tmp_path: Path) -> None:
    console = Console(file=StringIO(), width=200)
    found = judge(run, run.parent / "pictures", console=console, out=tmp_path / "report")
    assert found["learnt"] == 1
    assert "trained on 1 of these 12 pictures" in said_by(console)
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "trained on 1 of these pictures" in page
    assert "To repeat it" in page


def test_pictures_that_it_learnt_from_are_known_wherever_they_lie(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run.parent / "pictures", tmp_path / "elsewhere")
    assert judge(run, tmp_path / "elsewhere")["learnt"] == 1


def test_what_a_bundle_learnt_from_is_not_known(bundle: Path, greys: Path, tmp_path: Path) -> None:
    console = Console(file=StringIO(), width=200)
    assert judge(bundle, greys, console=console, out=tmp_path / "report")["learnt"] is None
    said = "whether the model was trained on some of these pictures, its bundle does not say"
    assert said in said_by(console)
    assert said in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "content", "kind"),
    [
        ("run.json", "{", UsageError),
        ("run.json", "[]", UsageError),
        ("run.json", '{"stages": [], "decision": {}}', UsageError),
        ("pictures.csv", "path\n1.jpg", UsageError),
        ("network.keras", "no network", DataError),
    ],
)
def test_a_broken_run(run: Path, tmp_path: Path, file: str, content: str, kind: type[RivereyeError]) -> None:
    copy = shutil.copytree(run, tmp_path / "copy")
    (copy / file).write_text(content, encoding="utf-8")
    with pytest.raises(kind, match="copy"):
        judge(copy, run.parent / "pictures")


def test_sizes_of_ships_come_from_boxes_beside_them(tmp_path: Path) -> None:
    """The larger of two: 80 of 320 pixels."""
    path = save_frame(tmp_path / "a.png", [(10, 10, 90, 40), (200, 100, 220, 120)])
    picture = read_picture(path)
    assert ship_share_of(Sample(path, 1, "g"), picture) == pytest.approx(0.25, abs=1e-5)
    assert math.isnan(ship_share_of(Sample(path, 0, "g"), picture))
    for text in ("", "a note about this picture\n", "0 9 9 9 9\n"):
        path.with_suffix(".txt").write_text(text, encoding="utf-8")
        assert math.isnan(ship_share_of(Sample(path, 1, "g"), picture))
    path.with_suffix(".txt").unlink()
    assert math.isnan(ship_share_of(Sample(path, 1, "g"), picture))


def test_a_bundle_is_judged_without_tensorflow(bundle: Path, tmp_path: Path) -> None:
    save(draw(ship=True, seed=1, size=SIZES[1]), tmp_path / "data" / "ship" / "1.png")
    code = (
        "import sys; from pathlib import Path; from rich.console import Console; from train.evaluate import evaluate_model\n"
        f"evaluate_model({str(bundle)!r}, [Path({str(tmp_path / 'data')!r})], 'ship', 'name', None, None, True, False, "
        "Console(stderr=True))\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["n"] == 1
