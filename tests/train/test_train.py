"""`rivereye train` as people run it: what it leaves, what it refuses, and that a stopped one leaves nothing."""

import csv
import json
import math
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from io import StringIO
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from rich.console import Console

import train.hardware
import train.train as module
from models.errors import DataError, OutputError, RivereyeError, UsageError
from models.networks import SIZE
from rivereye import main
from tests.factories import COMMAND, rivereye, start, write_corrupt
from tests.pictures import DRAWN, SEED, draw, draw_dataset, save, save_frame
from tests.train.conftest import toy_network
from train.answers import read_answers
from train.dataset import Sample, find_samples, read_samples
from train.decision import decide
from train.groups import Grouping
from train.material import prepare
from train.metrics import share
from train.recipe import RECIPES, Changes
from train.settings import Settings
from train.split import SHARES, split
from train.train import train as begin
from train.windows import EMPTIED

FILES = {"network.keras", "run.json", "pictures.csv", "report.html", "report.json"}
"""Of a run."""
PAPER = Settings(recipe="paper", mixed_precision=False)


@pytest.fixture
def record(trained: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((trained / "run" / "run.json").read_text(encoding="utf-8"))
    return read


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Sample]:
    """Trains a network of a few thousand weights instead of VGG16, and lists the windows it is shown."""
    found: list[Sample] = []

    def watched(*arguments: Any) -> Any:
        found[:] = arguments[2]
        return prepare(*arguments)

    for place in (module, train.hardware):
        monkeypatch.setattr(place, "build", lambda *_: toy_network(SIZE))
    monkeypatch.setattr(module, "prepare", watched)
    return found


def run_toy(pictures: Path, out: Path, settings: Settings) -> tuple[dict[str, Any], str]:
    """What run.json holds, and what was said."""
    said = StringIO()
    begin([pictures], out, settings, overwrite=False, console=Console(file=said, width=300))
    written: dict[str, Any] = json.loads((out / "run.json").read_text(encoding="utf-8"))
    return written, said.getvalue()


def frames_of(folder: Path, names: Iterable[str]) -> Path:
    """A frame a name, with one vessel in a corner, so that there is room for windows of both classes."""
    for name in names:
        save_frame(folder / name, [(0, 0, 40, 20)], (640, 480))
    return folder


