"""`rivereye train`: from folders of pictures to a run."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import tensorflow
from rich.console import Console

from models.command import typed
from models.errors import UsageError
from models.networks import Head, build, first_trainable
from models.outputs import check_folder, new_folder
from train.calibration import aim_named
from train.dataset import find_samples
from train.decision import decide
from train.gathering import Cut, describe, gather
from train.groups import Grouping
from train.hardware import all_gpus, precision_policy
from train.learning import Learning, learn
from train.material import prepare
from train.recipe import recipe_named
from train.run import SCHEMA, describe_windows, hash_of, versions
from train.settings import Settings, recorded
from train.unfinished import alone_in, fingerprint, unfinished
from train.windows import find_frames
from train.writing import tell, write_run


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
        command = typed()
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
                "settings": recorded(folders, settings),
                "network": settings.network,
                "weights": Path(settings.weights).name,
                "weights_sha256": hash_of(settings.weights),
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
                aim = settings.aim or recipe.aim
                report = write_run(draft, network, gathered, answers, record, lambda given: decide(given, aim))
    tell(record, report, out, console)
    return record
