"""Three parts: train, validation, test. Stratified by class; a group never straddles two of them."""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Literal

from models.errors import DataError
from train.dataset import LABELS, Sample

Part = Literal["train", "validation", "test"]
SHARES: dict[Part, float] = {"train": 0.70, "validation": 0.15, "test": 0.15}


def split(samples: Sequence[Sample], seed: int) -> list[Part]:
    """Says for every sample which part it belongs to.

    Groups are dealt out from the largest to the smallest (equals in random order), each to the part
    that lacks most of what the group holds; large groups thus land in the training part, and the
    small ones fill every part to its share.

    Raises:
        DataError: there are too few groups for each part to get both classes.
    """
    totals = Counter(sample.label for sample in samples)
    lacking = {part: {label: share * totals[label] for label in totals} for part, share in SHARES.items()}
    parts: dict[str, Part] = {}
    for group, counts in _largest_first(samples, seed):
        part = max(
            SHARES, key=lambda each: sum(counts[label] * lacking[each][label] / totals[label] ** 2 for label in counts)
        )
        parts[group] = part
        for label, count in counts.items():
            lacking[part][label] -= count
    chosen = [parts[sample.group] for sample in samples]
    _check_complete(samples, chosen)
    return chosen


def _largest_first(samples: Sequence[Sample], seed: int) -> list[tuple[str, Counter[int]]]:
    groups: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for sample in samples:
        groups[sample.group][sample.label] += 1
    dealt = list(groups.items())
    random.Random(seed).shuffle(dealt)
    return sorted(dealt, key=lambda item: -item[1].total())


def _check_complete(samples: Sequence[Sample], parts: Sequence[Part]) -> None:
    filled = {(part, sample.label) for part, sample in zip(parts, samples, strict=True)}
    for part in SHARES:
        for label, name in enumerate(LABELS):
            if (part, label) not in filled:
                groups = {sample.group for sample in samples if sample.label == label}
                if not groups:
                    raise DataError(f"no picture of class {name} can be read; both classes are needed")
                raise DataError(
                    f"the {part} part gets no picture of class {name}: its {sum(s.label == label for s in samples)} pictures form "
                    f"{len(groups)} groups ({', '.join(sorted(groups)[:5])}{', ...' if len(groups) > 5 else ''}), and a group is never divided; "
                    f"add sources, tell them apart with --groups FILE.csv, or give --groups picture if all pictures are independent"
                )
