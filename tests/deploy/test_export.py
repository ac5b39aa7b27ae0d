"""`rivereye export`: bundles that answer like Keras, and refusals that leave nothing."""

import csv
import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import Path

import keras
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from rich.console import Console

from deploy import proving
from deploy.export import Settings, export
from deploy.parity import FLIPS
from deploy.request import ALL, precisions_named
from deploy.speed import Ask
from models.bundle import Bundle, apart, golden_pictures, open_bundle
from models.card import Card, Precision
from models.classifier import Classifier
from models.errors import GateNotMet, OutputError, RivereyeError, UsageError
from models.networks import SIZE
from models.picture import fit, read_picture
from tests.deploy.conftest import NOTES, OTHERS
from tests.deploy.runs import HEIGHT, WIDTH, decision, toy_network, toy_pictures, write_run
from tests.factories import write_corrupt
from tests.pictures import draw, draw_dataset, save

pytestmark = pytest.mark.usefixtures("few_are_enough")
Command = Callable[..., int]
FP32 = Settings(("fp32",))


def call(run: Path, out: Path, settings: Settings, overwrite: bool = False) -> Card:
    return export(run, out, settings, overwrite, Console(file=StringIO()))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# The real VGG16


def test_a_bundle_is_a_card_a_page_and_a_file_each_precision(every: Path) -> None:
    assert names(every) == {"card.json", "fp32.onnx", "fp16.onnx", "int8.onnx", "README.md"}


def test_the_card_is_true(exported: Bundle, trained: Path) -> None:
    card = Card.model_validate_json((exported.folder / "card.json").read_bytes())
    record = json.loads((trained / "run.json").read_text(encoding="utf-8"))
    assert card.name == exported.folder.name
    for precision, model in card.precisions.items():
        assert model.file == f"{precision}.onnx"
        assert hashlib.sha256((exported.folder / model.file).read_bytes()).hexdigest() == model.sha256
    assert (card.network.architecture, card.network.weights.source) == ("vgg16", "random")
    assert (card.input.width, card.input.height, card.threshold.value) == (SIZE, SIZE, 0.5)
    assert card.data is not None
    assert card.data.sha256 == record["data"]["sha256"]
    assert {name: stage.model_dump() for name, stage in card.stages.items()} == {
        stage["name"]: stage["test"] for stage in record["stages"]
    } | {"at the threshold": record["decision"]["test"]}
    assert card.versions.items() >= record["versions"].items()


def test_the_fastest_file_is_taken_where_none_is_named(every: Path) -> None:
    opened = open_bundle(str(every))
    speeds = {name: each.throughput for name, each in opened.card.precisions.items()}
    rates = [each.pictures_per_second for each in speeds.values() if each]
    assert len(rates) == len(ALL)
    assert rates == sorted(rates, reverse=True)
    assert opened.precision == next(iter(speeds))


def test_golden_answers_are_to_the_same_pictures_in_all_files(every: Path) -> None:
    """Those for which swapped colours would change the answers most."""
    models = open_bundle(str(every)).card.precisions
    assert len({each.golden.seed for each in models.values()}) == 1
    assert {name: each.golden.tolerance for name, each in models.items()} == {"fp32": 0.02, "fp16": 0.1, "int8": 0.5}
    assert {len(each.golden.probabilities) for each in models.values()} == {8}


def test_every_file_is_close_to_keras(every: Path) -> None:
    cpu = {name: model.parity["cpu"] for name, model in open_bundle(str(every)).card.precisions.items()}
    assert {each.n for each in cpu.values()} == {OTHERS}
    assert cpu["fp32"].flips == 0
    assert cpu["fp32"].largest_difference < 1e-4
    for precision in ("fp16", "int8"):
        assert 0 < cpu[precision].mean_difference <= cpu[precision].largest_difference < 0.05


