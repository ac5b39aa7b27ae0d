"""Slim networks of a full one: pruned, fitted to what is left, and taught by it."""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from models.errors import UsageError
from models.narrow import Kept, build_narrow, prune, widths_of
from models.networks import Head, first_trainable, layer_before
from models.progress import track
from models.say import say
from train.distilling import Taught, recover
from train.features import digests_of
from train.hardware import FLOAT32, in_precision, twin
from train.hints import Hint
from train.importance import importance, most_important
from train.inputs import Inputs, pictures_as, probabilities
from train.learning import JUDGED, frozen
from train.material import Rows
from train.metrics import PAPERS, measure
from train.progress import save_weights
from train.recipe import Recipe, Stage
from train.refitting import refit
from train.run import describe_stage
from train.split import Part
from train.unfinished import alone_in
from train.widths import widths_at

FULL, SLIM = "full", "slim"
"""What the answers of the two networks are called, as stages of the run."""
LADDER = (0.0625, 0.09, 0.125, 0.18, 0.25, 0.375)
"""Shares that are tried for a budget, the smallest first: it is also the soonest trained."""


@dataclass(frozen=True, slots=True)
class Slimming:
    """`keep`: share of the channels (see `train.widths.widths_at`); None: the least that keeps within `budget`, percentage points of accuracy that may
    be lost on validation pictures. `epochs`: of each slim network. `copies`: altered ones of each training picture; None: as many as the full network learnt from."""

    keep: float | None = 0.375
    budget: float | None = None
    epochs: int = 2
    learning_rate: float = 1e-4
    batch: int = 32
    copies: int | None = None
    features: Path | None = None
    mixed_precision: bool | None = None

    @property
    def shares(self) -> tuple[float, ...]:
        """To try, one after the other."""
        return LADDER if self.keep is None else (self.keep,)

    def copies_of(self, full: int) -> int:
        """Of each training picture, where the full network learnt from so many."""
        return full if self.copies is None else self.copies


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
        self.head = Head(recipe.hidden, 0, recipe.pooling)  # nothing to drop where there is hardly enough
        self.frozen = layer_before(full, first_trainable(full, recipe.stages[-1].unfreeze))
        self.last = layer_before(full, "ship")
        self.half_way, self.in_the_end = self._seen()
        judged = material["validation"]
        said = np.array([told[number] for number in judged.samples], np.float32)
        self.judged = Taught(pictures_as(judged.pictures), judged.labels, said)
        learnt = material["train"]
        said = probabilities(full, self.in_the_end["train"])
        self.taught = Taught(pictures_as(learnt.pictures), learnt.labels, said)

    def slimmest(self) -> tuple[keras.Model, dict[str, Any]]:
        """The network that was asked for, in float32, and what is to be known of it. Raises UsageError: none keeps within the budget."""
        tried = []
        for keep in self.slimming.shares:
            network, stage = self._slimmed(keep)
            lost = self._lost(network)
            tried.append({"keep": keep, "lost_on_validation_pp": lost})
            say(
                self.console,
                f"{keep:g} of the channels: {abs(lost):.2f} points of accuracy {'gained' if lost < 0 else 'lost'} on validation pictures",
            )
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
        """A pruned network, trained; and what run.json holds of its stage."""
        began = time.monotonic()
        folder = self.work / f"stage-keep-{keep:g}"
        folder.mkdir(exist_ok=True)
        widths = widths_at(widths_of(self.full), keep)
        self.console.rule(f"keep-{keep:g}: {' '.join(map(str, widths.values()))} channels")
        kept = {name: most_important(self._importance[name], width) for name, width in widths.items()}
        with in_precision(self.policy):
            learner = build_narrow(self.full.name, widths, self.head)
        learner.load_weights(self._begun(kept, folder))
        stage = Stage(
            SLIM, "block1", self.slimming.epochs, self.slimming.learning_rate, self.slimming.batch, average=True
        )
        taught, judged = self._hinted(kept)
        verbose = 1 if sys.stdout.isatty() else 2
        history = recover(learner, stage, taught, judged, self.seed, folder, verbose)
        network = build_narrow(self.full.name, widths, self.head)
        network.set_weights(learner.get_weights())
        test = self.material["test"]
        metrics = measure(test.labels, probabilities(network, pictures_as(test.pictures)), PAPERS)
        return network, describe_stage(stage, history, metrics, time.monotonic() - began)

    def _hinted(self, kept: Kept) -> tuple[Taught, Taught]:
        """What to learn from and what to be judged on, with hints: of the last layer of the full network that stayed as it was pre-trained, if any did, and of
        its last hidden one."""
        names = [layer.name for layer in self.full.layers]
        stayed = [name for name in kept if names.index(name) <= names.index(self.frozen)]
        seen = [(self.half_way, kept[stayed[-1]])] if stayed else []
        if self.head.hidden:
            seen.append((self.in_the_end, np.arange(self.head.hidden[-1])))
        hints = tuple(Hint.measured(each["train"], channels) for each, channels in seen)
        judged = tuple(hint.of(each["validation"]) for hint, (each, _) in zip(hints, seen, strict=True))
        return replace(self.taught, hints=hints), replace(self.judged, hints=judged)

    def _begun(self, kept: Kept, folder: Path) -> Path:
        """Weights to begin with, in a file."""
        begun = folder / "begun.weights.h5"
        if not begun.is_file():
            network = prune(self.full, kept, self.head)
            progress = partial(track, description="fitting what is left", console=self.console)
            refit(self.full, network, kept, pictures_as(self.material["train"].pictures), self.seed, progress)
            save_weights(network, begun)
        return begun

    @cached_property
    def _importance(self) -> dict[str, NDArray[np.float64]]:
        progress = partial(track, description="how much each channel matters", console=self.console)
        train = self.material["train"]
        return importance(self.full, pictures_as(train.pictures), train.labels, self.seed, progress)

    def _lost(self, network: keras.Model) -> float:
        """Percentage points of accuracy on validation pictures, at the paper's threshold."""
        judged = self.judged
        given = probabilities(network, judged.inputs)
        right = [float(((each >= PAPERS) == (judged.labels == 1)).mean()) for each in (judged.answers, given)]
        return 100 * (right[0] - right[1])

    def _seen(self) -> tuple[dict[Part, Inputs], dict[Part, Inputs]]:
        """What the last frozen layer of the full network gives, and what the last one before its answer, for the pictures to learn from and for those to
        be judged on."""
        folder = self.slimming.features or self.work / "features"
        half_way: dict[Part, Inputs] = {}
        in_the_end: dict[Part, Inputs] = {}
        with alone_in(folder):
            policies: dict[Part, str] = {"train": self.policy, "validation": FLOAT32}  # as in `train.learning`
            for part, policy in policies.items():
                pictures = self.material[part].pictures
                digests, asked = digests_of(pictures), twin(self.full, self.head, policy)
                seen = pictures_as(pictures)
                for layer, kept in ((self.frozen, half_way), (self.last, in_the_end)):
                    seen = kept[part] = frozen(
                        asked, self.full, layer, seen, digests, policy, folder, part, self.console
                    )
        return half_way, in_the_end
