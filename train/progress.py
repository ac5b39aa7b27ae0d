"""How far a stage got: kept after every epoch, whole or not at all, so that a kill costs no more than one epoch."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from models.outputs import replace_text
from train.recipe import Stage


class Progress(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no type stubs
    """Keeps weights, optimizer and history after each epoch; ends a stage that no longer gets better.

    Keras' own BackupAndRestore, ModelCheckpoint and EarlyStopping do not survive a kill in the middle of their
    writing: files are left half written, weights and epoch can disagree, and patience begins anew.

    Args:
        folder: for the files; made where it is not there.
        stage: of which this is the progress.
    """

    def __init__(self, folder: Path, stage: Stage) -> None:
        super().__init__()
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.stage = folder, stage
        self.done, self.best, self._log = (
            folder / "done.weights.h5",
            folder / "best.weights.h5",
            folder / "history.json",
        )
        self.history: dict[str, list[float]] = json.loads(self._log.read_text("utf-8")) if self._log.is_file() else {}

    @property
    def epochs(self) -> int:
        """Done so far."""
        return len(self.history.get("loss", []))

    @property
    def ended(self) -> bool:
        """Whether the last epochs, as many as the stage's patience, were no better than the best one before them."""
        losses = self.history.get("val_loss", [])
        return bool(losses and self.stage.patience and len(losses) - 1 - _best(losses) >= self.stage.patience)

    def restore(self, model: keras.Model) -> None:
        """Brings a compiled model, and its optimizer, to where they were after the last epoch done."""
        if self.epochs:
            model.load_weights(self._state(self.epochs))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(float(value))
        if self.stage.keep_best and _best(self.history["val_loss"]) == epoch:
            save_weights(self.model, self.best)
        save_weights(self.model, self._state(epoch + 1))
        replace_text(self._log, json.dumps(self.history) + "\n")
        self._state(epoch).unlink(missing_ok=True)
        if self.ended:
            self.model.stop_training = True

    def _state(self, epochs: int) -> Path:
        return self.folder / f"after-{epochs}.weights.h5"


def _best(losses: Sequence[float]) -> int:
    """The epoch of the least loss; the first one of equals, or where none is a number."""
    return int(np.argmin(np.nan_to_num(losses, nan=np.inf)))


def save_weights(model: keras.Model, path: Path) -> None:
    """Of the model and its optimizer; the file is whole or not there."""
    part = path.with_name("part.weights.h5")
    model.save_weights(part)
    part.replace(path)
