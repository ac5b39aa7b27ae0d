"""The recipes there are, and what the cache asks of them."""

import pytest

from models.errors import UsageError
from models.networks import build
from train.recipe import PAPER, RECIPES, RIVER, Recipe, recipe_named


def test_by_name() -> None:
    assert {name: recipe_named(name) for name in ("paper", "river")} == {"paper": PAPER, "river": RIVER}


@pytest.mark.parametrize("name", ["lake", "Paper", "paper ", ""])
def test_unknown_names(name: str) -> None:
    with pytest.raises(UsageError, match=f"unknown recipe '{name}'; known: paper, river"):
        recipe_named(name)


def test_the_paper_alters_no_picture_and_keeps_the_last_epoch() -> None:
    assert PAPER.copies == 0
    assert not any(stage.keep_best for stage in PAPER.stages)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())
@pytest.mark.parametrize("network", ["vgg16", "vgg19"])
def test_the_cache_ends_where_training_begins(network: str, recipe: Recipe) -> None:
    """And a later stage never freezes more: the earlier one's cache is made from its own."""
    names = [layer.name for layer in build(network, "none").layers]
    ends = [names.index(stage.last_frozen) for stage in recipe.stages]
    assert [end + 1 for end in ends] == [names.index(stage.first_trainable) for stage in recipe.stages]
    assert ends == sorted(ends, reverse=True)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())
def test_stages_can_be_told_apart(recipe: Recipe) -> None:
    """Their names head the columns of pictures.csv."""
    assert len({stage.name for stage in recipe.stages}) == len(recipe.stages) > 0
