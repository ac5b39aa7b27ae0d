"""`rivereye train`: from folders of pictures to a run."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
from rich.console import Console
from rich.progress import track

from models.errors import UsageError
from models.networks import SIZE, build
from models.outputs import new_folder
from models.say import say
from train.calibration import aim_named
from train.dataset import Dataset, Sample, find_samples, read_samples
from train.decision import PAPERS, decide, in_words, read_answers
from train.groups import Grouping
from train.material import Material, prepare
from train.metrics import Metrics, measure
from train.recipe import Recipe, recipe_named
from train.run import SCHEMA, describe_data, describe_stage, describe_windows, versions, write_json, write_pictures
from train.split import Part, split
from train.stages import Inputs, batch_starts, layer_output, probabilities, train_stage
from train.tables import parts_table, stages_table
from train.windows import cut_windows, find_frames

JUDGED: tuple[Part, ...] = ("validation", "test")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run depends on, besides the pictures. `aim`: None for the recipe's own."""

    network: str = "vgg16"
    weights: str = "imagenet"
    positive: str = "ship"
    groups: str = "name"
    recipe: str = "paper"
    aim: str | None = None
    frames: tuple[Path, ...] = ()
    seed: int = 1
    cache: bool = True


def train(folders: Sequence[Path], out: Path, settings: Settings, overwrite: bool, console: Console) -> dict[str, Any]:
    """Trains a network in the stages of its recipe and writes the run. Returns what run.json holds.

    Args:
        folders: each with one sub-folder a class.
        out: folder of the run; written whole, at the end.
        settings: see Settings.
        overwrite: replace a run that is there.
        console: where progress and tables go.

    Raises:
        UsageError, DataError: see find_samples, find_frames, cut_windows and split.
        OutputError: `out` exists or cannot be written.
    """
    if not 0 <= settings.seed < 2**32:
        raise UsageError(f"seed must lie between 0 and {2**32 - 1}; received {settings.seed}")
    keras.utils.set_random_seed(settings.seed)
    if settings.aim is not None:
        aim_named(settings.aim)  # refused now, not after an hour
    recipe, grouping = recipe_named(settings.recipe), Grouping(settings.groups)
    samples = find_samples(folders, settings.positive, grouping)
    frames = find_frames(settings.frames, grouping) if settings.frames else {}
    with new_folder(out, overwrite, marker="run.json") as draft:
        network = build(settings.network, settings.weights)
        store = draft / "cache"
        store.mkdir()
        reading = track(samples, "reading pictures", console=console)
        dataset = read_samples(reading, SIZE, store / "pictures")
        for _, reason in dataset.unreadable:
            say(console, f"set aside: {reason}", "yellow")
        parts = split(dataset.samples, settings.seed)
        data = describe_data(dataset, parts, folders, settings.groups)
        console.print(parts_table(data))
        windows = _training_windows(frames, dataset, parts, settings.seed, console)
        material = prepare(dataset, parts, windows, recipe.copies, settings.seed, store / "material", console)
        stages, answers = _run_stages(network, material, recipe, settings, store, console)
        for path in store.iterdir():
            path.unlink()
        store.rmdir()
        network.save(draft / "network.keras")
        write_pictures(draft / "pictures.csv", dataset, parts, answers)
        record: dict[str, Any] = {
            "schema": SCHEMA,
            "network": settings.network,
            "weights": Path(settings.weights).name,
            "recipe": {"name": recipe.name, "copies": recipe.copies},
            "seed": settings.seed,
            "cache": settings.cache,
            "positive": settings.positive,
            "versions": versions(),
            "data": data,
            "frames": describe_windows(settings.frames, list(frames), windows),
            "stages": stages,
            "decision": decide(
                read_answers(draft / "pictures.csv", recipe.stages[-1].name), settings.aim or recipe.aim
            ),
        }
        write_json(draft / "run.json", record)
    console.print(stages_table(record))
    say(console, in_words(record["decision"]))
    say(console, f"run written to {out}")
    return record


def _training_windows(
    frames: dict[Path, str], dataset: Dataset, parts: Sequence[Part], seed: int, console: Console
) -> list[Sample]:
    """Windows cut out of frames, except of cameras that belong to validation or test."""
    if not frames:
        return []
    judged = {sample.group for sample, part in zip(dataset.samples, parts, strict=True) if part != "train"}
    windows = list(cut_windows(track(frames.items(), "cutting windows out of frames", console=console), seed))
    allowed = [window for window in windows if window.group not in judged]
    ships = sum(window.label for window in allowed)
    console.print(
        f"{len(allowed)} windows from frames for training, {ships} with a ship; "
        f"{len(windows) - len(allowed)} left out: their cameras are in validation or test"
    )
    return allowed


def _run_stages(
    network: keras.Model, material: Material, recipe: Recipe, settings: Settings, store: Path, console: Console
) -> tuple[list[dict[str, Any]], dict[str, dict[int, float]]]:
    rows, labels = material.rows, material.labels
    inputs = _inputs(network, material, recipe, settings, store, console)
    records: list[dict[str, Any]] = []
    answers: dict[str, dict[int, float]] = {}
    for number, stage in enumerate(recipe.stages):
        console.rule(f"stage {number + 1}: {stage.name}, everything from {stage.first_trainable} on")
        began = time.monotonic()
        verbose = 1 if sys.stdout.isatty() else 2
        history = train_stage(
            network, stage, inputs[number], labels, rows["train"], rows["validation"], settings.seed + number, verbose
        )
        given = {part: probabilities(network, inputs[number], rows[part]) for part in JUDGED}
        answers[stage.name] = {
            int(sample): float(answer)
            for part in given
            for sample, answer in zip(material.samples[rows[part]], given[part], strict=True)
        }
        test: Metrics = measure(labels[rows["test"]], given["test"], PAPERS)
        records.append(describe_stage(stage, history, test, time.monotonic() - began))
    return records, answers


def _inputs(
    network: keras.Model, material: Material, recipe: Recipe, settings: Settings, store: Path, console: Console
) -> list[Inputs]:
    """What each stage is fed: pictures, or the output of the layers that stay frozen in it."""
    pictures = Inputs(None, material.pictures)
    if not settings.cache:
        return [pictures] * len(recipe.stages)
    inputs = [pictures]
    for stage in reversed(recipe.stages):  # the later stage freezes less: the earlier one's cache builds on it
        batches = track(batch_starts(pictures), f"frozen layers up to {stage.last_frozen}", console=console)
        inputs.insert(0, layer_output(network, inputs[0], stage.last_frozen, store / stage.last_frozen, batches))
    return inputs[: len(recipe.stages)]
