"""What must change is said before TensorFlow is loaded; and that there are enough pictures, before anything is converted."""

import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import keras
import onnx
import pytest
from rich.console import Console

from deploy import export as exporting
from deploy.export import Settings, export
from deploy.parity import ENOUGH
from models.bundle import open_bundle
from models.errors import GateNotMet
from tests.deploy.runs import toy_pictures, write_run
from tests.deploy.test_importing import classifier
from tests.factories import write_corrupt
from tests.pictures import draw_dataset, save

Command = Callable[..., int]
SCRIPT = "import sys, rivereye; sys.argv = ['rivereye', *sys.argv[1:]]; rivereye.main()"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("export", "run", "--out", "toy", "--precision", "fp8"), "unknown precision 'fp8'"),
        (("export", "nowhere", "--out", "toy"), "no finished training run at nowhere"),
        (("export", "run", "--out", "/proc/toy"), "cannot write /proc/toy"),
        (("export", "run", "--out", "toy", "--notes", "nowhere.md"), "--notes nowhere.md: cannot be read"),
        (("export", "run", "--out", "toy", "--data", "nowhere"), "--data nowhere: no folder there"),
        (("import", "nowhere.onnx", "--out", "toy", "--data", "run"), "no file at nowhere.onnx: found nothing"),
        (("import", "run", "--out", "toy", "--data", "run"), "no file at run: found a folder"),
        (("import", "any.onnx", "--out", "toy", "--data", "run", "--precision", "int4"), "unknown precision 'int4'"),
        (("import", "any.onnx", "--out", "toy", "--data", "run", "--size", "big"), "--size big"),
        (("import", "any.onnx", "--out", "toy", "--data", "nowhere"), "--data nowhere: no folder there"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_must_change_is_said_before_tensorflow_is_loaded(
    run: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    """Which takes many seconds."""
    onnx.save(classifier(), tmp_path / "any.onnx")
    command = (sys.executable, "-X", "importtime", "-c", SCRIPT, *arguments)
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    lines = [line for line in done.stderr.splitlines() if not line.startswith("import time:")]
    loaded = {line.split("|")[-1].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert done.returncode == 2
    assert said in " ".join(lines)
    assert "deploy.request" in loaded
    assert not {"tensorflow", "keras", "onnx", "tf2onnx"} & loaded


@pytest.fixture(scope="module")
def enough(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As many pictures as are asked for, less the six of a run's test part."""
    folder = tmp_path_factory.mktemp("enough")
    for number, picture in enumerate(toy_pictures(ENOUGH - 6, seed=300)):
        save(picture, folder / f"{number:04d}.png")
    return folder


def test_a_thousand_pictures_are_asked_for(run: Path, enough: Path, tmp_path: Path) -> None:
    """No more: those that cannot be read have others stand in for them, if there are any."""
    card = export(run, tmp_path / "toy", Settings(("fp32",), enough), False, Console(file=StringIO()))
    assert card.precisions["fp32"].parity["cpu"].n == ENOUGH
    assert not card.precisions["fp32"].forced
    page = (tmp_path / "toy" / "README.md").read_text(encoding="utf-8")
    assert "forced" not in page.lower()


def test_one_fewer_is_refused_before_the_work(
    run: Path, enough: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = next(enough.iterdir())
    kept = broken.read_bytes()
    write_corrupt(broken, "text")
    monkeypatch.setattr(exporting, "to_onnx", lambda *_: pytest.fail("was converted"))
    said = (
        "export refused: compared on 999 real pictures, and fewer than 1000 do not say whether decisions stay; "
        "give more of them with --data FOLDER, or write the bundle all the same with --force"
    )
    with pytest.raises(GateNotMet, match=said):
        export(run, tmp_path / "toy", Settings(("fp32",), enough), False, Console(file=StringIO()))
    assert not (tmp_path / "toy").exists()
    broken.write_bytes(kept)


def test_few_pictures_are_a_gate(
    toy: keras.Model, tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    run, out = write_run(tmp_path / "run", toy), tmp_path / "toy"
    assert command("export", run, "--out", out, "--precision", "fp32,fp16") == 3
    said = " ".join(capsys.readouterr().err.split())
    assert "on 6 real pictures" in said
    assert "--data FOLDER" in said
    assert not out.exists()
    assert command("export", run, "--out", out, "--precision", "fp32,fp16", "--pictures", "5") == 3
    assert "give --pictures 1000 or more, or" in " ".join(capsys.readouterr().err.split())
    assert command("export", run, "--out", out, "--precision", "fp32,fp16", "--force") == 0
    assert " ".join(capsys.readouterr().err.split()).count("forced: compared on 6 real pictures") == 1
    assert [each.forced for each in open_bundle(str(out)).card.precisions.values()] == [True, True]
    page = (out / "README.md").read_text(encoding="utf-8")
    assert "| fp32.onnx (forced) |" in page
    assert "Forced: fewer than 1000 pictures" in page


def test_few_pictures_are_a_gate_of_import_too(
    tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    data = draw_dataset(tmp_path / "data", 8)
    onnx.save(classifier(), tmp_path / "any.onnx")
    options = ("--labels", "no_ship,ship", "--data", data, "--out", tmp_path / "b")
    assert command("import", tmp_path / "any.onnx", *options) == 3
    assert "on 8 real pictures" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "b").exists()
    assert command("import", tmp_path / "any.onnx", *options, "--force") == 0
    assert open_bundle(str(tmp_path / "b")).card.precisions["fp32"].forced


def test_help_says_so(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("export", "import"):
        assert command(verb, "--help") == 0
        assert "fewer than 1000" in " ".join(capsys.readouterr().out.replace("│", " ").split())