@pytest.mark.parametrize("batch", [1, 3])
def test_a_bundle_answers_like_keras(exported: Bundle, keras_vgg16: keras.Model, batch: int) -> None:
    pictures = np.stack([draw(number % 2 == 0, 500 + number, (SIZE, SIZE)) for number in range(batch)])
    with Classifier(exported, "cpu") as classifier:
        answers = classifier.probabilities(pictures)
    expected = keras_vgg16.predict_on_batch(pictures)[:, 0]
    np.testing.assert_allclose(answers, expected, atol={"fp32": 1e-5, "fp16": 0.01, "int8": 0.05}[exported.precision])


def test_the_page_ends_with_the_notes(every: Path, toy_exported: Path) -> None:
    noted, plain = ((folder / "README.md").read_text(encoding="utf-8") for folder in (every, toy_exported))
    assert noted.startswith("# river\n")
    assert noted.endswith(NOTES)
    assert "Licences" not in plain


# A toy network


@pytest.mark.parametrize("precision", ALL)
def test_the_sides_keep_their_names(toy_exported: Path, toy: keras.Model, precision: Precision) -> None:
    """The toy takes pictures wider than high."""
    bundle = open_bundle(str(toy_exported), precision)
    assert (bundle.card.input.width, bundle.card.input.height) == (WIDTH, HEIGHT)
    pictures = toy_pictures(8)
    with Classifier(bundle) as classifier:
        answers = classifier.probabilities(pictures)
    np.testing.assert_allclose(
        answers, toy.predict_on_batch(pictures)[:, 0], atol={"fp32": 1e-5, "fp16": 0.01, "int8": 0.1}[precision]
    )


def test_golden_pictures_betray_swapped_colours(toy_exported: Path) -> None:
    bundle = open_bundle(str(toy_exported), "fp32")
    golden = bundle.model.golden
    pictures = golden_pictures(golden.seed, 8, WIDTH, HEIGHT)
    with Classifier(bundle) as classifier:
        swapped = classifier.probabilities(np.ascontiguousarray(pictures[..., ::-1]))
    assert apart(swapped, golden.probabilities) > golden.tolerance


@pytest.mark.parametrize(("given", "own", "both"), [(0, 6, 6), (3, 6, 9), (4, 6, 10), (20, 5, 10)])
def test_pictures_that_are_compared_on(run: Path, tmp_path: Path, given: int, own: int, both: int) -> None:
    """The run's test pictures, which alone judge accuracy; those of --data get half, if there are as many. None of them gave ranges."""
    data = draw_dataset(tmp_path / "others", given) if given else None
    (model,) = call(run, tmp_path / "toy", Settings(("fp32",), data, at_most=10)).precisions.values()
    assert model.parity["cpu"].n == both
    assert model.accuracy is not None
    assert model.accuracy.n == own


def test_test_pictures_that_are_given_again_keep_their_labels(run: Path, tmp_path: Path) -> None:
    settings = Settings(("fp32",), tmp_path / "pictures", at_most=6)
    (model,) = call(run, tmp_path / "toy", settings).precisions.values()
    assert model.accuracy is not None
    assert model.parity["cpu"].n == model.accuracy.n == 6


def test_temperature_and_shift_are_in_the_file(toy: keras.Model, tmp_path: Path) -> None:
    """Its answers are the network's, of logits divided by the one, less the other."""
    run = write_run(tmp_path / "run", toy, decision=decision(temperature=2.5) | {"shift": 0.7})
    card = call(run, tmp_path / "toy", FP32)
    assert (card.temperature, card.shift) == (2.5, 0.7)
    pictures = toy_pictures(8)
    odds = toy.predict_on_batch(pictures)[:, 0]
    odds = (odds / (1 - odds)) ** (1 / 2.5) * np.exp(-0.7)
    with Classifier(open_bundle(str(tmp_path / "toy"))) as classifier:
        np.testing.assert_allclose(classifier.probabilities(pictures), odds / (1 + odds), atol=1e-5)


