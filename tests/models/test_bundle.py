import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import bundle as module
from models.bundle import CARD, LARGEST_CARD, RELEASED, apart, golden_pictures, open_bundle
from models.classifier import Classifier
from models.errors import BundleError, UsageError
from tests.factories import write_bundle


def change_card(folder: Path, where: str, value: object) -> None:
    """Sets the field at a dotted path of the card; None takes it away."""
    path = folder / CARD
    card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    *parents, last = where.split("/")
    part = card
    for name in parents:
        part = part[name]
    if value is None:
        del part[last]
    else:
        part[last] = value
    path.write_text(json.dumps(card), encoding="utf-8")


def test_opens_by_folder(bundle: Path) -> None:
    opened = open_bundle(str(bundle))
    assert opened.folder == bundle
    assert opened.precision == "fp32"
    assert opened.card.threshold.value == 0.5
    assert opened.read_model() == (bundle / "model.onnx").read_bytes()


def test_opens_by_released_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RELEASED", tmp_path)
    write_bundle(tmp_path / "vgg99-canal")
    assert open_bundle("vgg99-canal").folder == tmp_path / "vgg99-canal"
    with pytest.raises(BundleError, match=r"no model bundle at vgg98: found nothing.*vgg99-canal"):
        open_bundle("vgg98")


@pytest.mark.parametrize("card", sorted(RELEASED.glob(f"*/{CARD}")), ids=lambda path: str(path.parent.name))
def test_what_is_released_opens_and_runs(card: Path) -> None:
    released = open_bundle(card.parent.name)
    assert released.card.name == card.parent.name
    with Classifier(released) as classifier:
        assert classifier.provider


