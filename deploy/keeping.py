"""Layers that stay in float because in 8 bits they cost decisions."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import onnx
from numpy.typing import NDArray
from rich.console import Console

from deploy.asking import answers, ask_all, asker
from deploy.parity import LIMITS, compare
from deploy.quantize import Rounded, layers, rounded, to_int8
from models.progress import track
from models.say import say

MOST = 4
"""Layers that are kept: a network that breaks in more is no network for 8 bits, and would not be faster in them."""
TRIED_ON = 64
"""Pictures that each layer is tried on. A VGG16's 13 layers then take four minutes on two busy cores."""
LEAST = 32
"""Pictures that can say which layer costs decisions; of fewer, one that flips by chance is a large share."""


def int8_that_decides_alike(
    model: onnx.ModelProto,
    pictures: NDArray[np.uint8],
    threshold: float,
    console: Console,
) -> tuple[onnx.ModelProto, tuple[str, ...]]:
    """Quantises, and where more decisions flip than the export allows, again without the layers that cost most, MOST times at most.

    All of it on the pictures that gave the ranges of layers; those that judge the export say nothing here, and have the last word.

    Args:
        model: fp32, as `deploy.convert.to_onnx` gives it.
        pictures: uint8, (n, height, width, 3), BGR.
        threshold: from which probability on it decides for a ship.
        console: for what is kept.

    Returns:
        Of all that were tried the int8 model that flips fewest, and the names of layers that stay in float, the costliest first.
    """
    expected = ask_all(asker(model, "cpu"), pictures, "fp32 about calibration pictures", console)
    weights = rounded(model, pictures, partial(track, description="rounding weights", console=console))
    tried: list[tuple[int, onnx.ModelProto, tuple[str, ...]]] = []
    worst: list[str] | None = None
    while True:
        kept = tuple((worst or [])[: len(tried)])
        with console.status("converting to int8"):
            made = to_int8(model, pictures, kept, weights)
        found = ask_all(asker(made, "cpu"), pictures, "int8 about calibration pictures", console)
        flips = compare(expected, found, threshold).flips
        tried.append((flips, made, kept))
        if flips / len(pictures) <= LIMITS["int8"].flips or len(pictures) < LEAST:
            break
        if worst is None:
            some = slice(None, TRIED_ON)
            worst = costliest(model, pictures[some], expected[some], threshold, console, weights)
        if len(kept) == min(MOST, len(worst) - 1):  # never all of them: that would be fp32
            break
        say(
            console,
            f"int8 flips {flips} of {len(pictures)} calibration pictures; once more with these layers in float: "
            f"{', '.join(worst[: len(tried)])}",
        )
    flips, made, kept = min(tried, key=lambda each: each[0])
    say(
        console,
        f"int8 flips {flips} of {len(pictures)} calibration pictures; layers in float: {', '.join(kept) or 'none'}",
    )
    return made, kept


def costliest(
    model: onnx.ModelProto,
    pictures: NDArray[np.uint8],
    expected: NDArray[np.float32],
    threshold: float,
    console: Console,
    weights: Rounded | None = None,
) -> list[str]:
    """All layers, the one first that alone in 8 bits flips most decisions, and of equals moves probabilities most.

    Alone, rather than all but one: where two break, leaving one of them out shows nothing. `weights`: as `deploy.quantize.rounded` gives them.
    """
    names = layers(model)

    def cost(name: str) -> tuple[int, float]:
        alone = asker(to_int8(model, pictures, _others(names, name), weights), "cpu")
        found = compare(expected, answers(alone, pictures), threshold)
        return found.flips, found.mean_difference

    costs = {name: cost(name) for name in track(names, "trying each layer alone in 8 bits", console=console)}
    return sorted(names, key=costs.__getitem__, reverse=True)


def _others(names: Sequence[str], name: str) -> list[str]:
    return [each for each in names if each != name]
