"""Figures of judged pictures against answers worked out by hand."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.errors import DataError
from train.calibration import BINS, calibration_error
from train.curves import POINTS
from train.dataset import LABELS
from train.evaluation import EXAMPLES, WORST, Judged, evaluate
from train.metrics import share
from train.shares import DARK, DUSK, figures, together

TRUTH = (1, 1, 1, 1, 0, 0, 0, 0, 0, 0)
FIRST = (0.9, 0.4, 0.2, 0.8, 0.1, 0.2, 0.7, 0.6, 0.1, 0.3)
LAST = (0.9, 0.7, 0.6, 0.3, 0.1, 0.2, 0.55, 0.3, 0.1, 0.95)


def judged(labels: Sequence[int] = TRUTH, **changes: Any) -> Judged:
    n = len(labels)
    given: dict[str, Any] = {
        "paths": tuple(Path(f"{row}.jpg") for row in range(n)),
        "labels": np.array(labels, np.int64),
        "groups": tuple("ab"[row % 2] for row in range(n)),
        "probabilities": {
            "first": np.array(FIRST[:n], np.float32),
            "last": np.array(LAST[:n], np.float32),
        },
        "brightness": np.full(n, 100, np.float32),
        "ship_share": np.full(n, np.nan, np.float32),
    }
    given |= changes
    last = list(given["probabilities"].values())[-1:]
    given.setdefault("deployed", last[0] if last else np.empty(0, np.float32))
    return Judged(**given)


def many(seed: int, n: int) -> Judged:
    random = np.random.default_rng(seed)
    labels = (random.random(n) < 0.5).astype(np.int64)
    answers = np.clip(random.normal(0.3 + 0.4 * labels, 0.25), 0, 1).astype(np.float32)
    return judged(tuple(labels), probabilities={"only": answers})


def test_known_figures() -> None:
    """At 0.58: 3 of 4 ships found, 1 false alarm in 6. Of 24 pairs of a ship and no ship, 19 stand rightly."""
    found = evaluate(judged(), 0.58)
    wilson = share(8, 10)
    assert found["schema"] == "rivereye/report/1"
    assert (found["n"], found["ships"], found["threshold"]) == (10, 4, 0.58)
    assert (found["accuracy"], found["accuracy_low"], found["accuracy_high"]) == (0.8, wilson.low, wilson.high)
    assert found["recall"] == 3 / 4
    assert found["false_alarm_rate"] == 1 / 6
    assert found["balanced_accuracy"] == pytest.approx((3 / 4 + 5 / 6) / 2)
    # Ships at 0.9, 0.7, 0.6 lie above all but 0.95; the one at 0.3 above three, and beside one.
    assert found["auc"] == pytest.approx((5 + 5 + 5 + 3.5) / 24)
    # Steps of recall at 0.9, 0.7, 0.6 and 0.3, each a quarter, with the precision there.
    assert found["average_precision"] == pytest.approx((1 / 2 + 2 / 3 + 3 / 4 + 4 / 7) / 4)
    assert found["confusion"] == {
        "ship": {"taken_for_ship": 3, "taken_for_no_ship": 1},
        "no_ship": {"taken_for_ship": 1, "taken_for_no_ship": 5},
    }


def test_stages_are_compared_at_a_half() -> None:
    """First: wrong in rows 1, 2, 6, 7. Last: wrong in rows 3, 6, 9. So 3 are won and 2 lost."""
    found = evaluate(judged(), 0.58)
    first, last = found["stages"]
    assert (first["name"], first["threshold"], first["accuracy"]) == ("first", 0.5, 0.6)
    assert (last["name"], last["threshold"], last["accuracy"]) == ("last", 0.5, 0.7)
    assert "at_threshold" not in first
    assert (last["at_threshold"]["threshold"], last["at_threshold"]["accuracy"]) == (0.58, 0.8)
    # Of 5 fair coins, 3 or more heads, or as many tails: certain.
    assert found["mcnemar"] == {
        "first": "first",
        "last": "last",
        "only_first_right": 2,
        "only_last_right": 3,
        "p": pytest.approx(1.0),
    }


def test_mcnemar_is_exact_and_two_sided() -> None:
    """Six coins, all heads: 2 / 64."""
    answers = {"first": np.full(6, 0.1, np.float32), "last": np.full(6, 0.9, np.float32)}
    assert evaluate(judged((1,) * 6, probabilities=answers), 0.5)["mcnemar"]["p"] == pytest.approx(1 / 32)


def test_one_stage_is_compared_with_none() -> None:
    assert evaluate(many(1, 50), 0.5)["mcnemar"] is None


@pytest.mark.parametrize(
    ("label", "known", "unknown"), [(1, "recall", "false_alarm_rate"), (0, "false_alarm_rate", "recall")]
)
def test_one_class_only(label: int, known: str, unknown: str) -> None:
    found = evaluate(judged((label,) * 10), 0.58)
    assert found[known] == 0.4
    assert found["accuracy"] == (0.4 if label else 0.6)
    for name in (unknown, f"{unknown}_low", "balanced_accuracy", "auc", "average_precision", "roc", "precision_recall"):
        assert found[name] is None
    assert all(stage["auc"] is None for stage in found["stages"])
    json.dumps(found, allow_nan=False)


def test_no_pictures() -> None:
    with pytest.raises(DataError, match="no pictures"):
        evaluate(judged(()), 0.5)


@pytest.mark.parametrize("changes", [{"groups": ("a",)}, {"probabilities": {}}])
def test_as_many_of_everything(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="as many of everything"):
        judged(**changes)


def test_curves_are_thinned_and_keep_their_ends() -> None:
    found = evaluate(many(2, 5000), 0.5)
    json.dumps(found, allow_nan=False)
    for name in ("roc", "precision_recall"):
        assert {len(values) for values in found[name].values()} == {POINTS}
    roc = found["roc"]
    assert (roc["false_alarm_rate"][0], roc["recall"][0], roc["threshold"][0]) == (0, 0, None)
    assert (roc["false_alarm_rate"][-1], roc["recall"][-1]) == (1, 1)
    assert np.trapezoid(roc["recall"], roc["false_alarm_rate"]) == pytest.approx(found["auc"], abs=2e-3)
    assert (found["precision_recall"]["precision"][-1], found["precision_recall"]["threshold"][-1]) == (1, None)


def test_calibration_bins_add_up_to_the_error() -> None:
    several = many(3, 400)
    found = evaluate(several, 0.5)
    bins = found["calibration"]
    assert len(bins) == BINS
    assert sum(each["n"] for each in bins) == 400
    error = sum(each["n"] * abs(each["probability"] - each["ships"]) for each in bins if each["n"]) / 400
    assert found["ece"] == calibration_error(several.labels, several.deployed) == pytest.approx(error, abs=1e-6)
    assert all(each["probability"] is None and each["ships"] is None for each in bins if not each["n"])


def test_groups() -> None:
    """Group a holds rows 0, 2, 4, 6, 8, all right at 0.58; b holds two mistakes, rows 3 and 9. Group c is smaller."""
    found = evaluate(judged(groups=tuple("ababababcb")), 0.58)["groups"]
    assert [(row["group"], row["n"], row["ships"]) for row in found] == [("b", 5, 2), ("a", 4, 2), ("c", 1, 0)]
    assert [row["accuracy"] for row in found] == [3 / 5, 1, 1]
    assert [row["recall"] for row in found] == [1 / 2, 1, None]
    assert [row["false_alarm_rate"] for row in found] == [1 / 3, 0, 0]


def test_several_sets_as_one() -> None:
    rows = evaluate(many(4, 60), 0.5)["groups"]
    whole = evaluate(many(4, 60), 0.5)
    assert together(rows) == {name: whole[name] for name in together(rows)}
    assert together([]) == figures(0, 0, 0, 0)


def test_light() -> None:
    """What lies on a limit counts to the brighter side."""
    below = [np.nextafter(np.float32(limit), np.float32(0)) for limit in (DARK, DUSK)]
    levels = np.array([0, below[0], DARK, below[1], DUSK, 255, 255, 255, 255, 255], np.float32)
    found = evaluate(judged(brightness=levels), 0.58)["conditions"]["light"]
    assert [(row["light"], row["n"], row["from"], row["below"]) for row in found] == [
        ("dark", 2, 0, DARK),
        ("dusk", 2, DARK, DUSK),
        ("day", 6, DUSK, None),
    ]


def test_size_of_ships_where_it_is_known() -> None:
    """Pictures without a ship count nowhere, whatever is said of their size."""
    sizes = np.array([0.124, 0.125, 0.9, np.nan, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2], np.float32)
    found = evaluate(judged(ship_share=sizes), 0.58)["conditions"]["size"]
    assert [(row["size"], row["n"], row["recall"]) for row in found] == [
        ("under 1/8", 1, 1),
        ("1/8 to 1/4", 1, 1),
        ("over 1/2", 1, 1),
    ]
    assert evaluate(judged(), 0.58)["conditions"]["size"] == []


def test_the_surest_mistakes_come_first() -> None:
    found = evaluate(judged(), 0.5)
    assert [(row["path"], row["label"], row["group"]) for row in found["worst"]] == [
        ("9.jpg", "no_ship", "b"),
        ("3.jpg", "ship", "b"),
        ("6.jpg", "no_ship", "a"),
    ]
    assert found["worst"][0]["probability"] == pytest.approx(0.95)


def test_mistakes_and_examples_are_some_only() -> None:
    found = evaluate(many(5, 3000), 0.5)
    assert len(found["worst"]) == WORST
    assert [row["label"] for row in found["examples"]] == ["ship"] * EXAMPLES + ["no_ship"] * EXAMPLES
    assert all((row["probability"] >= 0.5) == (row["label"] == LABELS[1]) for row in found["examples"])
