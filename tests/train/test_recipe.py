"""The recipes there are, what may be changed in them, and what the cache asks of them."""

from dataclasses import asdict, replace
from typing import Any

import keras
import pytest

from models.errors import UsageError
from models.networks import build, first_trainable
from train.recipe import PAPER, RECIPES, RIVER, Changes, Recipe, Stage, recipe_named, unfrozen


def test_by_name() -> None:
    assert {name: recipe_named(name) for name in ("paper", "river")} == {"paper": PAPER, "river": RIVER}


@pytest.mark.parametrize("name", ["lake", "Paper", "paper ", ""])
def test_unknown_names(name: str) -> None:
    with pytest.raises(UsageError, match=f"unknown recipe '{name}'; known: paper, river"):
        recipe_named(name)


def test_the_paper_alters_no_picture_and_keeps_the_last_epoch() -> None:
    assert PAPER.copies == 0
    assert not PAPER.class_weights
    assert (PAPER.hidden, PAPER.dropout, PAPER.pooling) == ((256,), 0.5, "flatten")
    assert not any(stage.keep_best or stage.patience or stage.average for stage in PAPER.stages)


@pytest.fixture(scope="module", params=["vgg16", "vgg19"])
def network(request: pytest.FixtureRequest) -> keras.Model:
    return build(request.param, "none")


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())
def test_a_later_stage_never_freezes_more(network: keras.Model, recipe: Recipe) -> None:
    """The earlier one's cache is made from its own."""
    names = [layer.name for layer in network.layers]
    begins = [names.index(first_trainable(network, stage.unfreeze)) for stage in recipe.stages]
    assert begins == sorted(begins, reverse=True)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())
def test_stages_can_be_told_apart(recipe: Recipe) -> None:
    """Their names head the columns of pictures.csv."""
    assert len({stage.name for stage in recipe.stages}) == len(recipe.stages) > 0


def changes_of(name: str, values: tuple[Any, ...]) -> Changes:
    given: dict[str, Any] = {name: values}
    return Changes(**given)


def of(recipe: Recipe, name: str) -> list[Any]:
    return [getattr(stage, name) for stage in recipe.stages]


@pytest.mark.parametrize("name", ["epochs", "batch", "patience"])
@pytest.mark.parametrize(("given", "expected"), [((7,), [7, 7]), ((10, 2), [10, 2])], ids=["for all", "for each"])
def test_changes_of_stages(name: str, given: tuple[int, ...], expected: list[int]) -> None:
    for recipe in RECIPES.values():
        changed = recipe_named(recipe.name, changes_of(name, given))
        assert of(changed, name) == expected
        for stage, before in zip(changed.stages, recipe.stages, strict=True):
            assert {key for key, value in asdict(stage).items() if value != asdict(before)[key]} <= {name}


def test_changes_of_everything() -> None:
    changes = Changes(
        (3, 4), (1e-3, 1e-6), (8,), "sgd", (1,), "2", copies=5, hidden=(64, 32), dropout=0.0, pooling="average"
    )
    stages = (
        Stage("transfer", "head", 3, 1e-3, 8, "sgd", keep_best=True, patience=1),
        Stage("fine-tuning", "block4", 4, 1e-6, 8, "sgd", average=True, patience=1),
    )
    wanted = Recipe("river, changed", stages, 5, (64, 32), 0.0, "average", True, RIVER.aim)
    assert recipe_named("river", changes) == wanted
    assert recipe_named("river", replace(changes, class_weights=False)) == replace(wanted, class_weights=False)


@pytest.mark.parametrize("changes", [Changes(), Changes(epochs=(6, 2)), Changes(hidden=(64,), copies=2)])
def test_what_changes_nothing_keeps_the_name(changes: Changes) -> None:
    assert recipe_named("river", changes) is RIVER or recipe_named("river", changes) == RIVER


def test_a_recipe_itself_stays_as_it_is() -> None:
    before = repr(RIVER)
    recipe_named("river", Changes(epochs=(1,), copies=0))
    assert repr(recipe_named("river")) == before


@pytest.mark.parametrize("name", ["epochs", "learning_rate", "batch", "patience"])
def test_a_value_too_many(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        recipe_named("paper", changes_of(name, (1, 1, 1)))
    option = name.replace("_", "-")
    assert str(caught.value) == (f"--{option} has 3 values; the recipe has 2 stages: give one for all, or one for each")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (Changes(epochs=(0,)), "--epochs 0: give 1 or more"),
        (Changes(epochs=(3, -1)), "--epochs -1: give"),
        (Changes(learning_rate=(0.0,)), "--learning-rate 0.0: give more than 0, less than 1"),
        (Changes(learning_rate=(1e-3, 1.0)), "--learning-rate 1.0"),
        (Changes(learning_rate=(float("nan"),)), "--learning-rate nan"),
        (Changes(batch=(0,)), "--batch 0: give 1 or more"),
        (Changes(patience=(0,)), "--patience 0: give 1 epoch or more"),
        (Changes(optimizer="adma"), "--optimizer adma: give adam, adamw, sgd, rmsprop"),
        (Changes(copies=-1), "--copies -1: give 0 to 20"),
        (Changes(copies=21), "--copies 21: give 0 to 20"),
        (Changes(dropout=1.0), "--dropout 1.0: give 0 or more, less than 1"),
        (Changes(dropout=-0.1), "--dropout -0.1"),
        (Changes(hidden=(256, 0)), "--head (256, 0): give 1 to 4096 units a layer"),
        (Changes(hidden=(4097,)), "--head"),
        (Changes(pooling="max"), "--pooling max: give flatten or average"),
        (Changes(unfreeze="0"), "--unfreeze 0: the networks have 5 blocks; give 1 to 5, or a layer's name"),
        (Changes(unfreeze="6"), "--unfreeze 6: the networks have 5 blocks; give 1 to 5, or a layer's name"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
@pytest.mark.parametrize("recipe", RECIPES)
def test_changes_without_sense(recipe: str, changes: Changes, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        recipe_named(recipe, changes)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("text", "layers"),
    [("1", "block5"), ("2", "block4"), ("5", "block1"), ("block5_conv2", "block5_conv2"), ("head", "head"), ("²", "²")],
)
def test_what_to_unfreeze(text: str, layers: str) -> None:
    """A number, or a name that the network must know."""
    assert unfrozen(text) == layers
