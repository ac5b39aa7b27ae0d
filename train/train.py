"""`rivereye train`: from folders of pictures to a run."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from models.errors import UsageError
from models.networks import SIZE, build
from models.outputs import new_folder
from train.dataset import LABELS, Dataset, find_samples, read_samples
from train.groups import Grouping
from train.metrics import Metrics, measure
from train.run import SCHEMA, describe_data, describe_stage, versions, write_json, write_pictures
from train.split import SHARES, Part, split
from train.stages import PAPER, Inputs, batch_starts, layer_output, probabilities, train_stage

THRESHOLD = 0.5
"""The paper's."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run depends on, besides the pictures."""

    network: str = "vgg16"
    weights: str = "imagenet"
    positive: str = "ship"
    groups: str = "name"
    seed: int = 1
    cache: bool = True


def train(folders: Sequence[Path], out: Path, settings: Settings, overwrite: bool, console: Console) -> dict[str, Any]:
    """Trains a network in the paper's two stages and writes the run. Returns what run.json holds.

    Args:
        folders: each with one sub-folder a class.
        out: folder of the run; written whole, at the end.
        settings: see Settings.
        overwrite: replace a run that is there.
        console: where progress and tables go.

    Raises:
        UsageError, DataError: see find_samples and split.
        OutputError: `out` exists or cannot be written.
    """
    if not 0 <= settings.seed < 2**32:
        raise UsageError(f"seed must lie between 0 and {2**32 - 1}; received {settings.seed}")
    keras.utils.set_random_seed(settings.seed)
    samples = find_samples(folders, settings.positive, Grouping(settings.groups))
    with new_folder(out, overwrite, marker="run.json") as draft:
        network = build(settings.network, settings.weights)
        store = draft / "cache"
        store.mkdir()
        reading = track(samples, "reading pictures", console=console)
        dataset = read_samples(reading, SIZE, store / "pictures")
        for _, reason in dataset.unreadable:
            console.print(f"set aside: {reason}", style="yellow", markup=False, highlight=False, soft_wrap=True)
        parts = split(dataset.samples, settings.seed)
        data = describe_data(dataset, parts, folders, settings.groups)
        console.print(_parts_table(data))
        stages, answers = _run_stages(network, dataset, parts, settings, store, console)
        for path in store.iterdir():
            path.unlink()
        store.rmdir()
        network.save(draft / "network.keras")
        write_pictures(draft / "pictures.csv", dataset, parts, answers)
        record = {
            "schema": SCHEMA,
            "network": settings.network,
            "weights": Path(settings.weights).name,
            "seed": settings.seed,
            "cache": settings.cache,
            "threshold": THRESHOLD,
            "positive": settings.positive,
            "versions": versions(),
            "data": data,
            "stages": stages,
        }
        write_json(draft / "run.json", record)
    console.print(_stages_table(record))
    console.print(f"run written to {out}", markup=False, highlight=False, soft_wrap=True)
    return record


def _run_stages(
    network: keras.Model, dataset: Dataset, parts: Sequence[Part], settings: Settings, store: Path, console: Console
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    rows = {part: np.flatnonzero([each == part for each in parts]) for part in SHARES}
    labels = dataset.labels
    inputs = _inputs(network, dataset, settings, store, console)
    records, answers = [], {}
    for number, stage in enumerate(PAPER):
        console.rule(f"stage {number + 1}: {stage.name}, everything from {stage.first_trainable} on")
        began = time.monotonic()
        verbose = 1 if sys.stdout.isatty() else 2
        history = train_stage(
            network, stage, inputs[number], labels, rows["train"], rows["validation"], settings.seed + number, verbose
        )
        asked = np.concatenate([rows["validation"], rows["test"]])
        answers[stage.name] = np.full(len(labels), np.nan, np.float32)
        answers[stage.name][asked] = probabilities(network, inputs[number], asked)
        test: Metrics = measure(labels[rows["test"]], answers[stage.name][rows["test"]], THRESHOLD)
        records.append(describe_stage(stage, history, test, time.monotonic() - began))
    return records, answers


def _inputs(network: keras.Model, dataset: Dataset, settings: Settings, store: Path, console: Console) -> list[Inputs]:
    """What each stage is fed: pictures, or the output of the layers that stay frozen in it."""
    pictures = Inputs(None, dataset.pictures)
    if not settings.cache:
        return [pictures] * len(PAPER)
    inputs = [pictures]
    for stage in reversed(PAPER):  # the later stage freezes less: the earlier one's cache builds on it
        batches = track(batch_starts(pictures), f"frozen layers up to {stage.last_frozen}", console=console)
        inputs.insert(0, layer_output(network, inputs[0], stage.last_frozen, store / stage.last_frozen, batches))
    return inputs[: len(PAPER)]


def _parts_table(data: dict[str, Any]) -> Table:
    table = Table("part", *LABELS, "groups", title=f"{data['pictures']} pictures")
    for part, counts in data["parts"].items():
        table.add_row(part, *(str(counts[name]) for name in (*LABELS, "groups")))
    return table


def _stages_table(record: dict[str, Any]) -> Table:
    table = Table(
        "stage", "accuracy", "95 % interval", "right", "ships found", "false alarms", title="on the test part"
    )
    for stage in record["stages"]:
        accuracy, recall, alarms = (stage["test"][name] for name in ("accuracy", "recall", "false_alarms"))
        table.add_row(
            stage["name"],
            f"{accuracy['share']:.2%}",
            f"{accuracy['low']:.2%} to {accuracy['high']:.2%}",
            f"{accuracy['right']} of {accuracy['n']}",
            f"{recall['share']:.1%} of {recall['n']}",
            f"{alarms['share']:.1%} of {alarms['n']}",
        )
    return table