@pytest.mark.parametrize(
    "options", [("--precision", "fp32"), (), ("--precision", "fp32", "--force"), ("--force",)], ids=str
)
def test_answers_that_are_no_numbers(
    tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    """No bundle can be made of them, whatever is forced."""
    run = write_run(tmp_path / "run", toy_network(gain=float("nan")))
    assert command("export", run, "--out", tmp_path / "bundles" / "toy", *options) == 3
    said = capsys.readouterr().err
    assert "answers that are no numbers" in " ".join(said.split())
    assert not list(tmp_path.glob("bundles/*"))


@pytest.fixture
def alike(toy: keras.Model, tmp_path: Path) -> Path:
    """A run with a threshold amid Keras' answers to twenty pictures beside it, alike but for one level of one pixel: int8 cannot tell them
    apart."""
    pictures = np.repeat(toy_pictures(1), 20, axis=0)
    for number, picture in enumerate(pictures):
        picture[number, number, 0] ^= 1
        save(picture, tmp_path / "alike" / f"{number}.png")
    threshold = float(np.median(toy.predict_on_batch(pictures)))
    return write_run(tmp_path / "run", toy, decision=decision(threshold))


@pytest.mark.usefixtures("same_speed")
def test_decisions_that_flip_are_refused_and_kept_to_be_looked_at(
    alike: Path, toy: keras.Model, tmp_path: Path
) -> None:
    settings = Settings(("int8",), tmp_path / "alike")
    said = r"export refused: the int8 model on cpu decides \d+ of 26 pictures otherwise than the Keras network, allowed is 0.50%"
    with pytest.raises(GateNotMet, match=said + r"\. Leave that precision out, or give --force"):
        call(alike, tmp_path / "bundles" / "toy", settings)
    assert names(tmp_path / "bundles") == {"toy-flips"}
    threshold = json.loads((alike / "run.json").read_text(encoding="utf-8"))["decision"]["threshold"]
    with (tmp_path / "bundles" / "toy-flips" / FLIPS).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert names(tmp_path / "bundles" / "toy-flips") == {FLIPS, *(row["picture"] for row in rows)}
    for row in rows:
        picture = read_picture(tmp_path / "bundles" / "toy-flips" / row["picture"])
        np.testing.assert_array_equal(picture, fit(read_picture(Path(row["path"])), WIDTH, HEIGHT))
        assert (row["precision"], row["provider"]) == ("int8", "cpu")
        assert float(row["reference"]) == pytest.approx(toy.predict_on_batch(picture[np.newaxis]).item(), abs=2e-6)
        assert abs(float(row["converted"]) - threshold) < 0.1


@pytest.mark.usefixtures("same_speed")
def test_flips_of_an_export_before_go_with_it(alike: Path, tmp_path: Path) -> None:
    out, flips = tmp_path / "bundles" / "toy", tmp_path / "bundles" / "toy-flips"
    with pytest.raises(GateNotMet):
        call(alike, out, Settings(("int8",), tmp_path / "alike"))
    assert flips.is_dir()
    call(alike, out, FP32)
    assert names(out.parent) == {"toy"}


def test_flips_of_somebody_else_are_told_before_the_work(run: Path, tmp_path: Path) -> None:
    (tmp_path / "toy-flips").mkdir()
    (tmp_path / "toy-flips" / "somersaults.mp4").touch()
    (run / "network.keras").unlink()  # nothing got as far as this
    with pytest.raises(OutputError, match=r"will not replace .*toy-flips: it holds no flips.csv, so rivereye did not"):
        call(run, tmp_path / "toy", FP32)
    assert names(tmp_path / "toy-flips") == {"somersaults.mp4"}


@pytest.mark.parametrize("place", ["/proc/toy", "afile/toy", "afile/deep/toy"])
def test_a_place_that_takes_no_bundle_is_told_before_the_work(run: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "afile").touch()
    (run / "network.keras").unlink()
    with pytest.raises(OutputError, match="cannot write .*toy: .+; choose another place"):
        call(run, tmp_path / place, FP32)


def test_no_set_of_operators_is_imported_that_no_node_is_of(toy_exported: Path) -> None:
    for path in toy_exported.glob("*.onnx"):
        model = onnx.load(path)
        assert {each.domain for each in model.opset_import} == {node.domain for node in model.graph.node}


@pytest.mark.usefixtures("same_speed")
def test_a_forced_bundle_says_so(alike: Path, tmp_path: Path) -> None:
    said = StringIO()
    settings = Settings(("fp32", "int8"), tmp_path / "alike", force=True)
    card = export(alike, tmp_path / "bundles" / "toy", settings, False, Console(file=said, width=500))
    int8 = card.precisions["int8"]
    assert int8.forced
    assert int8.parity["cpu"].flips > 0
    assert "forced: the int8 model on cpu decides" in said.getvalue()
    page = (tmp_path / "bundles" / "toy" / "README.md").read_text(encoding="utf-8")
    assert "| int8.onnx (forced) |" in page
    assert names(tmp_path / "bundles") == {"toy", "toy-flips"}


def test_a_bundle_within_its_limits_is_not_forced(run: Path, tmp_path: Path) -> None:
    card = call(run, tmp_path / "toy", Settings(("fp32", "fp16"), force=True))
    assert not any(model.forced for model in card.precisions.values())


def test_int8_that_is_slower_is_refused(
    run: Path, tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file is timed; here by a watch that is wrong."""

    def timed(models: Mapping[str, Ask], pictures: NDArray[np.uint8]) -> dict[str, float]:
        return {name: 5.0 if name == "int8" else 10.0 for name in models}

    monkeypatch.setattr(proving, "pictures_per_second", timed)
    out = tmp_path / "bundles" / "toy"
    assert command("export", run, "--out", out) == 3
    assert "the int8 model is slower than fp32 on this machine: 5.0 and 10.0 pictures" in capsys.readouterr().err
    assert not list(tmp_path.glob("bundles/*"))
    assert command("export", run, "--out", out, "--force") == 0
    card = open_bundle(str(out)).card
    assert {name: model.forced for name, model in card.precisions.items()} == {
        "fp32": False,
        "fp16": False,
        "int8": True,
    }
    assert command("export", run, "--out", out, "--precision", "fp16,fp32", "--overwrite") == 0


@pytest.mark.parametrize("precisions", [("fp32",), ("fp16",), ("fp32", "fp16"), ALL], ids=str)
def test_the_reference_is_measured_beside(run: Path, tmp_path: Path, precisions: tuple[Precision, ...]) -> None:
    card = call(run, tmp_path / "toy", Settings(precisions, force=True))
    assert set(card.precisions) == set(precisions)
    assert card.reference.what == "the Keras network"
    assert card.reference.accuracy is not None
    assert card.reference.accuracy.n == 6
    for timed in (card.reference.throughput, *(model.throughput for model in card.precisions.values())):
        assert timed is not None
        assert timed.pictures_per_second > 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--precision", "fp8"), "unknown precision 'fp8'; known: fp32, fp16, int8"),
        (("--precision", "fp32,"), "unknown precision ''; known: fp32, fp16, int8"),
        (("--precision", ""), "unknown precision ''; known: fp32, fp16, int8"),
        (("--notes", "nowhere.md"), "--notes nowhere.md: cannot be read"),
        (("--data", "nowhere"), "--data nowhere: no folder there; give a folder of pictures"),
    ],
)
def test_options_that_must_change(
    run: Path, tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str], options: tuple[str, str], said: str
) -> None:
    assert command("export", run, "--out", tmp_path / "bundles" / "toy", *options) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.glob("bundles/*"))


@pytest.mark.parametrize("options", [("--pictures", "0"), ("--pictures", "-1"), ("--max-flips", "1")], ids=str)
def test_options_that_are_none(run: Path, tmp_path: Path, command: Command, options: tuple[str, str]) -> None:
    """No limit can be moved: a bundle is within it, or forced."""
    assert command("export", run, "--out", tmp_path / "bundles" / "toy", *options) == 2
    assert not list(tmp_path.glob("bundles/*"))


@pytest.mark.parametrize("name", ["pictures", "missing"])
def test_what_is_no_run(
    run: Path, tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert command("export", tmp_path / name, "--out", tmp_path / "toy") == 2
    assert "no finished training run at" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["my bundle", ".toy", "причал"])
def test_a_name_that_no_bundle_may_bear(run: Path, tmp_path: Path, name: str) -> None:
    """It becomes the card's; said before minutes of converting, not after."""
    with pytest.raises(UsageError, match=name):
        call(run, tmp_path / "bundles" / name, FP32)
    assert not list(tmp_path.glob("bundles/*"))


def test_a_bundle_that_is_there(
    run: Path, tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bundles" / "toy"
    assert command("export", run, "--out", out, "--precision", "fp32") == 0
    before = {path: path.read_bytes() for path in out.iterdir()}
    capsys.readouterr()
    assert command("export", run, "--out", out, "--precision", "int8", "--force") == 2
    assert "exists and was kept; give --overwrite" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in out.iterdir()} == before
    assert command("export", run, "--out", out, "--precision", "int8", "--force", "--overwrite") == 0
    assert open_bundle(str(out)).precision == "int8"
    assert names(out.parent) == {"toy"}


def test_a_refused_export_keeps_the_bundle_it_would_replace(toy: keras.Model, run: Path, tmp_path: Path) -> None:
    out = tmp_path / "toy"
    call(run, out, FP32)
    before = {path: path.read_bytes() for path in out.iterdir()}
    toy_network(gain=float("nan")).save(run / "network.keras")
    with pytest.raises(GateNotMet):
        call(run, out, FP32, overwrite=True)
    assert {path: path.read_bytes() for path in out.iterdir()} == before


def test_a_folder_of_somebody_else_is_never_replaced(run: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(UsageError, match=r"it holds no card.json, so rivereye did not make it"):
        call(run, tmp_path / "mine", FP32, overwrite=True)
    assert names(tmp_path / "mine") == {"thesis.txt"}


def test_test_pictures_that_are_gone(run: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "pictures" / "test")
    with pytest.raises(UsageError, match=r"the pictures of .*run are gone; give others .*--data FOLDER"):
        call(run, tmp_path / "toy", FP32)
    others = draw_dataset(tmp_path / "others", 4)
    assert call(run, tmp_path / "toy", Settings(("fp32",), data=others)).precisions["fp32"].parity["cpu"].n == 4


def test_validation_pictures_that_are_gone(run: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "pictures" / "validation")
    with pytest.raises(
        UsageError, match=r"fp16 and int8 need the validation pictures of .*run, which are gone.*--precision fp32"
    ):
        call(run, tmp_path / "toy", Settings(("int8",)))
    assert call(run, tmp_path / "toy", FP32).precisions["fp32"].parity["cpu"].n == 6


def test_pictures_that_cannot_be_read_are_skipped_and_said(run: Path, tmp_path: Path) -> None:
    broken = write_corrupt(next((tmp_path / "pictures" / "test").iterdir()), "text")
    said = StringIO()
    card = export(run, tmp_path / "toy", FP32, False, Console(file=said, width=500))
    assert card.precisions["fp32"].parity["cpu"].n == 5
    assert f"skipped: cannot read picture {broken}" in said.getvalue()


def test_no_picture_can_be_read(run: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "pictures" / "test").iterdir():
        write_corrupt(path, "text")
    with pytest.raises(UsageError, match="none of 6 pictures can be read; give others with --data FOLDER"):
        call(run, tmp_path / "toy", FP32)


@pytest.mark.parametrize("at_most", [1, 3])
def test_how_many_pictures(run: Path, tmp_path: Path, at_most: int) -> None:
    assert (
        call(run, tmp_path / "toy", Settings(("fp32",), at_most=at_most)).precisions["fp32"].parity["cpu"].n == at_most
    )


def test_a_broken_network(run: Path, tmp_path: Path) -> None:
    (run / "network.keras").write_bytes((run / "network.keras").read_bytes()[:1000])
    with pytest.raises(RivereyeError, match="cannot load network .*; train it again") as caught:
        call(run, tmp_path / "bundles" / "toy", FP32)
    assert caught.value.exit_code == 1
    assert not list(tmp_path.glob("bundles/*"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("fp32", ("fp32",)), ("int8,fp32", ("fp32", "int8")), (" fp16 , fp16", ("fp16",)), ("int8,fp16,fp32", ALL)],
)
def test_precisions(text: str, expected: tuple[str, ...]) -> None:
    assert precisions_named(text) == expected