def test_a_folder_goes_before_a_released_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RELEASED", write_bundle(tmp_path / "released" / "mine").parent)
    write_bundle(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    assert open_bundle("mine").folder == Path("mine")


@pytest.mark.parametrize(
    ("place", "found"), [("nowhere", "nothing"), ("file", "a file"), ("folder", f"a folder without {CARD}")]
)
def test_says_what_it_found_instead_of_a_bundle(tmp_path: Path, place: str, found: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(BundleError, match=f"no model bundle at .*{place}: found {found}"):
        open_bundle(str(tmp_path / place))


def test_a_run_is_no_bundle_but_can_become_one(tmp_path: Path) -> None:
    (tmp_path / "run.json").touch()
    with pytest.raises(BundleError, match=f"training run; make one of it: rivereye export {tmp_path} --out BUNDLE"):
        open_bundle(str(tmp_path))


def test_a_name_too_long_for_a_folder_is_no_bundle() -> None:
    with pytest.raises(BundleError):
        open_bundle("x" * 300)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"schema": "rivereye/card/1"}'])
def test_a_card_that_is_none(tmp_path: Path, content: bytes) -> None:
    folder = write_bundle(tmp_path / "bundle")
    (folder / CARD).write_bytes(content)
    with pytest.raises(BundleError, match=r"cannot understand .*card\.json"):
        open_bundle(str(folder))


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("threshold", None),
        ("precisions/fp32/golden/seed", None),
        ("schema", "rivereye/card/2"),
        ("name", "../brightness"),
        ("threshold/value", 1.5),
        ("threshold/value", "high"),
        ("input/width", 0),
        ("input/colour", "RGB"),
        ("labels", ["ship", "no_ship"]),
        ("precisions", {}),
        ("precisions/fp32/sha256", "ABC"),
        ("precisions/fp32/golden/probabilities", []),
        ("precisions/fp32/golden/tolerance", 0),
        ("precisions/fp32/golden/probabilities", [0.5] * 65),
        ("precisions/fp32/bytes", 0),
        ("precisions/fp32/bytes", 2**31),
        ("precisions/fp32/parity", {}),
        ("precisions/fp32/parity/cpu/n", 0),
        ("precisions/fp32/parity/cpu/flips", -1),
        ("precisions/fp32/parity/cpu/largest_difference", float("nan")),
        ("precisions/fp32/opset", 0),
        ("precisions/fp32/golden/seed", -5),
        ("precisions/fp32/golden/seed", 2**32),
        ("precisions/fp32/golden/seed", 10**40),
        ("temperature", 0),
        ("temperature", -1.5),
        ("temperature", float("nan")),
        ("temperature", float("inf")),
        ("shift", float("inf")),
        ("threshold/value", float("nan")),
        ("data/pictures", -1),
        ("data/parts", {"test": {"ship": 2**60}}),
        ("stages/one/accuracy/n", -1),
        ("precisions/fp8", {}),
        ("reference", None),
        ("precisions/fp32/file", "../model.onnx"),
        ("precisions/fp32/file", "/etc/passwd"),
        ("precisions/fp32/file", "a/b.onnx"),
        ("precisions/fp32/file", "a\\b.onnx"),
        ("precisions/fp32/file", ".onnx"),
        ("precisions/fp32/file", "model.onnx\n"),
        ("precisions/fp32/file", "card.json"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, where: str, value: object) -> None:
    folder = write_bundle(tmp_path / "bundle")
    change_card(folder, where, value)
    with pytest.raises(BundleError, match=rf"{CARD}: {where.replace('/', '.')}"):
        open_bundle(str(folder))


def test_a_card_larger_than_any_is_not_read(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "bundle")
    with (folder / CARD).open("r+b") as file:
        file.truncate(LARGEST_CARD + 1)
    with pytest.raises(
        BundleError, match=rf"card\.json has {LARGEST_CARD + 1} bytes; no card needs more than {LARGEST_CARD}"
    ):
        open_bundle(str(folder))


@pytest.mark.parametrize(
    ("side", "n", "asked_for"), [(4096, 2, True), (4096, 1, False), (578, 64, True), (578, 63, False)]
)
def test_golden_pictures_are_not_made_without_end(tmp_path: Path, side: int, n: int, asked_for: bool) -> None:
    """No more than 64 MB of them, or a card could fill a small machine's memory."""
    folder = write_bundle(tmp_path / "bundle")
    change_card(folder, "input", {"width": side, "height": side})
    change_card(folder, "precisions/fp32/golden/probabilities", [0.5] * n)
    if not asked_for:
        assert open_bundle(str(folder)).card.input.width == side
        return
    with pytest.raises(
        BundleError, match=rf"card\.json asks for {n} golden pictures of {side} x {side} pixels \(fp32\)"
    ):
        open_bundle(str(folder))


def with_precisions(folder: Path, *names: str) -> str:
    """Gives the card these, in this order, all of the one file."""
    path = write_bundle(folder)
    model = json.loads((path / CARD).read_text(encoding="utf-8"))["precisions"]["fp32"]
    change_card(path, "precisions", dict.fromkeys(names, model))
    return str(path)


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_the_precision_that_is_asked_for(tmp_path: Path, precision: str) -> None:
    place = with_precisions(tmp_path / "bundle", "int8", "fp32", "fp16")
    for provider in ("cpu", "cuda", "openvino"):
        assert open_bundle(place, precision, provider).precision == precision


@pytest.mark.parametrize(
    ("has", "provider", "expected"),
    [
        (("int8", "fp32", "fp16"), "cpu", "int8"),
        (("fp32", "int8"), "cpu", "fp32"),
        (("fp32", "int8"), "openvino", "fp32"),
        (("int8", "fp32", "fp16"), "cuda", "fp16"),
        (("int8", "fp32", "fp16"), "tensorrt", "fp16"),
        (("int8", "fp32"), "cuda", "fp32"),
        (("int8",), "cuda", "int8"),
    ],
)
def test_the_precision_where_none_is_asked_for(
    tmp_path: Path, has: tuple[str, ...], provider: str, expected: str
) -> None:
    """The card's first, as it was the fastest; but a GPU is fast in 16 bits."""
    assert open_bundle(with_precisions(tmp_path / "bundle", *has), None, provider).precision == expected


@pytest.mark.parametrize("precision", ["fp16", "fp8", ""])
def test_a_precision_that_is_not_there(tmp_path: Path, precision: str) -> None:
    place = with_precisions(tmp_path / "bundle", "int8", "fp32")
    with pytest.raises(UsageError, match=f"model brightness has no precision '{precision}'; it has int8, fp32"):
        open_bundle(place, precision)


def test_a_later_card_with_more_to_say_opens(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "bundle")
    change_card(folder, "threshold/comment", "chosen on a Sunday")
    assert open_bundle(str(folder)).card.threshold.value == 0.5


def test_other_contents_of_the_same_size_are_refused(tmp_path: Path) -> None:
    opened = open_bundle(str(write_bundle(tmp_path / "bundle")))
    path = opened.folder / "model.onnx"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(BundleError, match=f"sha256 .* expected {opened.model.sha256}"):
        opened.read_model()


@pytest.mark.parametrize("keep", [0, 100])
def test_a_truncated_model_is_refused(tmp_path: Path, keep: int) -> None:
    opened = open_bundle(str(write_bundle(tmp_path / "bundle")))
    path = opened.folder / "model.onnx"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(BundleError, match=f"has {keep} bytes, its card says {opened.model.bytes}"):
        opened.read_model()


def test_a_missing_model_is_refused(tmp_path: Path) -> None:
    opened = open_bundle(str(write_bundle(tmp_path / "bundle")))
    (opened.folder / "model.onnx").unlink()
    with pytest.raises(BundleError, match=r"cannot read .*model\.onnx: No such file"):
        opened.read_model()


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    opened = open_bundle(str(write_bundle(tmp_path / "bundle")))
    path = opened.folder / "model.onnx"
    path.unlink()
    path.symlink_to("model.onnx")
    with pytest.raises(BundleError, match=r"cannot read .*model\.onnx: .+; copy the bundle again"):
        opened.read_model()


@pytest.mark.parametrize(
    ("text", "value"), [(None, 0.5), ("0", 0.0), ("0.25", 0.25), ("1", 1.0), ("1e-3", 0.001), ("miss<=2%", 0.05)]
)
def test_thresholds(bundle: Path, text: str | None, value: float) -> None:
    assert open_bundle(str(bundle)).card.threshold_named(text) == value


@pytest.mark.parametrize("text", ["", "-0.1", "1.1", "nan", "inf", "50%", "miss<=3%", "balanced"])
def test_no_such_threshold(bundle: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"number from 0 to 1, or an aim of model brightness: miss<=2%") as caught:
        open_bundle(str(bundle)).card.threshold_named(text)
    assert repr(text) in str(caught.value)


def test_a_card_without_aims_opens(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "bundle")
    change_card(folder, "aims", None)
    with pytest.raises(UsageError, match="it has none"):
        open_bundle(str(folder)).card.threshold_named("balanced")


def test_golden_pictures_stay_what_they_are() -> None:
    """Released cards hold answers to these very pixels: the sum below may never change."""
    pictures = golden_pictures(7, 3, 150, 100)
    assert pictures.shape == (3, 100, 150, 3)
    assert pictures.dtype == np.uint8
    assert (
        hashlib.sha256(pictures.tobytes()).hexdigest()
        == "e2814491be29b0dd991cb79c6cd15641bcff8321a4605be91490a1c6bdb933c1"
    )
    np.testing.assert_array_equal(pictures, golden_pictures(7, 3, 150, 100))
    assert (pictures != golden_pictures(8, 3, 150, 100)).any()


def test_a_file_that_is_a_link_out_of_its_bundle(tmp_path: Path) -> None:
    opened = open_bundle(str(write_bundle(tmp_path / "bundle")))
    path = opened.folder / "model.onnx"
    path.rename(tmp_path / "elsewhere.onnx")
    path.symlink_to(tmp_path / "elsewhere.onnx")
    with pytest.raises(BundleError, match="is a link that leaves its bundle"):
        opened.read_model()


@pytest.mark.parametrize(
    ("answers", "golden", "difference"),
    [
        ((0.5,), (0.5,), 0.0),
        ((0.5, 0.2), (0.5, 0.8), 2 * np.log(4)),
        ((1e-5,), (1e-4,), 2.3025),
        ((0.0,), (1e-7,), 0.0),
    ],
)
def test_how_far_answers_are_apart(answers: tuple[float, ...], golden: tuple[float, ...], difference: float) -> None:
    """Networks that are sure of every picture differ in logits only."""
    assert apart(np.array(answers, np.float32), golden) == pytest.approx(difference, abs=1e-3)
