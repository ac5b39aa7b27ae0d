"""More pictures for a slim network to learn from: two training pictures laid over each other, of which the full network alone says what they show.

What it answers off the beaten track is what a slim network, taught on the training pictures alone, does otherwise on a camera that neither has seen. L. Beyer et al., "Knowledge
distillation: A good teacher is patient and consistent" (CVPR 2022); the mixing itself: H. Zhang et al., "mixup: Beyond Empirical Risk Minimization" (ICLR 2018).
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from models.picture import Picture
from train.material import Rows, kept

UNTOLD = -1
"""The label of a mixed picture."""


def with_mixed(rows: Rows, times: float, seed: int, store: Path, console: Console) -> Rows:
    """The same rows, and after them `times` as many mixed ones, on disk.

    Args:
        rows: training pictures.
        times: 0 or more.
        seed: of what is mixed, and how much of each: any share is as likely.
        store: folder for the pictures. A file that is there was made by the same call, and is taken.
        console: for progress.
    """
    more = round(times * len(rows.labels))
    if not more:
        return rows
    every = chain(rows.pictures, _mixed(rows.pictures, more, seed))
    n = len(rows.labels) + more
    pictures = kept(store / "learnt", track(every, "mixing pictures", n, console=console), n)
    return Rows(pictures, np.concatenate([rows.labels, np.full(more, UNTOLD)]), rows.samples)


def _mixed(pictures: NDArray[np.uint8], n: int, seed: int) -> Iterator[Picture]:
    draw = np.random.default_rng([seed, n])
    for _ in range(n):
        one, other = draw.choice(len(pictures), 2, replace=len(pictures) < 2)
        share = draw.random()
        both = share * pictures[one].astype(np.float32) + (1 - share) * pictures[other]
        yield np.rint(both).astype(np.uint8)
