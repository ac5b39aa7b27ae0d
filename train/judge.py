"""What judges pictures: a bundle, which needs no TensorFlow, or a run, which does."""

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import CARD
from models.choosing import how_chosen
from models.classifier import Choice, Classifier
from models.errors import DataError, first_line
from models.extras import importing
from train.answers import PICTURES, read_rows
from train.calibration import calibrated
from train.run import finished

Answer = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""From pictures, uint8, (n, height, width, 3), BGR, to calibrated probabilities, float32, (n,)."""


@dataclass(frozen=True, slots=True)
class Judge:
    """A model that is open.

    `stage` is what its answers are called beside those of others. `chosen` says how its threshold
    was chosen. `run` is what run.json holds, and `learnt` the pictures it was trained on, where that is known: their paths
    and the SHA-256 of their files.
    """

    name: str
    stage: str
    width: int
    height: int
    threshold: float
    chosen: str
    answer: Answer
    run: dict[str, Any] | None = None
    learnt: frozenset[Path | str] = frozenset()


@contextmanager
def opened(model: str) -> Iterator[Judge]:
    """Opens the folder of a run or of a bundle, or a released model by its name.

    Raises:
        BundleError: there is neither, or the bundle is broken.
        UsageError: the run is not finished.
        DataError: the run's network is missing or broken.
        MissingExtra: a run needs Keras, which is not installed.
    """
    if _is_run(Path(model)):
        yield _of_run(Path(model))
        return
    with Classifier(Choice(model).bundle()) as classifier:
        card = classifier.bundle.card
        yield Judge(
            name=card.name,
            stage=card.name,
            width=card.input.width,
            height=card.input.height,
            threshold=card.threshold.value,
            chosen=card.threshold.chosen,
            answer=classifier.probabilities,
        )


def _is_run(folder: Path) -> bool:
    try:
        return (folder / "run.json").is_file() and not (folder / CARD).is_file()
    except OSError:  # no name that a folder can have
        return False


def _of_run(folder: Path) -> Judge:
    with finished(folder) as record:
        decision, stage = record["decision"], str(record["stages"][-1]["name"])
        threshold, temperature = float(decision["threshold"]), float(decision["temperature"])
        shift, aim = float(decision.get("shift", 0.0)), decision["aim"]
        rows = read_rows(folder / PICTURES)
        own = [row for row in rows if row["part"] == "train"]
        learnt = frozenset[Path | str](
            {Path(row["path"]) for row in own} | {row["sha256"] for row in own if row.get("sha256")}
        )
    network = load_network(folder / "network.keras")
    _, height, width, _ = network.input_shape

    def answer(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        given = np.asarray(network.predict_on_batch(pictures)[:, 0], np.float32)
        return given if aim is None else calibrated(given, temperature, shift)  # as train.decision does

    return Judge(
        name=folder.resolve().name,
        stage=stage,
        width=width,
        height=height,
        threshold=threshold,
        chosen=how_chosen(decision),
        answer=answer,
        run=record,
        learnt=learnt,
    )


def load_network(path: Path) -> Any:
    """The Keras network. Imported here: a bundle is judged without TensorFlow."""
    with importing("train"):
        import keras
    try:
        network = keras.saving.load_model(path, compile=False)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise DataError(f"cannot load network {path}: {first_line(error)}; train it again") from error
    network.compile(jit_compile=False)
    return network
