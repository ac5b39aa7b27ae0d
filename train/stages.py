"""One stage of training, which a kill cannot undo: called again, it goes on after the last whole epoch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from models.errors import UsageError
from models.networks import first_trainable, unfreeze_from
from train.inputs import Batches, Inputs
from train.progress import Progress, save_weights
from train.recipe import Stage


class Draws(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no type stubs
    """Lets seed and epoch alone decide all chance: the order of batches, and what each dropout drops."""

    def __init__(self, batches: Batches, seed: int) -> None:
        super().__init__()
        self.batches, self.seed = batches, seed

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 - Keras' signature
        self.batches.begin(epoch)
        # Without a rate there is no seed.
        dropouts = [each for each in self.model.layers if isinstance(each, keras.layers.Dropout) and each.rate]
        for position, layer in enumerate(dropouts):
            random = np.random.default_rng([self.seed, epoch, position])
            layer.seed_generator.state.assign(random.integers(2**32, size=2, dtype=np.uint32))


def train_stage(
    network: keras.Model,
    stage: Stage,
    learnt: tuple[Inputs, NDArray[np.int64]],
    judged: tuple[Inputs, NDArray[np.int64]],
    seed: int,
    keep: Path,
    class_weight: dict[int, float] | None = None,
    watchers: Sequence[keras.callbacks.Callback] = (),
    verbose: int = 1,
) -> dict[str, list[float]]:
    """Trains the network in place. Called again after a kill, with the same arguments, it ends with the same weights.

    Args:
        network: as the stage before left it; layers from `stage.unfreeze` on end trained.
        stage: what to train, and how.
        learnt: what to learn from: inputs, and labels (int, (n,), 1 for a ship).
        judged: the same for each epoch to be judged on (validation).
        seed: of order and dropout.
        keep: folder for what has to survive a kill; made where it is not there.
        class_weight: how much a picture of each label counts; None: all alike.
        watchers: more callbacks, such as TensorBoard's.
        verbose: Keras' own.

    Returns:
        Keras' history: loss and accuracy of every epoch.

    Raises:
        UsageError: the weights that would be kept are no numbers.
    """
    unfreeze_from(network, first_trainable(network, stage.unfreeze))
    model = learnt[0].model(network)
    model.compile(
        optimizer=_optimizer(stage, network),
        loss="binary_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,  # XLA would compile every batch shape anew; without it the first epoch is as fast as the rest
        auto_scale_loss=False,  # Keras asks the model for its precision, and a part of one does not know it
    )
    batches = Batches(*learnt, stage.batch, seed)
    return through(
        model, stage, batches, Batches(*judged, stage.batch, None), seed, keep, class_weight, watchers, verbose
    )


def through(
    model: keras.Model,
    stage: Stage,
    learnt: Batches,
    judged: Batches,
    seed: int,
    keep: Path,
    class_weight: dict[int, float] | None = None,
    watchers: Sequence[keras.callbacks.Callback] = (),
    verbose: int = 1,
) -> dict[str, list[float]]:
    """Takes a compiled model through a stage, or on through it after a kill. Arguments, result and errors as of `train_stage`."""
    model.optimizer.build(model.trainable_variables)  # or its state could not be loaded
    progress = Progress(keep, stage)
    if not progress.done.is_file():
        progress.restore(model)
        model.fit(
            learnt,
            validation_data=judged,
            initial_epoch=progress.epochs,
            epochs=progress.epochs if progress.ended else stage.epochs,
            class_weight=class_weight,
            callbacks=[Draws(learnt, seed), *watchers, progress],
            shuffle=False,  # Batches shuffles by the seed; Keras would shuffle once more by global state
            verbose=verbose,
        )
        if stage.keep_best:
            model.load_weights(progress.best)
        if not all(np.isfinite(weights).all() for weights in model.get_weights()):
            raise UsageError(
                f"stage {stage.name} has diverged: its loss is no number; give a smaller --learning-rate than {stage.learning_rate:g} (one for each stage), and --overwrite"
            )
        save_weights(model, progress.done)
    model.load_weights(progress.done)
    return progress.history


def balanced(labels: NDArray[np.int64]) -> dict[int, float]:
    """Weights with which both classes count alike, 1 on average over all pictures."""
    return {label: len(labels) / (2 * int((labels == label).sum())) for label in (0, 1)}


def _optimizer(stage: Stage, network: keras.Model) -> keras.optimizers.Optimizer:
    averaged = {"use_ema": True, "ema_momentum": 0.99} if stage.average else {}
    kinds = {
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
        "sgd": keras.optimizers.SGD,
        "rmsprop": keras.optimizers.RMSprop,
    }
    momentum = {"momentum": 0.9} if stage.optimizer == "sgd" else {}
    optimizer = kinds[stage.optimizer](stage.learning_rate, **momentum, **averaged)
    if any(layer.compute_dtype == "float16" for layer in network.layers):
        return keras.optimizers.LossScaleOptimizer(optimizer)  # or small gradients vanish
    return optimizer
