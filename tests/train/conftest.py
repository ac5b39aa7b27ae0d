"""A network small enough to train in a test, answers as one gives them, and the one VGG16 that was trained for real."""

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console

from tests.pictures import SEED, vgg16_run
from train.answers import Answers
from train.settings import Settings
from train.train import train


def toy_network(side: int = 16) -> keras.Model:
    """Bears the names by which the stages know a VGG, and takes square pictures."""
    keras.utils.set_random_seed(SEED)
    pictures = keras.Input((side, side, 3), dtype="uint8", name="pictures")
    values = keras.layers.Rescaling(1 / 255, name="centre")(pictures)
    for block in ("block4", "block5"):
        values = keras.layers.Conv2D(4, 3, activation="relu", name=f"{block}_conv1")(values)
        values = keras.layers.MaxPooling2D(name=f"{block}_pool")(values)
    values = keras.layers.Flatten(name="flatten")(values)
    values = keras.layers.Dense(8, activation="relu", name="hidden")(values)
    values = keras.layers.Dropout(0.5, name="dropout")(values)
    ship = keras.layers.Dense(1, activation="sigmoid", dtype="float32", name="ship")(values)
    return keras.Model(pictures, ship, name="toy")


@pytest.fixture
def toy() -> keras.Model:
    return toy_network()


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """See vgg16_run; made by the command in a process of its own, with the cache."""
    return vgg16_run(tmp_path_factory)


@pytest.fixture(scope="session")
def uncached(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that the same pictures and the same seed give without the cache, made in this process."""
    out = tmp_path_factory.mktemp("uncached") / "run"
    settings = Settings(weights="none", recipe="paper", seed=SEED, cache=False, mixed_precision=False)
    train([trained / "pictures"], out, settings, overwrite=False, console=Console(file=StringIO()))
    return out


def answers_of(seed: int, factor: float, shift: float) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Of a network whose logits are `factor` times too large, and lean to one side."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 3, 400)
    labels = (random.random(400) < 1 / (1 + np.exp(-logits))).astype(np.int64)
    return labels, (1 / (1 + np.exp(-factor * logits - shift))).astype(np.float32)


@pytest.fixture
def answers() -> Answers:
    return {"validation": answers_of(1, 3, 2), "test": answers_of(2, 3, 2)}


def write_run(folder: Path, answers: Answers, **changes: Any) -> Path:
    record: dict[str, Any] = {
        "schema": "rivereye/run/1",
        "stages": [{"name": "transfer"}, {"name": "fine-tuning"}],
        "network": "vgg16",
        "recipe": {"name": "river", "copies": 2, "stages": [{"epochs": 2}, {"epochs": 2}]},
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
