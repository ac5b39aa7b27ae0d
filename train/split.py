"""Three parts: train, validation, test. Stratified by class; a group never straddles two of them."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from models.errors import DataError, UsageError
from train.dataset import LABELS, Sample
from train.heldout import held_out

Part = Literal["train", "validation", "test"]
SHARES: dict[Part, float] = {"train": 0.70, "validation": 0.15, "test": 0.15}

_Groups = Sequence[tuple[str, Counter[int]]]


def split(
    samples: Sequence[Sample],
    seed: int,
    holdout: Sequence[str] = (),
    test_share: float = SHARES["test"],
    validation_share: float | None = None,
) -> list[Part]:
    """Says for every sample which part it belongs to.

    Groups are dealt out from the largest to the smallest (equals in random order), each to the part
    that lacks most of what the group holds; large groups thus land in the training part, and the
    small ones fill every part to its share.

    With `holdout`, exactly those groups are the test part, and training and validation get the others in the
    proportion of their shares. All groups are dealt as above first. Then the others are dealt again, those of
    training first and those of the test part last, and a group stays where it was dealt as long as that part lacks
    any of what it holds. So training and validation keep what they have without a holdout, and what the held-out
    groups leave open is filled from the former test part: runs with one seed that hold out different groups, none
    of them larger than a test part, differ in these groups and in where the former test part goes, and in no more.

    Args:
        samples: of all parts.
        seed: decides the order of groups of one size.
        holdout: the groups of the test part, by name or as patterns of a shell.
        test_share: of the test part, where it is not held-out groups.
        validation_share: of the validation part; None: of what is not test, as much as by itself (0.15 of 0.85).

    Raises:
        UsageError: the share is none; or see held_out.
        DataError: there are too few groups for each part to get both classes; or see held_out.
    """
    shares = _shares(test_share, validation_share)
    groups = _largest_first(samples, seed)
    parts = _deal(groups, shares, {})
    if not holdout:
        _check_complete(samples, parts, shares)
        return [parts[sample.group] for sample in samples]
    tested = held_out(holdout, samples)
    rest = [item for item in groups if item[0] not in tested]
    rest.sort(key=lambda item: list(SHARES).index(parts[item[0]]))
    kept: dict[Part, float] = {part: share / (1 - shares["test"]) for part, share in shares.items() if part != "test"}
    parts = _deal(rest, kept, parts)
    _check_complete([sample for sample in samples if sample.group not in tested], parts, kept)
    return [parts.get(sample.group, "test") for sample in samples]


def _shares(test: float, validation: float | None) -> dict[Part, float]:
    for option, share in (("test", test), ("validation", validation)):
        if share is not None and not 0.01 <= share <= 0.9:
            raise UsageError(f"--{option}-share {share}: give a share of the pictures from 0.01 to 0.9")
    if validation is None:
        if test == SHARES["test"]:
            return SHARES
        validation = SHARES["validation"] * (1 - test) / (1 - SHARES["test"])
    if test + validation > 0.95:
        raise UsageError(f"--test-share {test} and --validation-share {validation} leave too little to train on")
    return {"train": 1 - test - validation, "validation": validation, "test": test}


def _deal(groups: _Groups, shares: Mapping[Part, float], before: Mapping[str, Part]) -> dict[str, Part]:
    """The part of each group: where it was `before` while there is need of it, or else where the need is greatest."""
    totals: Counter[int] = Counter()
    for _, counts in groups:
        totals.update(counts)
    lacking = {part: {label: share * totals[label] for label in totals} for part, share in shares.items()}

    def need(part: Part) -> float:
        return sum(counts[label] * lacking[part][label] / totals[label] ** 2 for label in counts)

    parts: dict[str, Part] = {}
    for group, counts in groups:
        home = before.get(group)
        part = home if home is not None and home in shares and need(home) > 0 else max(shares, key=need)
        parts[group] = part
        for label, count in counts.items():
            lacking[part][label] -= count
    return parts


def _largest_first(samples: Sequence[Sample], seed: int) -> list[tuple[str, Counter[int]]]:
    groups: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for sample in samples:
        groups[sample.group][sample.label] += 1
    dealt = list(groups.items())
    random.Random(seed).shuffle(dealt)
    return sorted(dealt, key=lambda item: -item[1].total())


def _check_complete(samples: Sequence[Sample], parts: Mapping[str, Part], wanted: Iterable[Part]) -> None:
    filled = {(parts[sample.group], sample.label) for sample in samples}
    for part in wanted:
        for label, name in enumerate(LABELS):
            if (part, label) not in filled:
                groups = {sample.group for sample in samples if sample.label == label}
                if not groups:
                    raise DataError(f"no picture of class {name} can be read; both classes are needed")
                raise DataError(
                    f"the {part} part gets no picture of class {name}: all {sum(s.label == label for s in samples)} of that class form "
                    f"{len(groups)} group{'s' * (len(groups) > 1)} ({', '.join(sorted(groups)[:5])}{', ...' if len(groups) > 5 else ''}), and a group is never divided; "
                    f"add sources, give the part a larger share, tell sources apart with --groups FILE.csv, or give --groups picture if all pictures are independent"
                )
