"""`rivereye export`: bundles that answer like Keras, and refusals that leave nothing."""

import hashlib
import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import keras
import numpy as np
import pytest
from rich.console import Console

from deploy.export import Settings, export, precision_named
from models.bundle import Bundle, open_bundle
from models.card import Card, Precision
from models.classifier import Classifier
from models.errors import GateNotMet, RivereyeError, UsageError
from models.networks import SIZE
from tests.deploy.conftest import NOTES, OTHERS
from tests.deploy.runs import HEIGHT, WIDTH, decision, toy_network, toy_pictures, write_run
from tests.factories import rivereye, write_corrupt
from tests.pictures import draw, draw_dataset, save

Command = Callable[..., int]


def call(run: Path, out: Path, settings: Settings, overwrite: bool = False) -> Card:
    return export(run, out, settings, overwrite, Console(file=StringIO()))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# The real VGG16


def test_a_bundle_is_three_files(exported: Bundle) -> None:
    assert names(exported.folder) == {"card.json", "model.onnx", "README.md"}


def test_the_card_is_true(exported: Bundle, trained: Path) -> None:
    card = Card.model_validate_json((exported.folder / "card.json").read_bytes())
    record = json.loads((trained / "run.json").read_text(encoding="utf-8"))
    model = card.precisions[exported.precision]
    assert list(card.precisions) == [exported.precision]
    assert card.name == exported.folder.name == f"river-{exported.precision}"
    assert hashlib.sha256((exported.folder / model.file).read_bytes()).hexdigest() == model.sha256
    assert (card.network.architecture, card.network.weights.source) == ("vgg16", "random")
    assert (card.input.width, card.input.height, card.threshold.value) == (SIZE, SIZE, 0.5)
    assert card.data.sha256 == record["data"]["sha256"]
    assert {name: stage.model_dump() for name, stage in card.stages.items()} == {
        stage["name"]: stage["test"] for stage in record["stages"]
    } | {"at the threshold": record["decision"]["test"]}
    assert card.versions.items() >= record["versions"].items()


def test_parity_is_on_the_pictures_asked_for(fp32: Bundle, int8: Bundle) -> None:
    """The run's own four test pictures; or, with --data and --pictures, so many of others."""
    assert (fp32.model.parity.n, int8.model.parity.n) == (4, OTHERS)
    assert fp32.model.parity.flips == 0
    assert fp32.model.parity.largest_difference < 1e-4
    assert 0 < int8.model.parity.mean_difference <= int8.model.parity.largest_difference < 0.05


@pytest.mark.parametrize("batch", [1, 3])
def test_a_bundle_answers_like_keras(exported: Bundle, keras_vgg16: keras.Model, batch: int) -> None:
    pictures = np.stack([draw(number % 2 == 0, 500 + number, (SIZE, SIZE)) for number in range(batch)])
    with Classifier(exported) as classifier:
        answers = classifier.probabilities(pictures)
    expected = keras_vgg16.predict_on_batch(pictures)[:, 0]
    np.testing.assert_allclose(answers, expected, atol={"fp32": 1e-5, "int8": 0.05}[exported.precision])


def test_the_page_ends_with_the_notes(fp32: Bundle, int8: Bundle) -> None:
    plain, noted = ((bundle.folder / "README.md").read_text(encoding="utf-8") for bundle in (fp32, int8))
    assert noted.endswith(NOTES)
    assert "Licences" not in plain
    assert plain.startswith("# river-fp32\n")


# A toy network


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_the_sides_keep_their_names(run: Path, tmp_path: Path, toy: keras.Model, precision: Precision) -> None:
    """The toy takes pictures wider than high."""
    call(run, tmp_path / "toy", Settings(precision, max_flips=1))
    bundle = open_bundle(str(tmp_path / "toy"))
    assert (bundle.card.input.width, bundle.card.input.height) == (WIDTH, HEIGHT)
    pictures = toy_pictures(8)
    with Classifier(bundle) as classifier:
        answers = classifier.probabilities(pictures)
    np.testing.assert_allclose(
        answers, toy.predict_on_batch(pictures)[:, 0], atol={"fp32": 1e-5, "int8": 0.1}[precision]
    )


def test_temperature_and_shift_are_in_the_file(toy: keras.Model, tmp_path: Path) -> None:
    """Its answers are the network's, of logits divided by the one, less the other."""
    run = write_run(tmp_path / "run", toy, decision=decision(temperature=2.5) | {"shift": 0.7})
    card = call(run, tmp_path / "toy", Settings())
    assert (card.temperature, card.shift) == (2.5, 0.7)
    pictures = toy_pictures(8)
    odds = toy.predict_on_batch(pictures)[:, 0]
    odds = (odds / (1 - odds)) ** (1 / 2.5) * np.exp(-0.7)
    with Classifier(open_bundle(str(tmp_path / "toy"))) as classifier:
        np.testing.assert_allclose(classifier.probabilities(pictures), odds / (1 + odds), atol=1e-5)


