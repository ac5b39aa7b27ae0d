"""The options of `rivereye train`, as they are typed; a typing error is told before TensorFlow is loaded."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import rivereye as front
import train.settings
import train.train
from models.errors import UsageError
from train import verbs
from train.recipe import Changes


def command(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    """Typed, but for this process, where TensorFlow is loaded already."""
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr("sys.argv", ["rivereye", "train", *arguments])


@pytest.mark.parametrize(
    ("text", "kind", "numbers"),
    [
        (None, int, None),
        ("3", int, (3,)),
        ("10,2", int, (10, 2)),
        ("10, 2", int, (10, 2)),
        ("1e-4,1", float, (1e-4, 1)),
    ],
)
def test_numbers(text: str | None, kind: Any, numbers: tuple[float, ...] | None) -> None:
    assert verbs._numbers("epochs", text, kind) == numbers


@pytest.mark.parametrize("text", ["", "x", "1,", ",", "1.5", "1;2", "1 2"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        verbs._numbers("epochs", text, int)
    assert str(caught.value) == f"--epochs {text!r}: give a number, or several with commas, such as 10,2"


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        *(
            (option, "1,x", "'1,x': give a number, or several with commas")
            for option in ("epochs", "learning-rate", "batch", "patience", "head")
        ),
        ("optimizer", "sgd,adamw", "sgd,adamw: give adam, adamw, sgd, rmsprop"),
        ("recipe", "rivers", "unknown recipe 'rivers'"),
    ],
)
def test_a_typing_error_is_told_at_once(tmp_path: Path, option: str, value: str, said: str) -> None:
    """Without TensorFlow: here it cannot even be imported."""
    (tmp_path / "tensorflow.py").write_text("raise SystemExit('tensorflow was imported')")
    (tmp_path / "keras.py").write_text("raise SystemExit('keras was imported')")
    command = [sys.executable, "-c", "import rivereye; rivereye.main()", "train", "pictures", "--out", "run"]
    done = subprocess.run(
        [*command, f"--{option}", value],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{Path(__file__).parents[2]}", "COLUMNS": "300"},
    )
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "imported" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [("--epochs", "3,2,1"), ("--unfreeze", "6"), ("--optimizer", "adma")])
def test_a_change_without_sense_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, str]
) -> None:
    command(monkeypatch, str(tmp_path), "--weights", "none", "--out", str(tmp_path / "run"), *arguments)
    with pytest.raises(SystemExit) as caught:
        front.main()
    assert caught.value.code == 2
    assert f"rivereye: {arguments[0]} " in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_options_reach_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []
    monkeypatch.setattr(train.train, "train", lambda *arguments: given.extend(arguments))
    options = (
        *("--epochs=4,1", "--learning-rate=1e-3", "--batch=8", "--patience=2", "--optimizer=sgd", "--unfreeze=2"),
        *("--head=64,32", "--pooling=average", "--dropout=0.1", "--copies=1", "--class-weights", "--recipe=paper"),
        *("--seed=5", "--no-cache", "--no-mixed-precision", "--features=kept", "--tensorboard=logs", "--overwrite"),
        *("--holdout-group=a", "--holdout-group=b"),
    )
    command(monkeypatch, "pictures", "more", "--out", "run", *options)
    with pytest.raises(SystemExit) as caught:
        front.main()
    assert not caught.value.code
    folders, out, settings, overwrite, _ = given
    assert (folders, out, overwrite) == ([Path("pictures"), Path("more")], Path("run"), True)
    assert settings == train.settings.Settings(
        recipe="paper",
        changes=Changes((4, 1), (1e-3,), (8,), "sgd", (2,), "2", 1, (64, 32), 0.1, "average", class_weights=True),
        holdout=("a", "b"),
        seed=5,
        cache=False,
        mixed_precision=False,
        features=Path("kept"),
        tensorboard=Path("logs"),
    )
