"""Does the converted model still decide the same? Two models, the same real pictures."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.card import Parity, Precision

ENOUGH = 1000
"""Pictures below which a share of flips says little."""
FLIPS = "flips.csv"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a converted model may differ by. None: not limited, only reported."""

    flips: float
    largest_difference: float | None = None


LIMITS: dict[Precision, Limits] = {"fp32": Limits(0.0, 1e-3), "fp16": Limits(0.001), "int8": Limits(0.005)}
"""`flips` as a share of the pictures. In fewer bits a picture near the threshold may differ by much and still be decided alike."""


def compare(reference: NDArray[np.float32], converted: NDArray[np.float32], threshold: float) -> Parity:
    """Compares probabilities (float32, (n,), n >= 1, none of them NaN) and the decisions they lead to."""
    difference = np.abs(reference - converted)
    return Parity(
        n=len(reference),
        largest_difference=float(difference.max()),
        mean_difference=float(difference.mean()),
        flips=int(flipped(reference, converted, threshold).sum()),
    )


def few(n: int) -> str | None:
    """That these are too few pictures, in words; None where they are enough."""
    if n >= ENOUGH:
        return None
    return f"compared on {n} real pictures, and fewer than {ENOUGH} do not say whether decisions stay"


def flipped(reference: NDArray[np.float32], converted: NDArray[np.float32], threshold: float) -> NDArray[np.bool_]:
    """Where the two decide differently, (n,)."""
    return np.asarray((reference >= threshold) != (converted >= threshold))


def beyond(parity: Parity, precision: Precision, provider: str, reference: str) -> str | None:
    """What is beyond the precision's limits, in words; None where nothing is."""
    limits = LIMITS[precision]
    model = f"the {precision} model on {provider}"
    if parity.flips / parity.n > limits.flips:
        return f"{model} decides {parity.flips} of {parity.n} pictures otherwise than {reference}, allowed is {limits.flips:.2%}"
    if limits.largest_difference is not None and parity.largest_difference > limits.largest_difference:
        return (
            f"{model} gives probabilities that differ by up to {parity.largest_difference:.2g} from those of {reference}, "
            f"allowed is {limits.largest_difference:.2g}"
        )
    return None


@dataclass(frozen=True, slots=True)
class Flip:
    """A picture that was decided otherwise, and by whom."""

    path: Path
    picture: NDArray[np.uint8]
    precision: str
    provider: str
    reference: float
    converted: float


def save_flips(flips: Sequence[Flip], folder: Path) -> None:
    """Each as the network saw it, and a table that names where it came from."""
    with (folder / FLIPS).open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        table = csv.writer(file)
        table.writerow(("picture", "path", "precision", "provider", "reference", "converted"))
        for number, flip in enumerate(flips):
            name = f"{number:03d}-{flip.precision}-{flip.provider}.png"
            cv2.imwrite(str(folder / name), flip.picture)
            table.writerow(
                (name, flip.path, flip.precision, flip.provider, f"{flip.reference:.6f}", f"{flip.converted:.6f}")
            )
