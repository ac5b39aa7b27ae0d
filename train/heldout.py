"""Groups that are held out of training on purpose: the test part of a run that asks how a network does at a new place."""

from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from models.errors import DataError, UsageError
from train.dataset import LABELS, Sample

NAMED = 5
"""Groups that an error names."""


def held_out(patterns: Sequence[str], samples: Sequence[Sample]) -> set[str]:
    """The groups that are meant, each pattern being a group's name or a pattern of names as in a shell (case matters).

    Raises:
        UsageError: a pattern is no group's.
        DataError: the groups lack pictures of one class, which figures need, or hold all of one class.
    """
    sizes = Counter(sample.group for sample in samples)
    groups = {group for pattern in patterns for group in _meant(pattern, sizes)}
    for label, name in enumerate(LABELS):
        sides = {sample.group in groups for sample in samples if sample.label == label}
        if True not in sides:
            raise DataError(
                f"the groups held out ({_first(sorted(groups))}) have no picture of class {name}, and figures need both; "
                f"hold out others besides that have some"
            )
        if False not in sides:
            raise DataError(
                f"the groups held out ({_first(sorted(groups))}) have all pictures of class {name}, and none is left to train on; "
                f"hold out fewer"
            )
    return groups


def _meant(pattern: str, sizes: Counter[str]) -> list[str]:
    if pattern in sizes:
        return [pattern]
    if matching := [group for group in sizes if fnmatchcase(group, pattern)]:
        return matching
    largest = [group for group, _ in sizes.most_common()]
    raise UsageError(
        f"no group is called {pattern!r} or fits it as a pattern, so it cannot be held out; "
        f"groups are {_first(get_close_matches(pattern, largest, NAMED) or largest)}"
    )


def _first(groups: Sequence[str]) -> str:
    return ", ".join(groups[:NAMED]) + (", ..." if len(groups) > NAMED else "")
