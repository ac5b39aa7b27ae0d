"""The card, and the page made of it."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deploy.card import GOLDEN_TOLERANCE, describe, make_card
from deploy.convert import OPSET
from deploy.run import open_run
from models.card import Card, Parity, Precision
from tests.deploy.runs import decision, write_record, write_table

PARITY = Parity(n=40, largest_difference=0.000123, mean_difference=0.00001, flips=2)


def card(folder: Path, precision: Precision = "fp32", weights: str = "none", decided: Any = None) -> Card:
    (folder / "model.onnx").write_bytes(b"abc")
    run = open_run(write_record(write_table(folder, []), weights=weights, decision=decided or decision()))
    golden = np.array([0.12345678, 1.0], np.float32)
    return make_card(run, "lock-north", precision, folder / "model.onnx", (48, 32), PARITY, golden)


@pytest.mark.parametrize("precision", GOLDEN_TOLERANCE)
def test_the_file(tmp_path: Path, precision: Precision) -> None:
    found = card(tmp_path, precision).precisions
    assert list(found) == [precision]
    model = found[precision]
    assert (model.file, model.bytes, model.sha256) == ("model.onnx", 3, hashlib.sha256(b"abc").hexdigest())
    assert (model.opset, model.parity) == (OPSET, PARITY)
    assert model.golden.probabilities == (0.123457, 1.0)
    assert model.golden.tolerance == {"fp32": 1e-3, "int8": 0.05}[precision]


def test_the_rest(tmp_path: Path) -> None:
    found = card(tmp_path)
    assert (found.name, found.network.architecture, found.threshold.value) == ("lock-north", "vgg16", 0.5)
    assert (found.input.width, found.input.height) == (48, 32)
    assert list(found.stages) == ["transfer", "at the threshold"]
    assert {"keras", "onnx", "tf2onnx"} == set(found.versions)
    written = datetime.strptime(found.created, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - written).total_seconds()) < 600


@pytest.mark.parametrize(
    ("aim", "chosen"), [(None, "the paper's"), ("miss<=2%", "on validation pictures, for the aim miss<=2%")]
)
def test_how_the_threshold_was_chosen(tmp_path: Path, aim: str | None, chosen: str) -> None:
    found = card(tmp_path, decided=decision(0.375, 1.25, aim))
    assert (found.threshold.value, found.temperature) == (0.375, 1.25)
    assert chosen in found.threshold.chosen
    page = describe(found, "")
    assert f"A probability of 0.375 or more is a ship (threshold: {found.threshold.chosen})" in page
    assert "divided by 1.25, the temperature" in page
    assert "taken off" not in page
    assert found.aims["miss<=2%"].threshold == 0.125
    assert "| miss<=2% | 0.125 | 50.0% (10.0% to 90.0%, n = 2) |" in page


@pytest.mark.parametrize(("shift", "words"), [(0.5, "0.5 was taken off them"), (-0.25, "0.25 was added to them")])
def test_a_threshold_chosen_on_unseen_cameras(tmp_path: Path, shift: float, words: str) -> None:
    decided = decision(0.375, 1.25, "balanced") | {"shift": shift, "chosen_on": "70 pictures of lock"}
    found = card(tmp_path, decided=decided)
    assert (found.shift, found.threshold.chosen) == (shift, "on 70 pictures of lock, for the aim balanced")
    assert f"divided by 1.25, the temperature (1: its probabilities were not calibrated), and {words}." in describe(
        found, ""
    )


def test_frames_are_named(tmp_path: Path) -> None:
    frames = {"frames": 3, "sha256": "ab" * 32, "windows": {"ship": 7, "no_ship": 11}}
    (tmp_path / "model.onnx").write_bytes(b"abc")
    run = open_run(write_record(write_table(tmp_path, []), frames=frames))
    found = make_card(run, "lock", "fp32", tmp_path / "model.onnx", (48, 32), PARITY, np.zeros(1, np.float32))
    assert found.recipe == "river"
    assert found.data.frames is not None
    assert found.data.frames.frames == 3
    page = describe(found, "")
    assert "7 windows with a ship and 11 without, cut out of 3 whole frames (sha256 abababababababab)" in page
    assert "windows" not in describe(card(tmp_path), "")


@pytest.mark.parametrize(
    ("weights", "source", "licence"),
    [
        ("none", "random", "none needed"),
        ("imagenet", "Visual Geometry Group", "CC BY 4.0"),
        ("vgg16_notop.weights.h5", "Visual Geometry Group", "CC BY 4.0"),
    ],
)
def test_whose_weights(tmp_path: Path, weights: str, source: str, licence: str) -> None:
    found = card(tmp_path, weights=weights)
    assert source in found.network.weights.source
    assert found.network.weights.licence == licence
    assert licence in describe(found, "")


def test_a_card_survives_its_file(tmp_path: Path) -> None:
    found = card(tmp_path)
    assert Card.model_validate_json(found.model_dump_json(by_alias=True)) == found


@pytest.mark.parametrize(
    "line",
    [
        "# lock-north",
        "| test | 1 | 1 | 1 |",
        "| transfer | 50.0% (10.0% to 90.0%, n = 2) | 50.0% (10.0% to 90.0%, n = 2) | 50.0% (10.0% to 90.0%, n = 2) |",
        "| model.onnx | fp32 | 0.0 MB | 40 | 0.00012 | 2 |",
    ],
)
def test_the_page(tmp_path: Path, line: str) -> None:
    assert line in describe(card(tmp_path), "").splitlines()


def test_notes_end_the_page(tmp_path: Path) -> None:
    plain, noted = (describe(card(tmp_path), notes) for notes in ("", "## Limits\nNone.\n"))
    assert noted == f"{plain}\n## Limits\nNone.\n"
