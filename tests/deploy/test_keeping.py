"""Layers that break in 8 bits stay in float: which ones, that they are enough, and which pictures say so."""

from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path

import keras
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from rich.console import Console

from deploy import keeping, proving
from deploy.asking import answers, asker
from deploy.convert import to_onnx
from deploy.export import Settings, export
from deploy.keeping import LEAST, costliest, int8_that_decides_alike
from deploy.parity import compare
from deploy.pictures import Shown
from deploy.proving import Original, prove
from deploy.quantize import layers, to_int8
from models.bundle import open_bundle
from tests.deploy.runs import FRAGILE, fragile_network, toy_pictures, write_run

QUIET = Console(file=StringIO())
CALIBRATION, JUDGING = 40, 200
Breaking = Callable[[Sequence[str]], onnx.ModelProto]


@pytest.fixture(scope="module")
def breaking() -> Breaking:
    """Models whose layers of these names break."""
    made: dict[tuple[str, ...], onnx.ModelProto] = {}

    def model(names: Sequence[str]) -> onnx.ModelProto:
        if (key := tuple(names)) not in made:
            made[key] = to_onnx(fragile_network(key), "fragile")
        return made[key]

    return model


def flips(model: onnx.ModelProto, small: onnx.ModelProto, pictures: NDArray[np.uint8]) -> int:
    return compare(answers(asker(model, "cpu"), pictures), answers(asker(small, "cpu"), pictures), 0.5).flips


def short(names: Sequence[str]) -> set[str]:
    """Of Keras: the tools put theirs around it."""
    return {name.split("/")[1].removesuffix("_1") for name in names}


def test_the_layers_that_are_quantised(breaking: Breaking) -> None:
    found = layers(breaking(()))
    assert len(found) == len(FRAGILE)
    assert short(found) == set(FRAGILE)


@pytest.mark.parametrize("names", [(), ("third",), ("second", "fourth")], ids=str)
def test_what_breaks_stays_in_float_and_nothing_else(breaking: Breaking, names: tuple[str, ...]) -> None:
    """On pictures that nothing was chosen on hardly a decision flips then; half of them did."""
    model, calibration, judging = breaking(names), toy_pictures(CALIBRATION), toy_pictures(JUDGING, seed=900)
    assert (flips(model, to_int8(model, calibration), judging) > JUDGING / 4) == bool(names)
    said = StringIO()
    made, kept = int8_that_decides_alike(model, calibration, 0.5, Console(file=said, width=500))
    assert short(kept) == set(names)
    assert len(kept) == len(names)
    assert flips(model, made, judging) <= 0.005 * JUDGING
    assert said.getvalue().count("once more with these layers in float: ") == len(names)
    last = said.getvalue().strip().splitlines()[-1]
    assert last.endswith(f"of {CALIBRATION} calibration pictures; layers in float: {', '.join(kept) or 'none'}")
    stored = {each.name for each in made.graph.initializer if each.data_type == onnx.TensorProto.INT8}
    assert len([name for name in stored if name.endswith("_quantized")]) == len(FRAGILE) - len(names)


def test_the_costliest_comes_first(breaking: Breaking) -> None:
    model, pictures = breaking(("third",)), toy_pictures(12)
    expected = answers(asker(model, "cpu"), pictures)
    found = costliest(model, pictures, expected, 0.5, QUIET)
    assert short(found[:1]) == {"third"}
    assert set(found) == set(layers(model))


@pytest.mark.parametrize(
    ("names", "most", "tries", "kept"),
    [
        (("second", "fourth"), 0, 1, 0),
        (("second", "fourth"), 1, 2, 0),
        (("second", "fourth"), 9, 3, 2),
        (FRAGILE, 9, 3, 0),
    ],
)
def test_an_end_is_put_to_it(
    breaking: Breaking, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], most: int, tries: int, kept: int
) -> None:
    """What does not help is undone. Where all break, one is in 8 bits all the same; the gate says what that is worth."""
    monkeypatch.setattr(keeping, "MOST", most)
    said = StringIO()
    _, found = int8_that_decides_alike(breaking(names), toy_pictures(CALIBRATION), 0.5, Console(file=said, width=500))
    assert len(found) == kept
    assert said.getvalue().count("asking int8 about calibration pictures") == tries


@pytest.mark.parametrize(("count", "kept"), [(LEAST - 2, 0), (LEAST, 1)])
def test_a_handful_of_pictures_chooses_nothing(breaking: Breaking, count: int, kept: int) -> None:
    _, found = int8_that_decides_alike(breaking(("third",)), toy_pictures(count), 0.5, QUIET)
    assert len(found) == kept


def test_pictures_that_judge_choose_nothing(breaking: Breaking, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an int8 network that flips decisions on those alone, no layer is kept."""
    model, calibration, judging = breaking(("third",)), toy_pictures(2)[:1], toy_pictures(20, seed=900)
    seen: list[NDArray[np.uint8]] = []

    def spied(model: onnx.ModelProto, pictures: NDArray[np.uint8], *rest: object) -> tuple[onnx.ModelProto, tuple[()]]:
        seen.append(pictures)
        return to_int8(model, pictures), ()

    monkeypatch.setattr(proving, "int8_that_decides_alike", spied)
    shown = Shown(tuple(map(Path, "abcdefghijklmnopqrst")), judging, np.ones(20, np.int64))
    found, _ = prove(Original(model, asker(model, "cpu"), "itself", 0.5), ("int8",), calibration, shown, QUIET)
    assert len(seen) == 1
    assert seen[0] is calibration
    assert any("decides" in each for each in found["int8"].beyond)


@pytest.fixture(scope="module")
def fragile() -> keras.Model:
    return fragile_network(("third",))


@pytest.mark.usefixtures("same_speed", "few_are_enough")
def test_the_card_and_the_page_name_them(fragile: keras.Model, tmp_path: Path) -> None:
    """A bundle that would have been refused is written, within its limits."""
    run = write_run(tmp_path / "run", fragile, each=20)
    export(run, tmp_path / "lock", Settings(("fp32", "int8")), False, QUIET)
    models = open_bundle(str(tmp_path / "lock")).card.precisions
    (name,) = models["int8"].in_float
    assert short([name]) == {"third"}
    assert models["fp32"].in_float == ()
    assert not models["int8"].forced
    page = (tmp_path / "lock" / "README.md").read_text(encoding="utf-8")
    assert (
        f"Of int8.onnx these layers stay in float, as in 8 bits they cost decisions on calibration pictures: `{name}`."
        in page
    )
