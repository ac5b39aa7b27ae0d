"""`rivereye train`: from folders of pictures to a run."""

import resource
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow
from rich.console import Console

from models.errors import UsageError
from models.networks import SIZE, Head, build, first_trainable
from models.outputs import check_folder, new_folder
from models.picture import fit
from models.say import say
from train.answers import read_answers, write_pictures, write_windows
from train.calibration import aim_named
from train.dataset import Dataset, Sample, find_samples, load
from train.decision import decide, in_words
from train.gathering import Cut, describe, gather
from train.groups import Grouping
from train.hardware import all_gpus, precision_policy
from train.inputs import pictures_as, probabilities
from train.learning import Learning, learn
from train.material import prepare
from train.recipe import Changes, recipe_named
from train.report import gain, write_report
from train.run import SCHEMA, describe_windows, versions, write_json
from train.split import SHARES, Part
from train.tables import stages_table
from train.tested import report_of
from train.unfinished import alone_in, fingerprint, unfinished
from train.windows import find_frames


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run depends on, besides the pictures.

    `changes`: of the recipe. `aim`: None for the recipe's own. `holdout`: groups that are the test part,
    and `test_share` its size where there are none. `validation_share`: see `train.split.split`.
    `mixed_precision`: None decides by the hardware. `features`: folder that keeps what frozen layers answered
    for later runs. `tensorboard`: folder for its logs.
    """

    network: str = "vgg16"
    weights: str = "imagenet"
    positive: str = "ship"
    groups: str = "name"
    recipe: str = "river"
    changes: Changes = field(default_factory=Changes)
    aim: str | None = None
    frames: tuple[Path, ...] = ()
    holdout: tuple[str, ...] = ()
    test_share: float = SHARES["test"]
    validation_share: float | None = None
    seed: int = 1
    cache: bool = True
    mixed_precision: bool | None = None
    features: Path | None = None
    tensorboard: Path | None = None


def train(folders: Sequence[Path], out: Path, settings: Settings, overwrite: bool, console: Console) -> dict[str, Any]:
    """Trains a network in the stages of its recipe and writes the run. Returns what run.json holds.

    After a kill or Ctrl-C the same call goes on where it was, and ends with the same weights.

    Args:
        folders: each with one sub-folder a class.
        out: folder of the run; written whole, at the end.
        settings: see Settings.
        overwrite: replace a run that is there, and drop an unfinished one of other settings.
        console: where progress and tables go.

    Raises:
        UsageError, DataError: see find_samples, find_frames, cut_windows and split.
        OutputError: `out` exists or cannot be written.
    """
    if not 0 <= settings.seed < 2**32:
        raise UsageError(f"seed must lie between 0 and {2**32 - 1}; received {settings.seed}")
    if settings.aim is not None:
        aim_named(settings.aim)  # refused now, not after an hour
    recipe, grouping = recipe_named(settings.recipe, settings.changes), Grouping(settings.groups)
    samples = find_samples(folders, settings.positive, grouping)
    frames = find_frames(settings.frames, grouping) if settings.frames else {}
    check_folder(out, overwrite, marker="run.json")
    policy = precision_policy(settings.mixed_precision)
    keras.utils.set_random_seed(settings.seed)
    tensorflow.config.experimental.enable_op_determinism()
    with all_gpus():
        network = build(settings.network, settings.weights, Head(recipe.hidden, recipe.dropout, recipe.pooling))
        for stage in recipe.stages:
            first_trainable(network, stage.unfreeze)  # refused now, not after stage 1
        boxes = (frame.with_suffix(".txt") for frame in frames)
        files = [*(each.path for each in samples), *frames, *boxes, Path(settings.weights), Path(settings.groups)]
        facts = {"settings": asdict(settings), "recipe": recipe, "precision": policy, "versions": versions()}
        command = shlex.join(["rivereye", *sys.argv[1:]])
        with unfinished(out, facts | {"files": fingerprint(files)}, command, overwrite, console) as work:
            gathered = gather(
                samples,
                frames,
                Cut(settings.seed, settings.holdout, settings.test_share, settings.validation_share),
                work,
                console,
            )
            dataset, parts, windows = gathered.dataset, gathered.parts, gathered.windows
            record: dict[str, Any] = {
                "schema": SCHEMA,
                "command": command,
                "network": settings.network,
                "weights": Path(settings.weights).name,
                "recipe": asdict(recipe),
                "seed": settings.seed,
                "cache": settings.cache,
                "precision": policy,
                "positive": settings.positive,
                "holdout": list(settings.holdout),
                "versions": versions(),
                "data": describe(gathered, folders, grouping, console),
                "frames": describe_windows(settings.frames, list(frames), windows.learnt, windows.quarantined),
            }
            material = prepare(dataset, parts, windows.learnt, recipe.copies, settings.seed, work, console)
            features = settings.features or work / "features"
            learning = Learning(recipe, policy, settings.seed, settings.cache, features, settings.tensorboard)
            with alone_in(features):
                record["stages"], answers = learn(network, material, learning, work, console)
            with new_folder(out, overwrite, marker="run.json") as draft:
                report = _write(
                    draft, network, dataset, parts, windows.tested, answers, record, settings.aim or recipe.aim
                )
    console.print(stages_table(record))
    if said := gain(report):
        say(console, said)
    say(console, in_words(record["decision"]))
    say(console, f"run written to {out}; look at {out / 'report.html'}")
    return record


def _write(
    draft: Path,
    network: keras.Model,
    dataset: Dataset,
    parts: Sequence[Part],
    windows: Sequence[Sample],
    answers: dict[str, dict[int, float]],
    record: dict[str, Any],
    aim: str | None,
) -> dict[str, Any]:
    """The files of the run; completes the record. Returns what report.json holds."""
    network.save(draft / "network.keras")
    write_pictures(draft, dataset, parts, answers)
    last = record["stages"][-1]["name"]
    if windows:
        shown = np.stack([fit(load(window), SIZE, SIZE) for window in windows])
        write_windows(draft, windows, shown, last, probabilities(network, pictures_as(shown)))
    record["decision"] = decide(read_answers(draft, last), aim)
    kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    record["peak_memory_bytes"] = kibibytes * (1 if sys.platform == "darwin" else 1024)
    report = report_of(draft, record)
    write_report(draft, report, record)
    write_json(draft / "run.json", record)
    return report
