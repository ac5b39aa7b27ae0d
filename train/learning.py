"""All stages of a recipe, one after the other, on pictures or on what frozen layers made of them."""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
from rich.console import Console

from models.networks import Head, first_trainable, hash_up_to, layer_before
from models.progress import track
from train.features import Features, digests_of
from train.hardware import FLOAT32, twin
from train.inputs import Inputs, layer_output, pictures_as, probabilities
from train.material import Rows
from train.metrics import PAPERS, measure
from train.recipe import Recipe
from train.run import describe_stage
from train.split import Part
from train.stages import balanced, train_stage

JUDGED: tuple[Part, ...] = ("validation", "test")


@dataclass(frozen=True, slots=True)
class Learning:
    """How the stages are run. `policy` is the precision of training (see `train.hardware`); judged is in float32.

    `cache`: run frozen layers once a picture, not once an epoch. `features`: folder that keeps what they answered.
    `tensorboard`: folder for its logs.
    """

    recipe: Recipe
    policy: str
    seed: int
    cache: bool
    features: Path
    tensorboard: Path | None


Fed = Mapping[Part, Inputs]


def learn(
    network: keras.Model, material: Mapping[Part, Rows], learning: Learning, work: Path, console: Console
) -> tuple[list[dict[str, Any]], dict[str, dict[int, float]]]:
    """Trains the network in place.

    Args:
        network: float32, untrained.
        material: pictures of each part.
        learning: how.
        work: folder for what has to survive a kill.
        console: for progress.

    Returns:
        What run.json holds of each stage, and by stage the probability of each judged sample.
    """
    recipe = learning.recipe
    learner = twin(network, Head(recipe.hidden, recipe.dropout, recipe.pooling), learning.policy)
    began = time.monotonic()
    fed = _fed(network, learner, material, learning, console)
    seconds = time.monotonic() - began
    labels = {part: rows.labels for part, rows in material.items()}
    records: list[dict[str, Any]] = []
    answers: dict[str, dict[int, float]] = {}
    for number, (stage, inputs) in enumerate(zip(recipe.stages, fed, strict=True)):
        console.rule(f"stage {number + 1}: {stage.name}, everything from {stage.unfreeze} on")
        began = time.monotonic()
        history = train_stage(
            learner,
            stage,
            (inputs["train"], labels["train"]),
            (inputs["validation"], labels["validation"]),
            learning.seed + number,
            work / f"stage-{number + 1}",
            balanced(labels["train"]) if recipe.class_weights else None,
            _watchers(learning.tensorboard, stage.name),
            verbose=1 if sys.stdout.isatty() else 2,
        )
        network.set_weights(learner.get_weights())
        given = {part: probabilities(network, inputs[part]) for part in JUDGED}
        answers[stage.name] = {
            int(sample): float(answer)
            for part in JUDGED
            for sample, answer in zip(material[part].samples, given[part], strict=True)
        }
        test = measure(labels["test"], given["test"], PAPERS)
        records.append(describe_stage(stage, history, test, time.monotonic() - began + (seconds if not number else 0)))
    return records, answers


def _fed(
    network: keras.Model,
    learner: keras.Model,
    material: Mapping[Part, Rows],
    learning: Learning,
    console: Console,
) -> list[Fed]:
    """What each stage is fed: pictures, or the output of the layers that stay frozen in it.

    A later stage freezes less: what an earlier one is fed is made from its.
    """
    fed: Fed = {part: pictures_as(rows.pictures) for part, rows in material.items()}
    if not learning.cache:
        return [fed] * len(learning.recipe.stages)
    digests = {part: digests_of(rows.pictures) for part, rows in material.items()}
    stages: list[Fed] = []
    for stage in reversed(learning.recipe.stages):
        layer = layer_before(network, first_trainable(network, stage.unfreeze))
        made: dict[Part, Inputs] = {}
        for part, inputs in fed.items():
            policy, asked = (learning.policy, learner) if part == "train" else (FLOAT32, network)
            made[part] = frozen(asked, network, layer, inputs, digests[part], policy, learning.features, part, console)
        fed = made
        stages.insert(0, fed)
    return stages


def frozen(
    asked: keras.Model,
    network: keras.Model,
    layer: str,
    inputs: Inputs,
    digests: Sequence[bytes],
    policy: str,
    folder: Path,
    what: str,
    console: Console,
) -> Inputs:
    """What the layers up to `layer` make of the inputs, from `folder` where it is kept there.

    `asked` is the network itself, or its twin that computes in `policy`; `what` the inputs are called beside the progress bar.
    """
    name = f"{layer}-{hash_up_to(network, layer)[:16]}-{policy}"
    dtype = "float32" if policy == FLOAT32 else "float16"
    features = Features(folder / name, tuple(network.get_layer(layer).output.shape[1:]), dtype)
    progress = partial(track, description=f"{what}: frozen layers up to {layer}", console=console)
    return layer_output(asked, inputs, layer, features, digests, progress)


def _watchers(folder: Path | None, stage: str) -> list[keras.callbacks.Callback]:
    return [keras.callbacks.TensorBoard(folder / stage, write_graph=False)] if folder else []
