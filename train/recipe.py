"""Recipes: how a network is trained. The paper's, the one for river cameras, and either with changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from pydantic import TypeAdapter

from models.errors import UsageError

OPTIMIZERS = ("adam", "adamw", "sgd", "rmsprop")
Pooling = Literal["flatten", "average"]
BLOCKS = 5
"""Of convolutions, in VGG16 and VGG19 alike."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One round of training.

    `unfreeze` says what is trained, with all layers after it: `head`, `block5`, `block4`, ..., or a layer's name.
    `keep_best` ends with the weights of the epoch that did best on the validation part, not of the last.
    `patience` ends the stage early, after so many epochs that were no better than the best one.
    `average` ends with a moving average of the weights (Polyak), which overfits less than the last.
    """

    name: str
    unfreeze: str
    epochs: int
    learning_rate: float
    batch: int = 64
    optimizer: str = "adam"
    keep_best: bool = False
    patience: int | None = None
    average: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """The stages, the head, and what they are shown.

    `copies` is how many altered copies of every training picture there are (see `train.augment`); with
    0 the pictures themselves are shown, as they are. `hidden`, `dropout` and `pooling` are the head's (see
    `models.networks.Head`). `class_weights`: ships count as much as all else, however few they are. `aim` is
    what the threshold is chosen for (see `train.decision`), None where it is the paper's.
    """

    name: str
    stages: tuple[Stage, ...]
    copies: int = 0
    hidden: tuple[int, ...] = (256,)
    dropout: float = 0.5
    pooling: Pooling = "flatten"
    class_weights: bool = False
    aim: str | None = None


PAPER = Recipe(
    "paper",
    (
        Stage("transfer", "head", epochs=10, learning_rate=1e-5),
        Stage("fine-tuning", "block5", epochs=2, learning_rate=1e-5),
    ),
)
"""Konarev and Gulamov; epochs and batch of the first stage are inferred, not in the paper."""

RIVER = Recipe(
    "river",
    (
        Stage("transfer", "head", epochs=6, learning_rate=1e-3, keep_best=True, patience=2),
        Stage("fine-tuning", "block5", epochs=2, learning_rate=1e-5, average=True),
    ),
    copies=2,
    hidden=(64,),
    pooling="average",
    class_weights=True,
    aim="false-alarms<=3%",
)
"""Altered copies make small ships, haze, dusk and bad pictures, of which the data hold few. A camera looks many thousand
times a day, mostly at water: hence an aim that limits false alarms."""

RECIPES = {recipe.name: recipe for recipe in (PAPER, RIVER)}


@dataclass(frozen=True, slots=True)
class Changes:
    """What a user wants otherwise than the recipe has it; None leaves it as it is.

    Sequences have one value a stage, or one for all. `unfreeze` is of the last stage.
    """

    epochs: Sequence[int] | None = None
    learning_rate: Sequence[float] | None = None
    batch: Sequence[int] | None = None
    optimizer: str | None = None
    patience: Sequence[int] | None = None
    unfreeze: str | None = None
    copies: int | None = None
    hidden: tuple[int, ...] | None = None
    dropout: float | None = None
    pooling: str | None = None
    class_weights: bool | None = None

    def given(self, names: Sequence[str]) -> dict[str, Any]:
        """Those of `names` that are not None."""
        return {name: value for name in names if (value := getattr(self, name)) is not None}


OF_STAGES = ("epochs", "learning_rate", "batch", "patience")


def recipe_named(name: str, changes: Changes | None = None) -> Recipe:
    """A recipe, with changes.

    Raises:
        UsageError: there is none of that name, or a change makes no sense.
    """
    if name not in RECIPES:
        raise UsageError(f"unknown recipe {name!r}; known: {', '.join(RECIPES)}")
    changes = changes or Changes()
    recipe = RECIPES[name]
    own = {field.name for field in fields(Recipe)}
    recipe = replace(recipe, **changes.given([field.name for field in fields(Changes) if field.name in own]))
    stages = [replace(stage, **changes.given(["optimizer"])) for stage in recipe.stages]
    for option, values in changes.given(OF_STAGES).items():
        each = _one_a_stage(option, values, len(stages))
        stages = [replace(stage, **{option: value}) for stage, value in zip(stages, each, strict=True)]
    if changes.unfreeze is not None:
        stages[-1] = replace(stages[-1], unfreeze=unfrozen(changes.unfreeze))
    recipe = replace(recipe, stages=tuple(stages))
    _check(recipe)
    return recipe if recipe == RECIPES[name] else replace(recipe, name=f"{name}, changed")


def recipe_from(record: Mapping[str, Any]) -> Recipe:
    """The recipe that run.json holds."""
    return TypeAdapter(Recipe).validate_python(record["recipe"])


def unfrozen(text: str) -> str:
    """What `--unfreeze` means: a number of blocks counted from the last, or a name as it stands."""
    if not text.isdecimal():
        return text
    if not 1 <= int(text) <= BLOCKS:
        raise UsageError(f"--unfreeze {text}: the networks have {BLOCKS} blocks; give 1 to {BLOCKS}, or a layer's name")
    return f"block{BLOCKS + 1 - int(text)}"


def _one_a_stage(option: str, values: Sequence[Any], stages: int) -> Sequence[Any]:
    if len(values) == 1:
        return list(values) * stages
    if len(values) != stages:
        raise UsageError(
            f"--{option.replace('_', '-')} has {len(values)} values; the recipe has {stages} stages: give one for all, or one for each"
        )
    return values


def _check(recipe: Recipe) -> None:
    for stage in recipe.stages:
        _require(stage.epochs >= 1, "epochs", stage.epochs, "1 or more")
        _require(0 < stage.learning_rate < 1, "learning-rate", stage.learning_rate, "more than 0, less than 1")
        _require(stage.batch >= 1, "batch", stage.batch, "1 or more")
        _require(stage.patience is None or stage.patience >= 1, "patience", stage.patience, "1 epoch or more")
        _require(stage.optimizer in OPTIMIZERS, "optimizer", stage.optimizer, ", ".join(OPTIMIZERS))
    _require(0 <= recipe.copies <= 20, "copies", recipe.copies, "0 to 20")
    _require(0 <= recipe.dropout < 1, "dropout", recipe.dropout, "0 or more, less than 1")
    _require(all(1 <= units <= 4096 for units in recipe.hidden), "head", recipe.hidden, "1 to 4096 units a layer")
    _require(recipe.pooling in ("flatten", "average"), "pooling", recipe.pooling, "flatten or average")


def _require(fine: bool, option: str, value: Any, wanted: str) -> None:
    if not fine:
        raise UsageError(f"--{option} {value}: give {wanted}")
