"""What networks answered to groups that were held out from them: how a network like them does at a new place."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import UsageError
from train.answers import labels_of, probabilities_of, read_tested
from train.dataset import LABELS
from train.run import finished

ALIKE = ("network", "weights", "recipe", "positive")
"""Of run.json: what makes networks of one kind. Their pictures differ on purpose."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """Answers of networks to groups held out from them. `labels` int64, `probabilities` float32, both (n,)."""

    groups: tuple[str, ...]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]

    def __str__(self) -> str:
        return f"{len(self.labels)} pictures of {', '.join(self.groups)}, each judged by a network trained without its group"


def read_unseen(folders: Sequence[Path], record: Mapping[str, Any], own: Set[str]) -> Unseen:
    """What networks like that of `record` answered, but for the pictures of its own test part (`own`, by path): these judge.

    Raises:
        UsageError: one of the folders has no finished run, was trained otherwise, nothing was held out from it, the
            same as from another, or only what judges the run itself; there is no picture of one class.
    """
    groups: Counter[str] = Counter()
    labels, probabilities = [np.zeros(0, np.int64)], [np.zeros(0, np.float32)]
    for folder in folders:
        with finished(folder, "--unseen: ") as other:
            if differing := [name for name in ALIKE if other.get(name) != record.get(name)]:
                raise UsageError(
                    f"--unseen {folder} was trained otherwise than the run: {_difference(other, record, differing[0])}; give runs that were trained alike"
                )
            if not other["holdout"]:
                raise UsageError(f"--unseen {folder}: nothing was held out from it; train it with --holdout-group")
            rows = [row for row in read_tested(folder) if row["path"] not in own]
            if not rows:
                raise UsageError(
                    f"--unseen {folder}: its held-out pictures are the run's own test part, and would judge what they chose; leave it out"
                )
            labels.append(labels_of(rows))
            probabilities.append(probabilities_of(rows, other["stages"][-1]["name"]))
            groups.update(sorted({row["group"] for row in rows}))
    if twice := [group for group, times in groups.items() if times > 1]:
        raise UsageError(f"--unseen: {twice[0]} was held out from two of the runs; give one run for each group")
    found = Unseen(tuple(groups), np.concatenate(labels), np.concatenate(probabilities))
    if len(np.unique(found.labels)) < len(LABELS):
        raise UsageError(f"--unseen: {found} show one class only; give runs that were held out pictures of both")
    return found


def _difference(other: Mapping[str, Any], record: Mapping[str, Any], name: str) -> str:
    """In words; of recipes, the first thing in which they differ."""
    there, here = other.get(name), record.get(name)
    if isinstance(there, Mapping) and isinstance(here, Mapping):
        name = next(each for each in (*here, *there) if there.get(each) != here.get(each))
        there, here = there.get(name), here.get(name)
    return f"{name} {there}, not {here}"
