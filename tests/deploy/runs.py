"""Runs made by hand, of a network that converts in a second. It takes 48 x 32 pictures, so that no one side passes for the other."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from models.picture import fit
from tests.pictures import draw, save

WIDTH, HEIGHT = 48, 32
COLUMNS = ("path", "label", "group", "part")


def toy_network(gain: float = 8.0) -> keras.Model:
    """Random weights; `gain` spreads the answers, and NaN makes them no numbers."""
    keras.utils.set_random_seed(5)
    pictures = keras.Input((HEIGHT, WIDTH, 3), dtype="uint8", name="pictures")
    values = keras.layers.Rescaling(1.0, -127.5, name="centre")(
        pictures
    )  # no whole number: the first convolution stays in float
    for filters in (8, 16):
        values = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(values)
        values = keras.layers.MaxPooling2D(4)(values)
    values = keras.layers.Dense(32, activation="relu")(keras.layers.Flatten()(values))
    values = keras.layers.Dropout(0.5)(values)
    ship = keras.layers.Dense(1, activation="sigmoid", name="ship")
    network = keras.Model(pictures, ship(values), name="toy")
    kernel, bias = ship.get_weights()
    ship.set_weights([kernel * gain / 128, bias + 1.6])  # answers on both sides of 0.5
    return network


FRAGILE = ("second", "third", "fourth")


def fragile_network(breaking: Sequence[str] = ("second",)) -> keras.Model:
    """Tells ships apart, but each of the `breaking` layers (of `second` to `fourth`) multiplies a channel that is always 0 by a number so
    large that 8 bits hold no other weight beside it."""
    keras.utils.set_random_seed(6)
    pictures = keras.Input((HEIGHT, WIDTH, 3), dtype="uint8", name="pictures")
    values = keras.layers.Rescaling(1 / 128, -1.0, name="centre")(pictures)
    for name in ("first", *FRAGILE):
        layer = keras.layers.Conv2D(16, 3, strides=2, padding="same", activation="relu", name=name)
        values = layer(values)
        kernel, bias = layer.get_weights()
        kernel[..., 0] = 0
        if name in breaking:
            kernel[:, :, 0, 1:] = 1e5
        layer.set_weights([kernel, bias])
    features = keras.layers.GlobalAveragePooling2D()(values)
    ship = keras.layers.Dense(1, activation="sigmoid", name="ship")
    network = keras.Model(pictures, ship(features), name="fragile")
    shown = toy_pictures(200, seed=5000)
    known = keras.Model(pictures, features).predict_on_batch(shown)
    rows = np.concatenate([known, np.ones((len(known), 1))], axis=1)
    fitted, *_ = np.linalg.lstsq(rows, np.resize((1.0, -1.0), len(known)), rcond=None)
    ship.set_weights([10 * fitted[:-1, np.newaxis], 10 * fitted[-1:]])
    return network


def toy_pictures(count: int, seed: int = 0) -> NDArray[np.uint8]:
    """Half of them with a ship. uint8, (count, HEIGHT, WIDTH, 3), BGR."""
    return np.stack([fit(draw(number % 2 == 0, seed + number), WIDTH, HEIGHT) for number in range(count)])


FIGURE = {"right": 1, "n": 2, "share": 0.5, "low": 0.1, "high": 0.9}
METRICS = {"accuracy": FIGURE, "recall": FIGURE, "false_alarms": FIGURE}


AIMS = {"miss<=2%": {"threshold": 0.125, "test": METRICS}}


def decision(threshold: float = 0.5, temperature: float = 1.0, aim: str | None = None) -> dict[str, Any]:
    return {"aim": aim, "temperature": temperature, "threshold": threshold, "test": METRICS, "aims": AIMS}


def write_record(folder: Path, **changes: Any) -> Path:
    """The smallest run.json that export understands; `changes` replace parts of it, None takes them out."""
    counts = {part: {"ship": 1, "no_ship": 1, "groups": 1} for part in ("train", "validation", "test")}
    record = {
        "schema": "rivereye/run/1",
        "network": "vgg16",
        "weights": "none",
        "recipe": {"name": "river", "copies": 2},
        "frames": {"frames": 0, "sha256": None, "windows": {"ship": 0, "no_ship": 0}},
        "decision": decision(),
        "versions": {"keras": keras.__version__},
        "data": {"sha256": "0" * 64, "pictures": 6, "grouping": "name", "parts": counts},
        "stages": [
            {"name": "transfer", "test": METRICS},
        ],
    } | changes
    folder.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in record.items() if value is not None}
    (folder / "run.json").write_text(json.dumps(kept), encoding="utf-8")
    return folder


def write_table(folder: Path, rows: Sequence[Sequence[str]], columns: Sequence[str] = COLUMNS) -> Path:
    """Writes pictures.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "pictures.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])
    return folder


def write_run(folder: Path, network: keras.Model, each: int = 3, **changes: Any) -> Path:
    """A whole run; `each` pictures of a class in validation and as many in test, which lie in RUN/../pictures."""
    rows = []
    for number, (part, label) in enumerate(
        (part, label) for part in ("validation", "test") for label in ("ship", "no_ship") for _ in range(each)
    ):
        path = save(draw(label == "ship", number, (96, 64)), folder.with_name("pictures") / part / f"{number}.png")
        rows.append((str(path), label, f"g{number}", part))
    write_record(write_table(folder, rows), **changes)
    network.save(folder / "network.keras")
    return folder
