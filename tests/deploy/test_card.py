"""The card, and the page made of it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from deploy.card import describe, make_card
from deploy.convert import OPSET
from deploy.run import open_run
from models.card import Card, Golden, Model, Parity, Precision, Reference, Share, Throughput
from tests.deploy.runs import decision, write_record, write_table

PARITY = Parity(n=40, largest_difference=0.000123, mean_difference=0.00001, flips=2)
RIGHT = Share(right=3, n=4, share=0.75, low=0.3, high=0.95)


def timed(speed: float, provider: str = "cpu") -> Throughput:
    return Throughput(pictures_per_second=speed, batch=8, threads=2, provider=provider, machine="Linux on a mill")


def model(precision: Precision, **changes: Any) -> Model:
    return Model(
        file=f"{precision}.onnx",
        sha256="0" * 64,
        bytes=1_200_000,
        opset=OPSET,
        golden=Golden(seed=7, probabilities=(0.25,), tolerance=0.01),
        **{"parity": {"cpu": PARITY}} | changes,
    )


REFERENCE = Reference(what="the Keras network")


def card(
    folder: Path,
    models: dict[Precision, Model] | None = None,
    reference: Reference = REFERENCE,
    decided: Any = None,
    **changes: Any,
) -> Card:
    run = open_run(write_record(write_table(folder, []), decision=decided or decision(), **changes))
    return make_card(run, "lock-north", (48, 32), models or {"fp32": model("fp32")}, reference)


def test_files_stay_in_their_order(tmp_path: Path) -> None:
    """The first is the one that is run where nothing else is said."""
    for precisions in (get_args(Precision), get_args(Precision)[::-1]):
        found = card(tmp_path, {precision: model(precision) for precision in precisions})
        assert tuple(found.precisions) == precisions
        assert tuple(Card.model_validate_json(found.model_dump_json(by_alias=True)).precisions) == precisions


def test_the_rest(tmp_path: Path) -> None:
    found = card(tmp_path)
    assert (found.name, found.network.architecture, found.threshold.value) == ("lock-north", "vgg16", 0.5)
    assert (found.input.width, found.input.height) == (48, 32)
    assert list(found.stages) == ["transfer", "at the threshold"]
    assert {"keras", "onnx", "onnxruntime", "rivereye", "tf2onnx"} == set(found.versions)
    assert found.reference == REFERENCE
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
    found = card(tmp_path, frames=frames)
    assert found.recipe == "river"
    assert found.data is not None
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
        "| the Keras network | | | | | | 75.0% (30.0% to 95.0%, n = 4) | 4.0 |",
        "| int8.onnx (forced) | 1.2 MB | cpu | 40 | 0.00012 | 2 | 75.0% (30.0% to 95.0%, n = 4) | 16.0 |",
        "| fp16.onnx | 1.2 MB | cpu | 40 | 0.00012 | 2 |  |  |",
        "| fp16.onnx | 1.2 MB | cuda | 40 | 0.00012 | 2 | 75.0% (30.0% to 95.0%, n = 4) | 64.5 |",
        "| fp32.onnx | 1.2 MB | cpu | 40 | 0.00012 | 2 |  |  |",
    ],
)
def test_the_page(tmp_path: Path, line: str) -> None:
    """What was measured on one provider does not stand beside another."""
    models: dict[Precision, Model] = {
        "int8": model("int8", accuracy=RIGHT, throughput=timed(16), forced=True),
        "fp16": model("fp16", parity={"cpu": PARITY, "cuda": PARITY}, accuracy=RIGHT, throughput=timed(64.51, "cuda")),
        "fp32": model("fp32"),
    }
    reference = Reference(what="the Keras network", accuracy=RIGHT, throughput=timed(4, "keras"))
    page = describe(card(tmp_path, models, reference), "")
    assert line in page.splitlines()
    assert "Timed in batches of 8, on 2 cores (Linux on a mill)." in page


def test_a_model_of_unknown_training(tmp_path: Path) -> None:
    """Somebody else's: no table of parts, stages or aims stands empty."""
    found = card(tmp_path).model_copy(update={"data": None, "stages": {}, "aims": {}})
    page = describe(found, "")
    assert "## Trained on" not in page
    assert "## Other thresholds" not in page
    assert "## The ONNX files against the Keras network" in page
    assert "Timed" not in page


def test_notes_end_the_page(tmp_path: Path) -> None:
    plain, noted = (describe(card(tmp_path), notes) for notes in ("", "## Limits\nNone.\n"))
    assert noted == f"{plain}\n## Limits\nNone.\n"
