"""Every precision against the original, and what is beyond a limit."""

from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import get_args

import keras
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from rich.console import Console

from deploy import proving
from deploy.asking import answers, asker
from deploy.parity import compare
from deploy.pictures import UNKNOWN, Shown
from deploy.proving import Original, Proven, accuracy, prove
from deploy.speed import BATCH, Ask
from models.card import Precision, Reference
from models.errors import GateNotMet
from models.providers import providers_here
from tests.deploy.runs import toy_pictures

pytestmark = pytest.mark.usefixtures("few_are_enough")
COUNT = 20
NAME = "the Keras network"


@pytest.fixture
def original(toy: keras.Model, toy_onnx: onnx.ModelProto) -> Original:
    return Original(toy_onnx, lambda pictures: np.asarray(toy.predict_on_batch(pictures))[:, 0], NAME, 0.5)


def shown(labels: Sequence[int] | None = None) -> Shown:
    known = np.array([number % 2 == 0 for number in range(COUNT)] if labels is None else labels, np.int64)
    return Shown(tuple(Path(f"{number}.png") for number in range(COUNT)), toy_pictures(COUNT), known)


def proven(
    original: Original, precisions: Sequence[Precision], seen: Shown | None = None
) -> tuple[dict[Precision, Proven], Reference]:
    return prove(original, precisions, toy_pictures(12, seed=100), seen or shown(), Console(file=StringIO()))


