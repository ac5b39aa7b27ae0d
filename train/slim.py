"""`rivereye slim`: from a run to the run of a slim network, which decides the same with a fraction of the arithmetic."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import keras
import tensorflow
from rich.console import Console

from models.command import typed
from models.errors import UsageError
from models.outputs import check_folder, new_folder
from models.progress import track
from train.answers import PICTURES, Answers, read_rows
from train.dataset import find_samples
from train.decision import decide as decide_by
from train.decision import inherited
from train.gathering import Cut, gather
from train.groups import Grouping
from train.hardware import precision_policy
from train.inputs import pictures_as, probabilities
from train.judge import load_network
from train.learning import JUDGED
from train.material import alter_validation, prepare
from train.recipe import recipe_from
from train.run import SCHEMA, finished, versions
from train.settings import settings_of
from train.slimming import FULL, SLIM, Lesson, Slimming
from train.unfinished import unfinished
from train.windows import find_frames
from train.writing import tell, write_run


def slim(run: Path, out: Path, slimming: Slimming, overwrite: bool, console: Console) -> dict[str, Any]:
    """Makes a run's network slim, and writes it as a run. Returns what its run.json holds.

    After a kill or Ctrl-C the same call goes on where it was.

    Args:
        run: folder of the full network's run; its pictures have to lie where they lay.
        out: folder of the new run; written whole, at the end.
        slimming: see Slimming.
        overwrite: replace a run that is there, and drop an unfinished one of other settings.
        console: where progress and tables go.

    Raises:
        UsageError, DataError: no finished run there, its pictures are gone or others, or nothing fits the budget.
        OutputError: `out` exists or cannot be written.
    """
    _check(slimming)
    with finished(run) as before:
        folders, settings = settings_of(before, run)
        recipe, last = recipe_from(before), before["stages"][-1]["name"]
        rows = read_rows(run / PICTURES)
        told = {number: float(row[last]) for number, row in enumerate(rows) if row["part"] in JUDGED}
    if "slim" in before:
        raise UsageError(f"{run} is a slim network's run already; give that of the full one, {before['slim']['of']}")
    check_folder(out, overwrite, marker="run.json")
    grouping = Grouping(settings.groups)
    samples = find_samples(folders, settings.positive, grouping)
    frames = find_frames(settings.frames, grouping) if settings.frames else {}
    policy = precision_policy(slimming.mixed_precision)
    keras.utils.set_random_seed(settings.seed)
    tensorflow.config.experimental.enable_op_determinism()
    full = load_network(run / "network.keras")
    command = typed()
    facts = {"of": before, "slimming": asdict(slimming), "precision": policy, "versions": versions()}
    with unfinished(out, facts, command, overwrite, console) as work:
        cut = Cut(settings.seed, settings.holdout, settings.test_share, settings.validation_share)
        gathered = gather(samples, frames, cut, work, console)
        if gathered.dataset.sha256 != before["data"]["sha256"]:
            raise UsageError(
                f"the pictures are others than when {run} was made; put them back, or train the full network again"
            )
        copies = slimming.copies_of(recipe.copies)
        material = prepare(
            gathered.dataset, gathered.parts, gathered.windows.learnt, copies, settings.seed, work, console
        )
        lesson = Lesson(full, recipe, material, told, slimming, policy, settings.seed, work, console)
        network, record = lesson.slimmest()
        answers = {FULL: told, SLIM: lesson.answers(network)}
        kept = ("network", "weights", "positive", "holdout", "seed", "cache", "settings", "recipe", "data", "frames")
        record = {
            "schema": SCHEMA,
            "command": command,
            **{name: before[name] for name in kept},
            "weights_sha256": before.get("weights_sha256"),  # runs of older versions have none
            "precision": policy,
            "versions": versions(),
            "stages": [{**before["stages"][-1], "name": FULL}, record.pop("stage")],
            "slim": {"of": run.resolve().name, "copies": copies, **record},
        }

        def decide(given: Answers) -> dict[str, Any]:
            if before["decision"]["aim"] is None:
                return decide_by(given, None)
            altered = alter_validation(gathered.dataset, gathered.parts, recipe.copies, settings.seed, work, console)
            progress = partial(track, description="asking both networks", console=console)
            asked = [probabilities(each, pictures_as(altered), progress) for each in (full, network)]
            return inherited(before["decision"], asked[0], asked[1], given)

        with new_folder(out, overwrite, marker="run.json") as draft:
            report = write_run(draft, network, gathered, answers, record, decide)
    tell(record, report, out, console)
    return record


def _check(slimming: Slimming) -> None:
    if slimming.keep is not None and not 0 < slimming.keep < 1:
        raise UsageError(f"--keep {slimming.keep}: give a share of the channels, more than 0, less than 1")
    if slimming.budget is not None and not 0 <= slimming.budget < 50:
        raise UsageError(f"--budget {slimming.budget}pp: give percentage points of accuracy, such as 0.5pp")