def table_of(run: Path) -> list[dict[str, str]]:
    with (run / "pictures.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def refused(pictures: Path, out: Path, settings: Settings, overwrite: bool = False) -> RivereyeError:
    with pytest.raises(RivereyeError) as caught:
        begin([pictures], out, settings, overwrite, Console(file=StringIO()))
    return caught.value


def test_a_run_is_a_few_files(trained: Path) -> None:
    assert {path.name for path in (trained / "run").rglob("*")} == FILES
    assert {path.name for path in trained.iterdir()} == {"pictures", "run", "said.txt"}


def test_settings_and_versions(record: dict[str, Any]) -> None:
    assert {
        name: record[name] for name in ("schema", "network", "weights", "seed", "cache", "precision", "positive")
    } == {
        "schema": "rivereye/run/1",
        "network": "vgg16",
        "weights": "none",
        "seed": SEED,
        "cache": True,
        "precision": "float32",
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


def test_the_papers_threshold_by_itself(trained: Path, record: dict[str, Any]) -> None:
    decision = record["decision"]
    assert (decision["aim"], decision["threshold"], decision["temperature"]) == (None, 0.5, 1.0)
    assert decision["test"] == record["stages"][-1]["test"]
    assert "threshold 0.500 (the paper's)" in (trained / "said.txt").read_text(encoding="utf-8")


def test_the_record_names_recipe_and_frames(record: dict[str, Any]) -> None:
    assert record["recipe"] == json.loads(json.dumps(asdict(RECIPES["paper"])))
    assert record["frames"] == {
        "folders": [],
        "sha256": None,
        "frames": 0,
        "windows": {"no_ship": 0, "ship": 0},
        "quarantined": [],
    }
    assert [stage["keep_best"] for stage in record["stages"]] == [False, False]


def test_unreadable_pictures_are_listed_and_said(trained: Path, record: dict[str, Any]) -> None:
    listed = {each["path"]: each["reason"] for each in record["data"]["quarantined"]}
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
        (Settings(weights="none", recipe="lake"), UsageError, "unknown recipe 'lake'; known: paper, river"),
        (Settings(weights="none", frames=(Path("nowhere"),)), UsageError, "no folder of frames at nowhere"),
        (Settings(weights="none", frames=(Path(__file__).parent,)), DataError, "0 pictures, none with its boxes"),
    ],
    ids=[
        "network",
        "weights",
        "groups",
        "positive",
        "negative-seed",
        "huge-seed",
        "recipe",
        "missing-frames",
        "no-frames",
    ],
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
def test_a_stopped_training_keeps_its_work(trained: Path, tmp_path: Path, number: signal.Signals, sign: str) -> None:
    """Stopped by Ctrl-C in the midst of a stage, and by `kill` before the first one. No half a run is there."""
    with subprocess.Popen(
        [
            COMMAND,
            "train",
            trained / "pictures",
            "--weights",
            "none",
            "--copies",
            "0",
            "--out",
            tmp_path / "runs" / "mine",
        ],
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
    assert "what was done so far is kept in" in said
    assert "the same command goes on from there" in " ".join(said.split())
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [".mine.unfinished"]


SMALL = ("--weights=none", "--copies=1", "--epochs=1,3", "--head=8", "--pooling=average", "--unfreeze=1")


def test_a_killed_training_ends_the_same(trained: Path, tmp_path: Path) -> None:
    """Killed while frozen layers are run, and after an epoch of stage 2; with altered copies and averaged weights."""
    arguments: list[str | Path] = ["train", trained / "pictures", *SMALL, "--no-mixed-precision", "--out"]
    undisturbed = rivereye(*arguments, tmp_path / "undisturbed", timeout=200)
    assert undisturbed.returncode == 0, undisturbed.stderr
    work = tmp_path / ".killed.unfinished"
    for sign in ("features/*/values", "stage-2/history.json"):
        with start(*arguments, tmp_path / "killed", stdout=subprocess.DEVNULL) as process:
            while not any(path.stat().st_size for path in work.glob(sign)):
                assert process.poll() is None, process.communicate()
                time.sleep(0.01)
            process.kill()
            process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        assert not (tmp_path / "killed").exists()
        assert (work / "settings.json").is_file()
    done = rivereye(*arguments, tmp_path / "killed", timeout=200)
    assert done.returncode == 0, done.stderr
    assert "going on with the unfinished run" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"undisturbed", "killed"}
    networks, records = [], []
    for run in (tmp_path / "undisturbed", tmp_path / "killed"):
        networks.append(keras.saving.load_model(run / "network.keras", compile=False).get_weights())
        records.append(json.loads((run / "run.json").read_text(encoding="utf-8")))
    for wanted, ours in zip(*networks, strict=True):
        np.testing.assert_array_equal(ours, wanted)
    assert [stage["history"] for stage in records[0]["stages"]] == [stage["history"] for stage in records[1]["stages"]]
    assert table_of(tmp_path / "undisturbed") == table_of(tmp_path / "killed")


def run_stopped(monkeypatch: pytest.MonkeyPatch, pictures: Path, out: Path, settings: Settings) -> None:
    """Before its first stage, when all pictures are prepared."""

    def stopped(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "learn", stopped)
        with pytest.raises(KeyboardInterrupt):
            run_toy(pictures, out, settings)


@pytest.fixture
def left(shown: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The pictures of a run that was stopped, with PAPER, before its first stage, at `tmp_path / "run"`."""
    pictures = draw_dataset(tmp_path / "pictures", DRAWN)

    run_stopped(monkeypatch, pictures, tmp_path / "run", PAPER)
    assert {path.name for path in tmp_path.iterdir()} == {"pictures", ".run.unfinished"}
    return pictures


def test_an_unfinished_run_of_the_same_settings_goes_on(left: Path, tmp_path: Path) -> None:
    _, said = run_toy(left, tmp_path / "run", PAPER)
    assert "going on with the unfinished run in" in said
    assert {path.name for path in tmp_path.iterdir()} == {"pictures", "run"}


@pytest.mark.parametrize(
    "other",
    [
        replace(PAPER, seed=2),
        replace(PAPER, recipe="river"),
        replace(PAPER, changes=Changes(epochs=(1,))),
        replace(PAPER, mixed_precision=True),
        replace(PAPER, cache=False),
    ],
    ids=["seed", "recipe", "epochs", "precision", "cache"],
)
def test_an_unfinished_run_of_other_settings_is_refused(left: Path, tmp_path: Path, other: Settings) -> None:
    error = refused(left, tmp_path / "run", other)
    assert isinstance(error, OutputError)
    assert "holds an unfinished run of other settings" in str(error)
    assert (tmp_path / ".run.unfinished" / "train").is_file()


def test_an_unfinished_run_is_dropped_where_that_is_wanted(left: Path, tmp_path: Path) -> None:
    said = StringIO()
    begin([left], tmp_path / "run", replace(PAPER, seed=2), overwrite=True, console=Console(file=said, width=300))
    assert "going on" not in said.getvalue()
    assert {path.name for path in tmp_path.iterdir()} == {"pictures", "run"}


@pytest.mark.parametrize("change", ["touched", "one more", "one less"])
def test_changed_pictures_are_other_settings(left: Path, tmp_path: Path, change: str) -> None:
    path = min((left / "ship").iterdir())
    if change == "touched":
        path.touch()
    elif change == "one more":
        save(draw(ship=True, seed=99), left / "ship" / "source00-view_999.png")
    else:
        path.unlink()
    assert "unfinished run of other settings, pictures" in str(refused(left, tmp_path / "run", PAPER))


@pytest.mark.parametrize("changed", ["groups", "boxes"])
def test_changed_groups_and_boxes_are_other_settings(
    shown: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    """Pictures prepared for the first start would be taken for those of the second."""
    pictures, frames = draw_dataset(tmp_path / "pictures", DRAWN), frames_of(tmp_path / "frames", ["lock_1.png"])
    groups = tmp_path / "groups.csv"
    groups.write_text("pattern,group\n" + "".join(f"source{camera:02d}*,cam{camera}\n" for camera in range(5)))
    settings = replace(PAPER, groups=str(groups), frames=(frames,))

    run_stopped(monkeypatch, pictures, tmp_path / "run", settings)
    path = groups if changed == "groups" else frames / "lock_1.txt"
    path.write_text(path.read_text().replace("cam0", "cam8").replace("0 0.0", "0 0.1"))
    assert isinstance(refused(pictures, tmp_path / "run", settings), OutputError)


# Recipes and frames, with a network of a few thousand weights


def test_the_recipe_has_an_aim(shown: list[Sample], tmp_path: Path) -> None:
    """Chosen on the answers that pictures.csv holds; the temperature is not in the network yet."""
    written, said = run_toy(draw_dataset(tmp_path / "pictures", DRAWN), tmp_path / "run", Settings(recipe="river"))
    decision = written["decision"]
    assert decision["aim"] == RECIPES["river"].aim
    assert decision == decide(read_answers(tmp_path / "run", "fine-tuning"), decision["aim"])
    assert f"aim {decision['aim']}" in said


def test_an_aim_that_is_none_is_refused_at_once(shown: list[Sample], tmp_path: Path) -> None:
    error = refused(tmp_path / "nowhere", tmp_path / "runs" / "mine", Settings(aim="few mistakes"))
    assert "unknown aim 'few mistakes'" in str(error)


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("with_frames", [False, True], ids=["alone", "frames"])
def test_the_cache_changes_nothing(shown: list[Sample], tmp_path: Path, recipe: str, with_frames: bool) -> None:
    pictures = draw_dataset(tmp_path / "pictures", DRAWN)
    frames = (frames_of(tmp_path / "frames", ["lock_1.png"]),) if with_frames else ()
    found = []
    for cache in (True, False):
        settings = Settings(recipe=recipe, frames=frames, cache=cache, mixed_precision=False)
        found.append(run_toy(pictures, tmp_path / f"run-{cache}", settings)[0])
    assert len(shown) == (24 + EMPTIED if with_frames else 0)
    assert [stage["name"] for stage in found[0]["stages"]] == [stage.name for stage in RECIPES[recipe].stages]
    for stage, (cached, plain) in zip(
        RECIPES[recipe].stages, zip(*(each["stages"] for each in found), strict=True), strict=True
    ):
        assert len(cached["history"]["loss"]) == len(plain["history"]["loss"]) <= stage.epochs
        for name, values in cached["history"].items():
            assert values == pytest.approx(plain["history"][name], rel=1e-4)
        answers = [[row[stage.name] for row in table_of(tmp_path / f"run-{cache}")] for cache in (True, False)]
        assert [bool(each) for each in answers[0]] == [bool(each) for each in answers[1]]
        assert [float(each) for each in answers[0] if each] == pytest.approx(
            [float(each) for each in answers[1] if each], abs=1e-4
        )


def test_the_command_takes_recipe_and_frames(
    shown: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process, where TensorFlow is loaded already."""
    pictures = draw_dataset(tmp_path / "pictures", DRAWN)
    first, second = (frames_of(tmp_path / name, [f"{name}_1.png"]) for name in ("lock", "weir"))
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    options = [
        "--recipe",
        "river",
        "--aim",
        "miss<=5%",
        "--frames",
        first,
        "--frames",
        second,
        "--out",
        tmp_path / "run",
    ]
    monkeypatch.setattr("sys.argv", ["rivereye", "train", str(pictures), *map(str, options)])
    monkeypatch.setattr("signal.signal", lambda *_: None)
    with pytest.raises(SystemExit) as caught:
        main()
    assert not caught.value.code
    written = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert written["recipe"] == json.loads(json.dumps(asdict(RECIPES["river"])))
    assert len(written["frames"].pop("sha256")) == 64
    assert written["frames"] == {
        "folders": [str(first), str(second)],
        "frames": 2,
        "windows": {"no_ship": 2 * (12 + EMPTIED), "ship": 24},
        "quarantined": [],
    }
    assert [stage["keep_best"] for stage in written["stages"]] == [True, False]
    assert [stage["average"] for stage in written["stages"]] == [False, True]
    assert written["decision"]["aim"] == "miss<=5%"
    assert {path.name for path in (tmp_path / "run").iterdir()} == FILES
    assert Counter(sample.label for sample in shown) == {0: 2 * (12 + EMPTIED), 1: 24}


def test_answers_stand_beside_their_own_pictures(shown: list[Sample], tmp_path: Path) -> None:
    """Though in training the pictures stand in another order, behind copies and windows."""
    pictures = draw_dataset(tmp_path / "pictures", DRAWN)
    settings = Settings(recipe="river", frames=(frames_of(tmp_path / "frames", ["lock_1.png"]),))
    run_toy(pictures, tmp_path / "run", settings)
    network = keras.saving.load_model(tmp_path / "run" / "network.keras", compile=False)
    dataset = read_samples(find_samples([pictures], "ship", Grouping()), SIZE, tmp_path / "store")
    expected = network.predict_on_batch(dataset.pictures)[:, 0]
    rows = table_of(tmp_path / "run")
    assert [row["path"] for row in rows] == [str(sample.path) for sample in dataset.samples]
    assert len({row["fine-tuning"] for row in rows}) > 6
    for row, answer in zip(rows, expected, strict=True):
        if row["part"] == "train":
            assert row["transfer"] == row["fine-tuning"] == ""
        else:
            assert float(row["fine-tuning"]) == pytest.approx(answer, abs=1e-5)


def by_name(folder: Path) -> tuple[Path, Path, str]:
    """Pictures `sourceNN-view_NNN.png`, frames `sourceNN-view_900.png` of each source, and one of a new camera."""
    pictures = draw_dataset(folder / "pictures", DRAWN)
    names = [f"source{source:02d}-view_900.png" for source in range(5)]
    return pictures, frames_of(folder / "frames", [*names, "lock_1.png"]), "name"


def by_folder(folder: Path) -> tuple[Path, Path, str]:
    """Pictures and frames `camN/NNN.png`, whose names are numbers only."""
    for index in range(DRAWN):
        place = folder / "pictures" / ("ship", "no_ship")[index % 2] / f"cam{index // 4}"
        save(draw(index % 2 == 0, index), place / f"{index:03d}.png")
    names = [f"cam{camera}/900.png" for camera in range(5)]
    return folder / "pictures", frames_of(folder / "frames", [*names, "new/900.png"]), "name"


def by_table(folder: Path) -> tuple[Path, Path, str]:
    """Pictures of one camera bear other names than its frames."""
    pictures = draw_dataset(folder / "pictures", DRAWN)
    lines = [f"source{camera:02d}*,cam{camera}\nweb{camera}_*,cam{camera}\n" for camera in range(5)]
    (folder / "groups.csv").write_text("pattern,group\n" + "".join(lines))
    names = [f"day{camera % 2}/web{camera}_2024-07-01.png" for camera in range(5)]
    return pictures, frames_of(folder / "frames", [*names, "weir.png"]), str(folder / "groups.csv")


@pytest.mark.parametrize("make", [by_name, by_folder, by_table])
@pytest.mark.parametrize("seed", [1, 2])
def test_no_window_of_a_camera_that_judges(
    shown: list[Sample], tmp_path: Path, make: Callable[[Path], tuple[Path, Path, str]], seed: int
) -> None:
    pictures, frames, groups = make(tmp_path)
    settings = replace(PAPER, groups=groups, frames=(frames,), seed=seed)
    written, said = run_toy(pictures, tmp_path / "run", settings)
    rows = table_of(tmp_path / "run")
    judging = {row["group"] for row in rows if row["part"] != "train"}
    training = {row["group"] for row in rows if row["part"] == "train"}
    assert (len(judging), len(training), judging & training) == (2, 3, set())
    groups_shown = {sample.group for sample in shown}
    assert not groups_shown & judging
    assert groups_shown > training
    assert len(groups_shown) == 4  # and the camera that no picture is of
    assert Counter(sample.label for sample in shown) == {0: 4 * (12 + EMPTIED), 1: 4 * 12}
    assert written["frames"]["frames"] == 4
    assert written["frames"]["windows"] == {"no_ship": 4 * (12 + EMPTIED), "ship": 4 * 12}
    assert "120 windows from frames for training, 48 with a ship; 60 left out: their cameras" in said


def test_only_frames_of_cameras_that_judge(shown: list[Sample], tmp_path: Path) -> None:
    """Then it is as if there were none."""
    pictures = draw_dataset(tmp_path / "pictures", DRAWN)
    samples = find_samples([pictures], "ship", Grouping())
    judging = [
        sample.path.with_suffix(".png").name
        for sample, part in zip(samples, split(samples, SEED), strict=True)
        if part != "train"
    ]
    frames = frames_of(tmp_path / "frames", judging)
    without, _ = run_toy(pictures, tmp_path / "without", PAPER)
    written, said = run_toy(pictures, tmp_path / "run", replace(PAPER, frames=(frames,)))
    assert shown == []
    assert "0 windows from frames for training, 0 with a ship; 120 left out" in said
    assert written["frames"]["windows"] == {"no_ship": 0, "ship": 0}
    for with_frames, alone in zip(written["stages"], without["stages"], strict=True):
        assert with_frames["history"]["loss"] == pytest.approx(alone["history"]["loss"], rel=1e-5)


@pytest.mark.parametrize("broken", ["boxes", "picture"])
def test_a_broken_frame_ends_the_training(shown: list[Sample], tmp_path: Path, broken: str) -> None:
    """Before it has begun, and nothing is left of it."""
    pictures, frames = draw_dataset(tmp_path / "pictures", DRAWN), frames_of(tmp_path / "frames", ["lock_1.png"])
    if broken == "boxes":
        (frames / "lock_1.txt").write_text("lighthouse\n")
    else:
        write_corrupt(frames / "lock_1.png", "truncated")
    error = refused(pictures, tmp_path / "runs" / "mine", Settings(frames=(frames,)))
    assert isinstance(error, DataError)
    assert str(frames / "lock_1") in str(error)
    assert shown == []
    assert list((tmp_path / "runs").iterdir()) == []


def test_what_is_trained_in_half_precision_is_saved_and_judged_in_float32(shown: list[Sample], tmp_path: Path) -> None:
    pictures = draw_dataset(tmp_path / "pictures", DRAWN)
    written, _ = run_toy(pictures, tmp_path / "run", Settings(mixed_precision=True, changes=Changes(copies=1)))
    assert written["precision"] in ("mixed_bfloat16", "mixed_float16")
    network = keras.saving.load_model(tmp_path / "run" / "network.keras", compile=False)
    assert {layer.compute_dtype for layer in network.layers} <= {"float32", "uint8"}
    dataset = read_samples(find_samples([pictures], "ship", Grouping()), SIZE, tmp_path / "store")
    expected = network.predict_on_batch(dataset.pictures)[:, 0]
    for row, answer in zip(table_of(tmp_path / "run"), expected, strict=True):
        assert row["part"] == "train" or float(row["fine-tuning"]) == pytest.approx(answer, abs=1e-5)


def test_features_outlive_the_run_and_serve_the_next(shown: list[Sample], tmp_path: Path) -> None:
    pictures, kept = draw_dataset(tmp_path / "pictures", DRAWN), tmp_path / "kept"
    runs = []
    for name in ("first", "second"):
        runs.append(run_toy(pictures, tmp_path / name, replace(PAPER, features=kept))[0])
        sizes = {path: path.stat().st_size for path in kept.rglob("*") if path.is_file()}
        runs[-1]["sizes"] = sizes
    assert runs[0]["sizes"] == runs[1]["sizes"]
    assert sum(path.name == "values" for path in runs[0]["sizes"]) == 2
    assert [stage["history"] for stage in runs[0]["stages"]] == [stage["history"] for stage in runs[1]["stages"]]


def test_tensorboard_gets_a_log_of_each_stage(shown: list[Sample], tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    pictures, logs = draw_dataset(tmp_path / "pictures", DRAWN), tmp_path / "logs"
    run_toy(pictures, tmp_path / "run", replace(PAPER, tensorboard=logs, changes=Changes(epochs=(1,))))
    assert {path.relative_to(logs).parts[0] for path in logs.rglob("events*")} == {"transfer", "fine-tuning"}


@pytest.mark.parametrize("unfreeze", ["head", "2", "block5_pool"])
def test_stages_that_train_more_or_the_same(shown: list[Sample], tmp_path: Path, unfreeze: str) -> None:
    pictures = draw_dataset(tmp_path / "pictures", DRAWN)
    settings = replace(PAPER, changes=Changes(epochs=(1,), unfreeze=unfreeze))
    written, _ = run_toy(pictures, tmp_path / "run", settings)
    assert written["recipe"]["name"] == "paper, changed"
    assert [len(stage["history"]["loss"]) for stage in written["stages"]] == [1, 1]
