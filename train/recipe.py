"""Recipes: how a network is trained. The paper's, and the one for river cameras."""

from dataclasses import dataclass

from models.errors import UsageError
from train.stages import Stage


@dataclass(frozen=True, slots=True)
class Recipe:
    """The stages, and what they are shown.

    `copies` is how many altered copies of every training picture there are (see `train.augment`); with
    0 the pictures themselves are shown, as they are. `aim` is what the threshold is chosen for (see
    `train.decision`), None where it is the paper's.
    """

    name: str
    stages: tuple[Stage, ...]
    copies: int
    aim: str | None = None


PAPER = Recipe(
    "paper",
    (
        Stage("transfer", "flatten", "block5_pool", epochs=10, learning_rate=1e-5),
        Stage("fine-tuning", "block5_conv1", "block4_pool", epochs=2, learning_rate=1e-5),
    ),
    copies=0,
)
"""Konarev and Gulamov; epochs and batch of the first stage are inferred, not in the paper."""

RIVER = Recipe(
    "river",
    (
        Stage("transfer", "flatten", "block5_pool", epochs=6, learning_rate=1e-4, keep_best=True),
        Stage("fine-tuning", "block5_conv1", "block4_pool", epochs=2, learning_rate=1e-5, average=True),
    ),
    copies=2,
    aim="false-alarms<=3%",
)
"""Altered copies make small ships, haze, dusk and bad pictures, of which the data hold few. A camera looks many thousand
times a day, mostly at water: hence an aim that limits false alarms."""

RECIPES = {recipe.name: recipe for recipe in (PAPER, RIVER)}


def recipe_named(name: str) -> Recipe:
    """Raises UsageError where there is none of that name."""
    if name not in RECIPES:
        raise UsageError(f"unknown recipe {name!r}; known: {', '.join(RECIPES)}")
    return RECIPES[name]