def test_answers_that_are_no_numbers(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", toy_network(gain=float("nan")))
    done = rivereye("export", run, "--out", tmp_path / "bundles" / "toy", "--max-flips", "1")
    assert done.returncode == 3
    assert "answers that are no numbers; train the network again" in done.stderr
    assert "Traceback" not in done.stderr
    assert names(tmp_path / "bundles") == set()


def test_decisions_that_flip(toy: keras.Model, tmp_path: Path) -> None:
    """Pictures alike but for one level of one pixel, and a threshold amid Keras' answers: int8 cannot tell them apart."""
    pictures = np.repeat(toy_pictures(1), 20, axis=0)
    for number, picture in enumerate(pictures):
        picture[number, number, 0] ^= 1
        save(picture, tmp_path / "alike" / f"{number}.png")
    threshold = float(np.median(toy.predict_on_batch(pictures)))
    run = write_run(tmp_path / "run", toy, decision=decision(threshold))
    with pytest.raises(GateNotMet, match=r"the int8 model decides \d+ of 20 pictures otherwise.*allowed is 0.50%"):
        call(run, tmp_path / "bundles" / "toy", Settings("int8", tmp_path / "alike"))
    assert names(tmp_path / "bundles") == set()
    card = call(run, tmp_path / "bundles" / "toy", Settings("int8", tmp_path / "alike", max_flips=1))
    assert card.precisions["int8"].parity.flips > 0
    assert card.threshold.value == threshold


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--precision", "fp16"), "unknown precision 'fp16'; known: fp32, int8"),
        (("--precision", ""), "unknown precision ''; known: fp32, int8"),
        (("--notes", "nowhere.md"), "--notes nowhere.md: cannot be read"),
        (("--data", "nowhere"), "no pictures in nowhere"),
    ],
)
def test_options_that_must_change(
    run: Path, tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str], options: tuple[str, str], said: str
) -> None:
    assert command("export", run, "--out", tmp_path / "bundles" / "toy", *options) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.glob("bundles/*"))


@pytest.mark.parametrize(
    ("option", "value"), [("--max-flips", "-0.1"), ("--max-flips", "1.1"), ("--max-flips", "nan"), ("--pictures", "0")]
)
def test_numbers_out_of_range(run: Path, tmp_path: Path, command: Command, option: str, value: str) -> None:
    assert command("export", run, "--out", tmp_path / "bundles" / "toy", option, value) == 2
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
        call(run, tmp_path / "bundles" / name, Settings())
    assert not list(tmp_path.glob("bundles/*"))


def test_a_bundle_that_is_there(
    run: Path, tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bundles" / "toy"
    assert command("export", run, "--out", out) == 0
    before = {path: path.read_bytes() for path in out.iterdir()}
    capsys.readouterr()
    assert command("export", run, "--out", out, "--precision", "int8", "--max-flips", "1") == 2
    assert "exists and was kept; give --overwrite" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in out.iterdir()} == before
    assert command("export", run, "--out", out, "--precision", "int8", "--max-flips", "1", "--overwrite") == 0
    assert open_bundle(str(out)).precision == "int8"
    assert names(out.parent) == {"toy"}


def test_a_refused_export_keeps_the_bundle_it_would_replace(toy: keras.Model, run: Path, tmp_path: Path) -> None:
    out = tmp_path / "toy"
    call(run, out, Settings())
    before = {path: path.read_bytes() for path in out.iterdir()}
    toy_network(gain=float("nan")).save(run / "network.keras")
    with pytest.raises(GateNotMet):
        call(run, out, Settings(), overwrite=True)
    assert {path: path.read_bytes() for path in out.iterdir()} == before


def test_a_folder_of_somebody_else_is_never_replaced(run: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(UsageError, match=r"it holds no card.json, so rivereye did not make it"):
        call(run, tmp_path / "mine", Settings(), overwrite=True)
    assert names(tmp_path / "mine") == {"thesis.txt"}


def test_test_pictures_that_are_gone(run: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "pictures" / "test")
    with pytest.raises(UsageError, match=r"the test pictures of .*run are gone; give others .*--data FOLDER"):
        call(run, tmp_path / "toy", Settings())
    others = draw_dataset(tmp_path / "others", 4)
    assert call(run, tmp_path / "toy", Settings(data=others)).precisions["fp32"].parity.n == 4


def test_validation_pictures_that_are_gone(run: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "pictures" / "validation")
    with pytest.raises(
        UsageError, match=r"int8 needs the validation pictures of .*run, which are gone.*--precision fp32"
    ):
        call(run, tmp_path / "toy", Settings("int8"))
    assert call(run, tmp_path / "toy", Settings()).precisions["fp32"].parity.n == 6


def test_pictures_that_cannot_be_read_are_skipped_and_said(run: Path, tmp_path: Path) -> None:
    broken = write_corrupt(next((tmp_path / "pictures" / "test").iterdir()), "text")
    said = StringIO()
    card = export(run, tmp_path / "toy", Settings(), False, Console(file=said, width=500))
    assert card.precisions["fp32"].parity.n == 5
    assert f"skipped: cannot read picture {broken}" in said.getvalue()


def test_no_picture_can_be_read(run: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "pictures" / "test").iterdir():
        write_corrupt(path, "text")
    with pytest.raises(UsageError, match="none of 6 pictures can be read; give others with --data FOLDER"):
        call(run, tmp_path / "toy", Settings())


@pytest.mark.parametrize("at_most", [1, 3])
def test_how_many_pictures(run: Path, tmp_path: Path, at_most: int) -> None:
    assert call(run, tmp_path / "toy", Settings(at_most=at_most)).precisions["fp32"].parity.n == at_most


def test_a_broken_network(run: Path, tmp_path: Path) -> None:
    (run / "network.keras").write_bytes((run / "network.keras").read_bytes()[:1000])
    with pytest.raises(RivereyeError, match="cannot load network .*; train it again") as caught:
        call(run, tmp_path / "bundles" / "toy", Settings())
    assert caught.value.exit_code == 1
    assert names(tmp_path / "bundles") == set()


@pytest.mark.parametrize("name", ["fp32", "int8"])
def test_precisions(name: str) -> None:
    assert precision_named(name) == name
