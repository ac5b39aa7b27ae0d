"""Which groups a holdout means."""

from pathlib import Path

import pytest

from models.errors import DataError, UsageError
from train.dataset import Sample
from train.heldout import held_out

GROUPS = ["shorecam_a", "shorecam_b", "lock [2]", "lock 2", "canal", "data/1.jpg"]


def samples(*changes: tuple[str, int]) -> list[Sample]:
    """A picture of both classes a group, and others."""
    both = [(group, label) for group in GROUPS for label in (0, 1)]
    return [Sample(Path(f"{row}.jpg"), label, group) for row, (group, label) in enumerate([*both, *changes])]


@pytest.mark.parametrize(
    ("patterns", "groups"),
    [
        (["canal"], {"canal"}),
        (["shorecam_*"], {"shorecam_a", "shorecam_b"}),
        (["shorecam_?", "canal", "can*"], {"shorecam_a", "shorecam_b", "canal"}),
        (["lock [2]"], {"lock [2]"}),  # a name comes before the pattern that it would be
        (["lock [23]"], {"lock 2"}),
        (["data/*"], {"data/1.jpg"}),
    ],
)
def test_names_and_patterns(patterns: list[str], groups: set[str]) -> None:
    assert held_out(patterns, samples()) == groups


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("shorecam", "groups are shorecam_b, shorecam_a"),
        ("Canal", "groups are canal"),
        ("x*", "groups are river, shorecam_a, shorecam_b, lock \\[2\\], lock 2, ..."),
        ("", "groups are river, "),
    ],
)
def test_groups_that_are_none(pattern: str, said: str) -> None:
    """The nearest are named, or else the largest."""
    found = samples(*[("river", label) for label in (0, 0, 1)])
    with pytest.raises(
        UsageError, match=f"no group is called '{pattern}' or fits it".replace("*", r"\*") + f".*{said}"
    ):
        held_out(["canal", pattern], found)


@pytest.mark.parametrize(("label", "name"), [(0, "ship"), (1, "no_ship")])
def test_held_out_groups_need_both_classes(label: int, name: str) -> None:
    with pytest.raises(DataError, match=rf"held out \(river\) have no picture of class {name}, and figures need both"):
        held_out(["river"], samples(("river", label)))


@pytest.mark.parametrize("patterns", [["*"], ["r*"]])
def test_some_of_both_classes_must_be_left(patterns: list[str]) -> None:
    found = [Sample(Path("1.jpg"), label, group) for label, group in ((0, "r1"), (1, "r2"), (0, "lock"))]
    with pytest.raises(
        DataError, match="have all pictures of class (no_)?ship, and none is left to train on; hold out fewer"
    ):
        held_out(patterns, found)
