"""What is kept of a stage after each epoch, and when it ends early."""

import json
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import pytest

from train.progress import Progress, save_weights
from train.recipe import Stage


@pytest.fixture
def compiled(toy: keras.Model) -> keras.Model:
    toy.compile("adam", "binary_crossentropy")
    toy.optimizer.build(toy.trainable_variables)
    return toy


def after(model: keras.Model, folder: Path, losses: Sequence[float], **settings: int | bool) -> Progress:
    """As if these were the validation losses of its epochs; each sets the last bias to its number."""
    progress = Progress(folder, Stage("stage", "head", 9, 0.1, **settings))  # type: ignore[arg-type]
    progress.set_model(model)
    for epoch, loss in enumerate(losses, start=progress.epochs):
        model.get_layer("ship").bias.assign([epoch + 1])
        progress.on_epoch_end(epoch, {"loss": 1.0, "val_loss": loss})
    return progress


def last_bias(model: keras.Model, path: Path) -> float:
    model.load_weights(path)
    return float(model.get_layer("ship").bias.numpy()[0])


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_last_epoch_is_kept_and_no_other(compiled: keras.Model, tmp_path: Path) -> None:
    progress = after(compiled, tmp_path / "deep" / "stage", [0.3, 0.2, 0.5])
    assert names(progress.folder) == {"after-3.weights.h5", "history.json"}
    assert json.loads((progress.folder / "history.json").read_text()) == {
        "loss": [1.0, 1.0, 1.0],
        "val_loss": [0.3, 0.2, 0.5],
    }
    assert (progress.epochs, progress.ended) == (3, False)


def test_restoring_brings_back_weights_and_optimizer(compiled: keras.Model, tmp_path: Path) -> None:
    compiled.optimizer.iterations.assign(7)
    after(compiled, tmp_path, [0.3, 0.2])
    before = compiled.get_weights()
    compiled.set_weights([np.zeros_like(each) for each in before])
    compiled.optimizer.iterations.assign(0)
    again = Progress(tmp_path, Stage("stage", "head", 9, 0.1))
    again.restore(compiled)
    assert (again.epochs, int(compiled.optimizer.iterations)) == (2, 7)
    for ours, wanted in zip(compiled.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, wanted)


def test_nothing_kept_restores_nothing(compiled: keras.Model, tmp_path: Path) -> None:
    before = compiled.get_weights()
    Progress(tmp_path, Stage("stage", "head", 9, 0.1)).restore(compiled)
    for ours, wanted in zip(compiled.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, wanted)


@pytest.mark.parametrize(("losses", "best"), [([0.3, 0.2, 0.5], 2), ([0.3], 1), ([0.1, 0.2, 0.3], 1)])
def test_the_best_epoch_is_kept(compiled: keras.Model, tmp_path: Path, losses: Sequence[float], best: int) -> None:
    progress = after(compiled, tmp_path, losses, keep_best=True)
    assert last_bias(compiled, progress.best) == best


def test_a_stage_that_diverges_at_once_has_a_best_epoch(compiled: keras.Model, tmp_path: Path) -> None:
    progress = after(compiled, tmp_path, [float("nan"), float("nan")], keep_best=True)
    assert last_bias(compiled, progress.best) == 1


def test_what_is_no_number_is_not_the_best(compiled: keras.Model, tmp_path: Path) -> None:
    progress = after(compiled, tmp_path, [0.3, float("nan"), 0.2, float("nan")], keep_best=True)
    assert last_bias(compiled, progress.best) == 3


def test_the_best_epoch_is_remembered_across_a_kill(compiled: keras.Model, tmp_path: Path) -> None:
    after(compiled, tmp_path, [0.2], keep_best=True)
    progress = after(compiled, tmp_path, [0.3, 0.4], keep_best=True)
    assert last_bias(compiled, progress.best) == 1


@pytest.mark.parametrize(
    ("patience", "losses", "ended"),
    [
        (None, [0.1, 0.2, 0.3, 0.4], False),
        (1, [], False),
        (1, [0.1], False),
        (1, [0.1, 0.2], True),
        (1, [0.1, 0.1], True),  # no better is not better
        (2, [0.1, 0.2], False),
        (2, [0.3, 0.2, 0.4, 0.1], False),
        (2, [0.3, 0.1, 0.4, 0.2], True),
    ],
)
def test_patience(
    compiled: keras.Model, tmp_path: Path, patience: int | None, losses: Sequence[float], ended: bool
) -> None:
    """The same whether it is asked of the process that trained or of the one after it."""
    compiled.stop_training = False
    progress = after(compiled, tmp_path, losses, **{} if patience is None else {"patience": patience})
    assert progress.ended is compiled.stop_training is ended
    assert Progress(tmp_path, progress.stage).ended is ended


def test_weights_are_whole_or_not_there(compiled: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_weights(compiled, tmp_path / "done.weights.h5")
    content = (tmp_path / "done.weights.h5").read_bytes()

    def half(path: Path) -> None:
        path.write_bytes(content[: len(content) // 2])
        raise KeyboardInterrupt

    monkeypatch.setattr(compiled, "save_weights", half)
    for name in ("done.weights.h5", "best.weights.h5"):
        with pytest.raises(KeyboardInterrupt):
            save_weights(compiled, tmp_path / name)
    assert (tmp_path / "done.weights.h5").read_bytes() == content
    assert not (tmp_path / "best.weights.h5").exists()
    monkeypatch.undo()
    save_weights(compiled, tmp_path / "best.weights.h5")
    assert names(tmp_path) == {"done.weights.h5", "best.weights.h5"}
