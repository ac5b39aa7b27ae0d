"""What networks answered to groups that were held out from them: how a network like them does at a new place."""

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
class HeldOut:
    """A group, and what a network that had not seen it answered. `labels` int64, of each stage `probabilities` float32: (n,)."""

    group: str
    labels: NDArray[np.int64]
    probabilities: Mapping[str, NDArray[np.float32]]

    @property
    def last(self) -> NDArray[np.float32]:
        """After the last stage, (n,)."""
        return list(self.probabilities.values())[-1]


@dataclass(frozen=True, slots=True)
class Unseen:
    """Answers to several groups, each by a network that had not seen it. `labels` int64, `probabilities` float32, (n,)."""

    groups: tuple[str, ...]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]

    def __str__(self) -> str:
        return f"{len(self.labels)} pictures of {', '.join(self.groups)}, each judged by a network trained without its group"


def together(held_out: Sequence[HeldOut]) -> Unseen:
    """Raises UsageError: there is no picture of one class."""
    found = Unseen(
        tuple(each.group for each in held_out),
        np.concatenate([each.labels for each in held_out]),
        np.concatenate([each.last for each in held_out]),
    )
    if len(np.unique(found.labels)) < len(LABELS):
        raise UsageError(f"{found}, show one class only; give runs that were held out pictures of both")
    return found


def read_held_out(
    folders: Sequence[Path], record: Mapping[str, Any], own: Set[str] = frozenset(), option: str = ""
) -> list[HeldOut]:
    """The groups held out from networks like that of `record`, and the answers; without the pictures in `own` (paths).

    Args:
        folders: of the runs.
        record: run.json of the one they must be like.
        own: pictures of its test part, which judge it and may not choose anything.
        option: what the folders were given with, such as `--unseen `.

    Raises:
        UsageError: one of the folders has no finished run, was trained otherwise, nothing was held out from it, the
            same as from another, or only what is in `own`.
    """
    found: dict[str, HeldOut] = {}
    for folder in folders:
        with finished(folder, option) as other:
            if differing := [name for name in ALIKE if other.get(name) != record.get(name)]:
                raise UsageError(
                    f"{option}{folder} was trained otherwise than the run: {_difference(other.get(differing[0]), record.get(differing[0]), differing[0])}; give runs that were trained alike"
                )
            if not other["holdout"]:
                raise UsageError(f"{option}{folder}: nothing was held out from it; train it with --holdout-group")
            rows = [row for row in read_tested(folder) if row["path"] not in own]
            if not rows:
                raise UsageError(
                    f"{option}{folder}: its held-out pictures are the run's own test part, and would judge what they chose; leave it out"
                )
            for group in sorted({row["group"] for row in rows}):
                if group in found:
                    raise UsageError(
                        f"{option}{folder}: {group} was held out from another of the runs, too; give one run for each group"
                    )
                of_group = [row for row in rows if row["group"] == group]
                stages = [stage["name"] for stage in other["stages"]]
                answers = {stage: probabilities_of(of_group, stage) for stage in stages}
                found[group] = HeldOut(group, labels_of(of_group), answers)
    return list(found.values())


def _difference(there: Any, here: Any, name: str) -> str:
    """In words; of recipes and their stages, the first thing in which they differ."""
    if isinstance(there, Mapping) and isinstance(here, Mapping):
        # By their names last: a change gives a recipe another one, which says less than the change itself.
        names = sorted({**here, **there}, key=lambda each: each == "name")
        inner = next(each for each in names if there.get(each) != here.get(each))
        return _difference(there.get(inner), here.get(inner), inner)
    if isinstance(there, list) and isinstance(here, list) and len(there) == len(here):
        at = next(at for at in range(len(here)) if there[at] != here[at])
        return f"{name.removesuffix('s')} {at + 1}: {_difference(there[at], here[at], 'value')}"
    return f"{name.replace('_', ' ')} {there}, not {here}"
