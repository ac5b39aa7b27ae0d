"""The same few figures for any set of judged pictures: all of them, one group, one kind of light."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.metrics import share

DARK, DUSK = 40.0, 80.0
"""Mean brightness (0 to 255) below which a picture counts as dark, and below which as dusk; day is the rest."""
LIGHTS = (("dark", 0.0, DARK), ("dusk", DARK, DUSK), ("day", DUSK, np.inf))
SIZES = (
    ("under 1/8", 0.0, 1 / 8),
    ("1/8 to 1/4", 1 / 8, 1 / 4),
    ("1/4 to 1/2", 1 / 4, 1 / 2),
    ("over 1/2", 1 / 2, np.inf),
)
"""Of a ship, as a share of the picture's longer side. What lies on a limit counts to the bin above it."""


def figures(ships: int, found: int, others: int, alarms: int) -> dict[str, Any]:
    """Accuracy, recall and false alarm rate from counts, each with its 95 % interval (Wilson).

    Args:
        ships: pictures that show one.
        found: those of them that were taken to show one.
        others: pictures that show none.
        alarms: those of them that were taken to show one.

    Returns:
        `n`, `ships`, `ships_found`, `false_alarms`, and `accuracy`, `recall`, `false_alarm_rate`, each
        also with `_low` and `_high`; None where there is no picture to tell from.
    """
    counts = {"n": ships + others, "ships": ships, "ships_found": found, "false_alarms": alarms}
    return (
        counts
        | _with_interval("accuracy", found + others - alarms, ships + others)
        | _with_interval("recall", found, ships)
        | _with_interval("false_alarm_rate", alarms, others)
    )


def figures_of(labels: NDArray[np.int64], decided: NDArray[np.bool_]) -> dict[str, Any]:
    """The figures of pictures with the labels (n,), decided (n,) to show a ship or not."""
    ship = labels == 1
    return figures(int(ship.sum()), int(decided[ship].sum()), int((~ship).sum()), int(decided[~ship].sum()))


def balanced_accuracy(found: dict[str, Any]) -> float | None:
    """Mean of ships found and of pictures without a ship left alone, from `figures`; None where one class is missing."""
    if found["recall"] is None or found["false_alarm_rate"] is None:
        return None
    return float(found["recall"] + 1 - found["false_alarm_rate"]) / 2


def together(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The figures of several sets of pictures as one."""
    totals = np.array(
        [(row["ships"], row["ships_found"], row["n"] - row["ships"], row["false_alarms"]) for row in rows]
    )
    return figures(*(int(each) for each in totals.reshape(-1, 4).sum(axis=0)))


def by_group(groups: tuple[str, ...], labels: NDArray[np.int64], decided: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """One row a group, the largest first, then by name."""
    names, numbers = np.unique(np.array(groups, object), return_inverse=True)
    rows = []
    for number, name in enumerate(names):
        chosen = numbers == number
        rows.append({"group": str(name), **figures_of(labels[chosen], decided[chosen])})
    return sorted(rows, key=lambda row: (-row["n"], row["group"]))


def by_light(
    brightness: NDArray[np.float32], labels: NDArray[np.int64], decided: NDArray[np.bool_]
) -> list[dict[str, Any]]:
    """One row for each of LIGHTS in which there are pictures."""
    return _by_range("light", LIGHTS, brightness, labels, decided)


def by_size(
    ship_share: NDArray[np.float32], labels: NDArray[np.int64], decided: NDArray[np.bool_]
) -> list[dict[str, Any]]:
    """One row for each of SIZES in which there are ships; pictures without a ship, or with one of unknown size, are in none."""
    sizes = np.where(labels == 1, ship_share, np.nan)
    return _by_range("size", SIZES, sizes, labels, decided)


def _by_range(
    what: str,
    ranges: tuple[tuple[str, float, float], ...],
    values: NDArray[np.floating[Any]],
    labels: NDArray[np.int64],
    decided: NDArray[np.bool_],
) -> list[dict[str, Any]]:
    rows = []
    for name, low, high in ranges:
        chosen = (values >= low) & (values < high)  # nan is in no range
        if chosen.any():
            limits = {"from": low, "below": high if np.isfinite(high) else None}
            rows.append({what: name, **limits, **figures_of(labels[chosen], decided[chosen])})
    return rows


def _with_interval(name: str, right: int, n: int) -> dict[str, float | None]:
    found = share(right, n) if n else None
    return {
        name: found.share if found else None,
        f"{name}_low": found.low if found else None,
        f"{name}_high": found.high if found else None,
    }
