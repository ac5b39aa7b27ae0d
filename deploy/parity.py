"""Does the converted model still decide the same? Two models, the same real pictures."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.card import Parity, Precision
from models.errors import GateNotMet


@dataclass(frozen=True, slots=True)
class Limits:
    """What a converted model may differ by. None: not limited, only reported."""

    flips: float
    largest_difference: float | None


LIMITS: dict[Precision, Limits] = {"fp32": Limits(0.0, 1e-3), "int8": Limits(0.005, None)}
"""`flips` as a share of the pictures. At int8 a picture near the threshold may differ by much and still be decided alike."""


def compare(reference: NDArray[np.float32], converted: NDArray[np.float32], threshold: float) -> Parity:
    """Compares probabilities (float32, (n,), n >= 1) and the decisions they lead to."""
    difference = np.abs(reference - converted)
    flips = (reference >= threshold) != (converted >= threshold)
    return Parity(
        n=len(reference),
        largest_difference=float(difference.max()),
        mean_difference=float(difference.mean()),
        flips=int(flips.sum()),
    )


def check(parity: Parity, precision: Precision, limits: Limits) -> None:
    """Raises GateNotMet: the model differs by more than the limits, or its answers are no numbers."""
    if not np.isfinite(parity.largest_difference):
        raise GateNotMet(
            f"export refused: the {precision} model gives answers that are no numbers; train the network again"
        )
    if parity.flips / parity.n > limits.flips:
        raise GateNotMet(
            f"export refused: the {precision} model decides {parity.flips} of {parity.n} pictures otherwise than the Keras network, "
            f"allowed is {limits.flips:.2%}; try --precision fp32, or allow more with --max-flips"
        )
    if limits.largest_difference is not None and parity.largest_difference > limits.largest_difference:
        raise GateNotMet(
            f"export refused: the {precision} model's probabilities differ by up to {parity.largest_difference:.2g} from the Keras network's, "
            f"allowed is {limits.largest_difference:.2g}"
        )
