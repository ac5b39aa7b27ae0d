"""Groups as people see them."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from train.tables import LARGEST, groups_table


def shown(sizes: list[int], alone: int, name: str = "g") -> str:
    """Groups of these sizes, all but one of the pictures with a ship."""
    groups = {f"{name}{n}": {"part": "train", "no_ship": 1, "ship": size - 1} for n, size in enumerate(sizes)}
    data: dict[str, Any] = {"groups": groups, "alone": {"train": alone, "validation": 0, "test": 0}}
    console = Console(file=StringIO(), width=100)
    console.print(groups_table(data))
    written = console.file
    assert isinstance(written, StringIO)
    return written.getvalue()


@pytest.mark.parametrize(
    ("sizes", "alone", "said"),
    [
        ([30] * LARGEST + [9, 2], 510, "... and 512 more of 1 to 9 pictures"),
        ([30] * LARGEST + [2, 2], 0, "... and 2 more of 2 pictures"),
        ([30], 4, "... and 4 more of 1 picture\n"),
        ([], 4, "4 of 1 picture\n"),
    ],
)
def test_the_rest_is_counted(sizes: list[int], alone: int, said: str) -> None:
    text = "\n".join(line.strip() for line in shown(sizes, alone).splitlines()) + "\n"
    assert said in text
    assert f"{len(sizes) + alone} groups\n" in text


def test_few_groups_are_all_shown() -> None:
    text = shown([30, 2], 0)
    assert "more" not in text
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in text.splitlines() if line.startswith("│")]
    assert rows == [["g0", "30", "1", "29", "train"], ["g1", "2", "1", "1", "train"]]


def test_a_bracket_in_a_name_is_no_markup() -> None:
    assert "[red]lock0" in shown([3], 0, name="[red]lock")
