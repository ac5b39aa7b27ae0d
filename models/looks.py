"""How a picture looks, in four numbers, and what is usual for many.

Training measures its own pictures with these functions and collecting measures a camera's, so that
"unlike what the model learnt from" means the same on both sides.
"""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from models.picture import Picture

LOOKS = ("brightness", "contrast", "sharpness", "colourfulness")
LOW, HIGH = 1, 99
"""Percentiles between which a look is usual: one picture in fifty of the training itself lies outside, a look."""


def brightness_of(picture: Picture) -> float:
    """Mean luma (ITU-R BT.601), 0 to 255, of a uint8 BGR picture."""
    return float(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).mean())


def measure_looks(picture: Picture) -> dict[str, float]:
    """Measures one picture; sharpness depends on its size, so bring it to the network's first (`models.picture.fit`).

    Args:
        picture: uint8, (height, width, 3), BGR.

    Returns:
        For each of LOOKS a number, all in levels of 0 to 255: `brightness`, the mean of grey; `contrast`, its
        standard deviation; `sharpness`, the standard deviation of its Laplacian; `colourfulness`, as Hasler and
        Suesstrunk measure it (2003), 0 for grey.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    blue, green, red = (picture[:, :, channel].astype(np.float32) for channel in range(3))
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = np.hypot(red_green.std(), yellow_blue.std())
    offset = np.hypot(red_green.mean(), yellow_blue.mean())
    return {
        "brightness": float(grey.mean()),
        "contrast": float(grey.std()),
        "sharpness": float(cv2.Laplacian(grey, cv2.CV_32F).std()),
        "colourfulness": float(spread + 0.3 * offset),
    }


def usual(looks: Sequence[Mapping[str, float]]) -> dict[str, tuple[float, float]]:
    """What is usual among many pictures.

    Args:
        looks: of each picture, as `measure_looks` gives them; at least one.

    Returns:
        For each of LOOKS the 1st and the 99th percentile.

    Raises:
        ValueError: there is no picture.
    """
    if not looks:
        raise ValueError("what is usual can only be said of one picture or more; received none")
    bounds = {name: np.percentile([each[name] for each in looks], (LOW, HIGH)) for name in LOOKS}
    return {name: (float(low), float(high)) for name, (low, high) in bounds.items()}


def unusual(looks: Mapping[str, float], bounds: Mapping[str, tuple[float, float]]) -> tuple[str, ...]:
    """Which of the looks lie outside their bounds. Names that only one of the two knows are no reason."""
    return tuple(name for name, (low, high) in bounds.items() if name in looks and not low <= looks[name] <= high)
