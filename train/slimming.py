"""Slim networks of a full one: pruned step by step, and taught by it."""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from models.errors import UsageError
from models.narrow import build_narrow, prune, widths_of
from models.networks import Head, first_trainable, layer_before
from models.say import say
from train.distilling import Taught, recover
from train.features import digests_of
from train.hardware import in_precision, twin
from train.importance import importance, most_important
from train.inputs import pictures_as, probabilities
from train.learning import JUDGED, frozen
from train.material import Rows
from train.metrics import PAPERS, measure
from train.recipe import Recipe, Stage
from train.run import describe_stage
from train.split import Part
from train.unfinished import alone_in
from train.widths import widths_at

FULL, SLIM = "full", "slim"
"""What the answers of the two networks are called, as stages of the run."""
BETWEEN = 0.35
"""Share of the channels of the network between the full one and a slimmer one: what is cut at once has to be learnt again at once."""
LADDER = (0.0625, 0.09, 0.125, 0.18, 0.25, 0.35)
"""Shares that are tried for a budget, the smallest first: it is also the soonest trained."""


@dataclass(frozen=True, slots=True)
class Slimming:
    """`keep`: share of the channels (see `train.widths.widths_at`); None: the least that keeps within `budget`, percentage points of accuracy that may
    be lost on validation pictures. `epochs`: of each slim network; `between`: of the one between."""

    keep: float | None = 0.125
    budget: float | None = None
    epochs: int = 16
    between: int = 1
    learning_rate: float = 1e-3
    batch: int = 64
    features: Path | None = None
    mixed_precision: bool | None = None

    @property
    def shares(self) -> tuple[float, ...]:
        """To try, one after the other."""
        return LADDER if self.keep is None else (self.keep,)


class Lesson:
    """Slim networks of one full one."""

    def __init__(
        self,
        full: keras.Model,
        recipe: Recipe,
        material: Mapping[Part, Rows],
        told: Mapping[int, float],
        slimming: Slimming,
        policy: str,
        seed: int,
        work: Path,
        console: Console,
    ) -> None:
        self.full, self.material, self.told, self.slimming = full, material, told, slimming
        self.policy, self.seed, self.work, self.console = policy, seed, work, console
        self.head = Head(recipe.hidden, recipe.dropout, recipe.pooling)
        judged = material["validation"]
        said = np.array([told[number] for number in judged.samples], np.float32)
        self.judged = Taught(pictures_as(judged.pictures), judged.labels, said)
        learnt = material["train"]
        self.taught = Taught(pictures_as(learnt.pictures), learnt.labels, self._taught(recipe))

    def slimmest(self) -> tuple[keras.Model, dict[str, Any]]:
        """The network that was asked for, in float32, and what is to be known of it. Raises UsageError: none keeps within the budget."""
        tried = []
        for keep in self.slimming.shares:
            network, stage = self._slimmed(keep)
            lost = self._lost(network)
            tried.append({"keep": keep, "lost_on_validation_pp": lost})
            say(self.console, f"{keep:g} of the channels: {lost:+.2f} points of accuracy lost on validation pictures")
            if self.slimming.budget is None or lost <= self.slimming.budget:
                return network, {"stage": stage, "keep": keep, "widths": widths_of(network), "tried": tried}
        raise UsageError(
            f"--budget {self.slimming.budget}pp: no slim network keeps within it; the widest loses {lost:.2f} points: give more, or more --epochs"
        )

    def answers(self, network: keras.Model) -> dict[int, float]:
        """Of judged pictures, by their numbers."""
        return {
            int(number): float(answer)
            for part in JUDGED
            for number, answer in zip(
                self.material[part].samples,
                probabilities(network, pictures_as(self.material[part].pictures)),
                strict=True,
            )
        }

    def _slimmed(self, keep: float) -> tuple[keras.Model, dict[str, Any]]:
        began, source = time.monotonic(), self.full
        if keep < BETWEEN and self.slimming.between:
            source, _ = self._recovered(self.full, BETWEEN, "between", self.slimming.between)
        learner, history = self._recovered(source, keep, f"keep-{keep:g}", self.slimming.epochs)
        network = build_narrow(self.full.name, widths_of(learner), self.head)
        network.set_weights(learner.get_weights())
        test = self.material["test"]
        metrics = measure(test.labels, probabilities(network, pictures_as(test.pictures)), PAPERS)
        return network, describe_stage(
            self._stage(SLIM, self.slimming.epochs), history, metrics, time.monotonic() - began
        )

    def _recovered(
        self, source: keras.Model, keep: float, name: str, epochs: int
    ) -> tuple[keras.Model, dict[str, list[float]]]:
        """A pruned network, trained; in the precision of training."""
        folder = self.work / f"stage-{name}"
        folder.mkdir(exist_ok=True)
        widths = widths_at(widths_of(self.full), keep)
        self.console.rule(f"{name}: {' '.join(map(str, widths.values()))} channels")
        with in_precision(self.policy):
            network = build_narrow(self.full.name, widths, self.head)
        pruned = folder / "pruned.weights.h5"
        if not pruned.is_file():
            network.set_weights(self._pruned(source, widths).get_weights())
            network.save_weights(part := folder / "part.weights.h5")
            part.replace(pruned)
        network.load_weights(pruned)
        verbose = 1 if sys.stdout.isatty() else 2
        history = recover(network, self._stage(name, epochs), self.taught, self.judged, self.seed, folder, verbose)
        return network, history

    def _pruned(self, source: keras.Model, widths: Mapping[str, int]) -> keras.Model:
        progress = partial(track, description="how much each channel matters", console=self.console)
        found = importance(source, self.taught.inputs, self.taught.labels, self.seed, progress)
        return prune(source, {name: most_important(found[name], width) for name, width in widths.items()}, self.head)

    def _stage(self, name: str, epochs: int) -> Stage:
        return Stage(name, "block1", epochs, self.slimming.learning_rate, self.slimming.batch, average=True)

    def _lost(self, network: keras.Model) -> float:
        """Percentage points of accuracy on validation pictures, at the paper's threshold."""
        judged = self.judged
        given = probabilities(network, judged.inputs)
        right = [float(((each >= PAPERS) == (judged.labels == 1)).mean()) for each in (judged.answers, given)]
        return 100 * (right[0] - right[1])

    def _taught(self, recipe: Recipe) -> NDArray[np.float32]:
        """What the full network says of the pictures to learn from."""
        kept = self.work / "full.npy"
        if not kept.is_file():
            rows = self.material["train"]
            layer = layer_before(self.full, first_trainable(self.full, recipe.stages[-1].unfreeze))
            folder = self.slimming.features or self.work / "features"
            asked = twin(self.full, self.head, self.policy)
            with alone_in(folder):
                inputs = frozen(
                    asked, self.full, layer, pictures_as(rows.pictures), digests_of(rows.pictures), self.policy, folder, "train", self.console
                )  # fmt: skip
                said = probabilities(self.full, inputs)
            with (part := self.work / "full.part").open("wb") as file:
                np.save(file, said)
            part.rename(kept)
        return np.asarray(np.load(kept), np.float32)
