"""Figures: whole SVG elements that fetch nothing, with what they show as text."""

from typing import Any
from xml.etree import ElementTree

import pytest

from tests.train.test_evaluation import judged, many
from train.evaluation import evaluate
from train.plots import (
    calibration_plot,
    confusion_plot,
    groups_plot,
    precision_recall_plot,
    roc_plot,
    training_plot,
)

HISTORY = {"loss": [0.7, 0.5], "val_loss": [0.6, 0.55], "accuracy": [0.5, 0.8], "val_accuracy": [0.6, 0.7]}
REPORT: dict[str, Any] = evaluate(many(1, 200), 0.4)


def words(svg: str) -> str:
    """All text of an `<svg>` element; it must be well-formed."""
    return " ".join(each.strip() for each in ElementTree.fromstring(svg).itertext() if each.strip())  # noqa: S314


@pytest.mark.parametrize(
    ("svg", "expected"),
    [
        (roc_plot(REPORT["roc"], (0.1, 0.8)), "share of pictures without a ship"),
        (precision_recall_plot(REPORT["precision_recall"], (0.8, 0.9), 0.5), "ships among pictures taken for one"),
        (precision_recall_plot(REPORT["precision_recall"], None, 0.5), "guessing"),
        (calibration_plot(REPORT["calibration"], 0.4), "probability of a ship, as stated"),
        (confusion_plot(REPORT["confusion"]), str(REPORT["confusion"]["ship"]["taken_for_ship"])),
        (training_plot("loss", [("transfer", HISTORY), ("fine-tuning", HISTORY)]), "fine-tuning"),
        (training_plot("accuracy", [("transfer", HISTORY)]), "validation"),
        (groups_plot(REPORT["groups"]), "a (100)"),
    ],
)
def test_a_figure_is_an_element_of_the_page(svg: str, expected: str) -> None:
    assert svg.startswith("<svg viewBox=")
    assert expected in words(svg)
    assert "http" not in svg
    assert "<style" not in svg
    assert "var(--ink, " in svg


def test_the_same_figures_give_the_same_file() -> None:
    assert confusion_plot(REPORT["confusion"]) == confusion_plot(REPORT["confusion"])


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "a & b",
        "$x_",
        "font-family: none",
        "河川カメラ",
        "Причал",
        "\udcff\udcfe.jpg",
        "a\nb",
    ],
)
def test_names_of_groups_are_text(name: str) -> None:
    [row] = evaluate(judged((1, 0), groups=(name, name)), 0.5)["groups"]
    svg = groups_plot([row])
    assert "<script" not in svg
    assert "(2)" in words(svg)
    svg.encode("utf-8")


def test_of_a_long_name_the_end_is_shown() -> None:
    [row] = evaluate(judged((1, 0), groups=("/very/long" * 9 + "/camera7",) * 2), 0.5)["groups"]
    assert "/camera7 (2)" in words(groups_plot([row]))
    assert len(words(groups_plot([row]))) < 200


def test_a_confusion_of_one_class() -> None:
    found = evaluate(judged((1, 1)), 0.5)
    assert "0.0% of row" in words(confusion_plot(found["confusion"]))
