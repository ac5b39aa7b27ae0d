"""Distillation: a slim network learns from the pictures' labels, and from what the full network says of them and sees in them.

G. Hinton et al., "Distilling the Knowledge in a Neural Network" (2015); hints: see `train.hints`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from train.hints import Hint, beside
from train.inputs import Batches, Inputs
from train.recipe import Stage
from train.stages import through

TEMPERATURE = 2.0
"""Logits of both are divided by this before they are compared: a full network that is sure of nearly every training picture says more so."""
TEACHER = 0.8
"""How much the full network's answer counts, and the rest the label."""
HINT = 1.0
"""How much the mean square of what is seen otherwise counts beside both, of each hint."""
WARM_UP, MOMENTUM = 0.05, 0.998
"""Share of the steps in which the learning rate rises; after it, it falls along a cosine. The weights that count are a moving average of this
momentum."""
SMALLEST = 1e-6


@dataclass(frozen=True, slots=True)
class Taught:
    """Pictures to learn from. `labels`: (n,), 1 for a ship; `answers`: the full network's, float32, (n,); `hints`: what it sees, layer by layer."""

    inputs: Inputs
    labels: NDArray[np.int64]
    answers: NDArray[np.float32]
    hints: tuple[Hint, ...] = ()

    def __len__(self) -> int:
        return len(self.inputs)


class Lessons(Batches):
    """Batches of pictures, each mirrored or not by chance, with what they teach: float32, (n, 2), the label and the full network's answer.

    With hints (n, 2 + numbers of all hints); those that are of the picture as it was are NaN where it is mirrored.
    """

    def __init__(self, taught: Taught, batch: int, seed: int | None) -> None:
        self.taught = taught
        super().__init__(taught.inputs, taught.labels, batch, seed)

    def __getitem__(self, index: int) -> tuple[NDArray[Any], NDArray[np.float32]]:
        chosen = self._order[index * self.batch : (index + 1) * self.batch]
        pictures = self.inputs.take(chosen)
        mirrored = np.zeros(len(chosen), bool)
        if self.seed is not None:
            mirrored = np.random.default_rng([self.seed, *chosen[:1]]).random(len(chosen)) < 0.5
            pictures[mirrored] = pictures[mirrored, :, ::-1]
        targets: list[NDArray[Any]] = [self.labels[chosen, None], self.taught.answers[chosen, None]]
        for hint in self.taught.hints:
            seen = hint.take(chosen)
            seen[mirrored & hint.directed] = np.nan
            targets.append(seen)
        return pictures, np.concatenate(targets, axis=1, dtype=np.float32)


def distilled(targets: Any, given: Any) -> Any:
    """The loss of each picture.

    Args:
        targets: as `Lessons` gives them.
        given: (n, 1), the slim network's probability; with hints, what it sees itself after it (see `train.hints.beside`).
    """
    label, answer, ship = targets[:, :1], targets[:, 1:2], given[:, :1]
    by_label = keras.losses.binary_crossentropy(label, ship)
    by_answer = keras.losses.binary_crossentropy(_softened(answer), _softened(ship))
    loss = (1 - TEACHER) * by_label + TEACHER * TEMPERATURE**2 * by_answer
    hints, seen = targets[:, 2:], given[:, 1:]
    wanted = keras.ops.where(keras.ops.isnan(hints), seen, hints)
    return loss + HINT * keras.ops.sum(keras.ops.square(wanted - seen), axis=1)


def recover(
    network: keras.Model, stage: Stage, taught: Taught, judged: Taught, seed: int, keep: Path, verbose: int
) -> dict[str, list[float]]:
    """Trains all of a pruned network in place. Called again after a kill, with the same arguments, it ends with the same weights.

    Args:
        network: pruned.
        stage: epochs, learning rate and batch; all layers are trained, whatever it says.
        taught: what to learn from.
        judged: the same for each epoch to be judged on (validation).
        seed: of order, mirroring and dropout.
        keep: folder for what has to survive a kill.
        verbose: Keras' own.

    Returns:
        Keras' history.

    Raises:
        UsageError: the weights are no numbers in the end.
    """
    lessons = Lessons(taught, stage.batch, seed)
    network.trainable = True
    model = beside(network, taught.hints)
    model.compile(
        optimizer=keras.optimizers.Adam(
            _rate(stage, len(lessons)),
            use_ema=True,
            ema_momentum=_momentum(stage.epochs * len(lessons)),
            global_clipnorm=1.0,
        ),
        loss=distilled,
        metrics=[keras.metrics.MeanMetricWrapper(_agreeing, name="accuracy")],
        jit_compile=False,
        auto_scale_loss=False,
    )
    return through(model, stage, lessons, Lessons(judged, stage.batch, None), seed, keep, verbose=verbose)


def _rate(stage: Stage, steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    total = stage.epochs * steps
    warm = max(1, round(WARM_UP * total))
    falling = max(1, total - warm)  # of a handful of pictures there is one step
    return keras.optimizers.schedules.CosineDecay(
        stage.learning_rate / 100, falling, 0.01, warmup_target=stage.learning_rate, warmup_steps=warm
    )


def _momentum(steps: int) -> float:
    """Over a tenth of the steps at most: else, of few, the average would be of weights that had not learnt yet."""
    return min(MOMENTUM, max(0.0, 1 - 10 / steps))


def _agreeing(targets: Any, given: Any) -> Any:
    """Whether each picture is decided as its label says."""
    return keras.ops.cast(keras.ops.equal(targets[:, 0] >= 0.5, given[:, 0] >= 0.5), "float32")


def _softened(probabilities: Any) -> Any:
    clipped = keras.ops.clip(probabilities, SMALLEST, 1 - SMALLEST)
    logits = keras.ops.log(clipped) - keras.ops.log(1 - clipped)
    return keras.ops.sigmoid(logits / TEMPERATURE)