def doctored(speeds: Mapping[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    def timed(models: Mapping[str, Ask], pictures: NDArray[np.uint8]) -> dict[str, float]:
        return {name: speeds[name] for name in models}

    monkeypatch.setattr(proving, "pictures_per_second", timed)


def test_parity_is_with_the_original_on_every_provider(original: Original) -> None:
    found, _ = proven(original, get_args(Precision))
    seen = shown()
    expected = original.ask(seen.pictures)
    assert set(found) == set(get_args(Precision))
    for each in found.values():
        assert list(each.parity) == providers_here()
        wanted, got = compare(expected, answers(asker(each.model, "cpu"), seen.pictures), 0.5), each.parity["cpu"]
        assert (got.n, got.flips) == (COUNT, wanted.flips)
        # Keras adds up in another order when it is asked about all at once.
        assert got.largest_difference == pytest.approx(wanted.largest_difference, abs=1e-6)
        assert got.mean_difference == pytest.approx(wanted.mean_difference, abs=1e-6)
    assert found["fp32"].parity["cpu"].largest_difference < 1e-5 < found["fp16"].parity["cpu"].largest_difference
    assert found["fp16"].parity["cpu"].mean_difference < found["int8"].parity["cpu"].mean_difference


@pytest.mark.parametrize(
    ("speeds", "order"),
    [
        ((3, 2, 1), ["fp32", "fp16", "int8"]),
        ((2, 1, 3), ["int8", "fp32", "fp16"]),
        ((1, 3, 2), ["fp16", "int8", "fp32"]),
    ],
)
def test_the_fastest_comes_first(
    original: Original, monkeypatch: pytest.MonkeyPatch, speeds: tuple[float, ...], order: list[str]
) -> None:
    doctored(dict(zip(("fp32", "fp16", "int8"), speeds, strict=True)) | {NAME: 0.5}, monkeypatch)
    found, reference = proven(original, get_args(Precision))
    assert list(found) == order
    timed = {precision: each.throughput for precision, each in found.items()}
    assert {name: each and each.pictures_per_second for name, each in timed.items()} == dict(
        zip(("fp32", "fp16", "int8"), speeds, strict=True)
    )
    assert reference.throughput is not None
    assert (reference.throughput.pictures_per_second, reference.throughput.provider) == (0.5, "keras")


@pytest.mark.parametrize("precisions", [("fp32", "int8"), ("int8",)])
def test_int8_that_is_slower_than_fp32_is_beyond_a_limit(
    original: Original, monkeypatch: pytest.MonkeyPatch, precisions: tuple[Precision, ...]
) -> None:
    """Whether fp32 is wanted as well or not."""
    doctored({NAME: 5, "fp32": 20.04, "int8": 10}, monkeypatch)
    found, _ = proven(original, precisions)
    assert set(found) == set(precisions)
    assert found["int8"].beyond == [
        "the int8 model is slower than fp32 on this machine: 10.0 and 20.0 pictures a second"
    ]


@pytest.mark.parametrize("speed", [20, 30])
def test_int8_that_is_not_slower_is_not(original: Original, monkeypatch: pytest.MonkeyPatch, speed: float) -> None:
    doctored({NAME: 50, "fp32": 20, "fp16": 1, "int8": speed}, monkeypatch)
    found, _ = proven(original, get_args(Precision))
    assert [each.beyond for each in found.values()] == [[], [], []]


def test_speeds_are_of_this_machine(original: Original) -> None:
    found, reference = proven(original, ("fp32",))
    (each,) = found.values()
    for timed in (each.throughput, reference.throughput):
        assert timed is not None
        assert timed.pictures_per_second > 0
        assert timed.batch == BATCH
        assert timed.threads >= 1
    assert each.throughput is not None
    assert each.throughput.provider in providers_here()


def test_a_picture_decided_otherwise_is_kept_with_both_answers(original: Original, toy_onnx: onnx.ModelProto) -> None:
    """The network that is asked is another than the one that is converted: its answer to one picture is turned round."""
    seen = shown()
    wrong = 1 - asker(toy_onnx, "cpu")(seen.pictures[3:4])[0]

    def ask(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        answers = np.array(original.ask(pictures), np.float32)
        answers[(pictures == seen.pictures[3]).all(axis=(1, 2, 3))] = wrong
        return answers

    found, _ = proven(Original(toy_onnx, ask, NAME, 0.5), ("fp32",), seen)
    (flip,) = [each for each in found["fp32"].flips if each.provider == "cpu"]
    assert (flip.path, flip.precision, flip.provider) == (Path("3.png"), "fp32", "cpu")
    np.testing.assert_array_equal(flip.picture, seen.pictures[3])
    assert flip.reference == pytest.approx(wrong)
    assert flip.converted == pytest.approx(1 - wrong, abs=1e-5)
    assert any(
        said.startswith("the fp32 model on cpu decides 1 of 20 pictures otherwise") for said in found["fp32"].beyond
    )


def test_unlabelled_pictures_judge_decisions_but_not_accuracy(original: Original) -> None:
    expected = original.ask(toy_pictures(COUNT)) >= 0.5
    labels = [int(ship) if number < 8 else UNKNOWN for number, ship in enumerate(expected)]
    labels[0] = 1 - labels[0]
    found, reference = proven(original, ("fp32",), shown(labels))
    assert found["fp32"].accuracy == reference.accuracy
    assert reference.accuracy is not None
    assert (reference.accuracy.right, reference.accuracy.n) == (7, 8)
    assert found["fp32"].parity["cpu"].n == COUNT


def test_accuracy_of_no_labels_is_unknown() -> None:
    assert accuracy(np.array([0.5], np.float32), np.array([UNKNOWN], np.int64), 0.5) is None


def test_accuracy_has_an_interval() -> None:
    found = accuracy(np.array([0.5, 0.4, 0.9, 0.1], np.float32), np.array([1, 0, 0, UNKNOWN], np.int64), 0.5)
    assert found is not None
    assert (found.right, found.n) == (2, 3)
    assert 0 < found.low < found.share < found.high < 1


def test_a_conversion_whose_answers_are_no_numbers(original: Original) -> None:
    broken = onnx.ModelProto()
    broken.CopyFrom(original.model)
    for each in broken.graph.initializer:
        if each.data_type == onnx.TensorProto.FLOAT and len(each.dims) == 4:
            each.CopyFrom(onnx.numpy_helper.from_array(np.full(list(each.dims), np.nan, np.float32), each.name))
    with pytest.raises(GateNotMet, match="the fp32 model on cpu gives answers that are no numbers; leave it out"):
        proven(Original(broken, original.ask, NAME, 0.5), ("fp32",))
