from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event
from time import sleep

import numpy as np
import onnx
import pytest
from onnx import helper

from models.classifier import Choice, Classifier
from models.errors import BundleError, RivereyeError, UsageError
from models.machine import usable_cores
from models.providers import provider_named
from tests.factories import (
    SIDE,
    brightness_model,
    contrast_model,
    golden_answers,
    grey,
    opened_bundle,
    rivereye,
    write_bundle,
    write_picture,
)


def exotic_model(domain: str = "com.example", kind: str = "Exfiltrate") -> bytes:
    """Its division is of another kind."""
    model = onnx.load_from_string(brightness_model())
    (node,) = (each for each in model.graph.node if each.op_type == "Div")
    node.op_type, node.domain = kind, domain
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    content: bytes = model.SerializeToString()
    return content


RIGHT = golden_answers(brightness_model())
BROKEN = {
    "no model": (b"these bytes are no model", RIGHT, "is no ONNX file, though its card vouches for it"),
    "unknown operator": (
        exotic_model(),
        RIGHT,
        "has the operator com.example:Exfiltrate, which ONNX Runtime .* does not know",
    ),
    "unknown plain operator": (
        exotic_model(""),
        RIGHT,
        "has the operator Exfiltrate, which ONNX Runtime .* does not know",
    ),
    "no sense": (exotic_model("", "Concat"), RIGHT, "is no model that ONNX Runtime .* can open"),
    "other input": (brightness_model(take="image"), RIGHT, "is not the model its card describes: it takes .*image"),
    "other output": (brightness_model(give="scores"), RIGHT, "is not the model its card describes: .*scores"),
    "other size": (brightness_model(side=2 * SIDE), RIGHT, r"is not the model its card describes: .*32, 32, 3"),
    "batches of one": (brightness_model(batch=1), RIGHT, r"model\.onnx"),
    "not a number": (brightness_model(divisor=float("nan")), RIGHT, "nan"),
    "infinite": (brightness_model(divisor=0.0), RIGHT, "inf"),
    "other answers": (brightness_model(), (0.1, 0.2, 0.3), r"answers differently here .* differ by 2\.1721"),
}
"""ONNX file, golden answers on its card, and what is said about them."""


def pictures(*levels: int) -> np.typing.NDArray[np.uint8]:
    return np.stack([grey(level, SIDE, SIDE) for level in levels])


def test_answers_are_right(tmp_path: Path) -> None:
    with Classifier(opened_bundle(tmp_path / "bundle")) as classifier:
        answers = classifier.probabilities(pictures(0, 51, 102, 255))
        assert classifier.provider == provider_named("auto")
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers, [0, 0.2, 0.4, 1], atol=1e-6)


def test_every_batch_size_answers_alike(tmp_path: Path) -> None:
    levels = list(range(0, 250, 7))
    with Classifier(opened_bundle(tmp_path / "bundle"), threads=1) as classifier:
        alone = [classifier.probabilities(pictures(level)).item() for level in levels]
        for size in (2, 5, len(levels)):
            together = np.concatenate(
                [classifier.probabilities(pictures(*levels[at : at + size])) for at in range(0, len(levels), size)]
            )
            np.testing.assert_array_equal(together, np.array(alone, np.float32))


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((0, SIDE, SIDE, 3), np.uint8),
        np.zeros((SIDE, SIDE, 3), np.uint8),
        np.zeros((1, SIDE, SIDE + 1, 3), np.uint8),
        np.zeros((1, SIDE, SIDE), np.uint8),
        np.zeros((1, 3, SIDE, SIDE), np.uint8),
        np.zeros((1, SIDE, SIDE, 3), np.float32),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_other_shapes_and_types_are_refused(tmp_path: Path, wrong: np.typing.NDArray[np.uint8]) -> None:
    with (
        Classifier(opened_bundle(tmp_path / "bundle")) as classifier,
        pytest.raises(ValueError, match=r"pictures must be uint8 of shape \(n, 16, 16, 3\); received"),
    ):
        classifier.probabilities(wrong)


def test_closing_twice_is_fine_and_using_it_then_is_not(tmp_path: Path) -> None:
    classifier = Classifier(opened_bundle(tmp_path / "bundle"))
    classifier.close()
    classifier.close()
    with pytest.raises(ValueError, match="closed"):
        classifier.probabilities(pictures(1))


THREADS = 8


def test_many_threads_get_their_own_answers(tmp_path: Path) -> None:
    """Of batches of different sizes, at once."""
    with Classifier(opened_bundle(tmp_path / "bundle")) as classifier, ThreadPoolExecutor(THREADS) as pool:
        together = Barrier(THREADS)

        def ask(thread: int) -> None:
            together.wait(timeout=10)
            for turn in range(50):
                levels = [(31 * thread + 7 * turn + each) % 256 for each in range(1 + (thread + turn) % 5)]
                answers = classifier.probabilities(pictures(*levels))
                np.testing.assert_allclose(answers, np.array(levels) / 255, atol=1e-6)

        for done in [pool.submit(ask, thread) for thread in range(THREADS)]:
            done.result(timeout=30)


def test_closing_while_others_ask_gives_answers_or_says_closed(tmp_path: Path) -> None:
    bundle = opened_bundle(tmp_path / "bundle")
    for _ in range(5):
        classifier, running = Classifier(bundle, threads=1), Event()

        def ask_until_closed(level: int, classifier: Classifier = classifier, running: Event = running) -> str:
            while True:
                try:
                    answers = classifier.probabilities(pictures(level, 255))
                except ValueError as error:
                    return str(error)
                np.testing.assert_allclose(answers, [level / 255, 1], atol=1e-6)
                running.set()

        with ThreadPoolExecutor(THREADS) as pool:
            asked = [pool.submit(ask_until_closed, 30 * thread) for thread in range(THREADS)]
            assert running.wait(timeout=10)
            sleep(0.02)
            classifier.close()
            assert {each.result(timeout=10) for each in asked} == {"the classifier is closed"}


@pytest.mark.parametrize("name", ["gpu", "CPU", ""])
def test_an_unknown_provider_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="unknown provider .*; known: auto, cpu, cuda"):
        Classifier(opened_bundle(tmp_path / "bundle"), name)


def test_a_choice_opens_what_it_names(tmp_path: Path) -> None:
    folder = str(write_bundle(tmp_path / "bundle"))
    assert Choice(folder, None, "cpu").bundle().precision == "fp32"
    assert Choice(folder).bundle().folder == Path(folder)
    with pytest.raises(UsageError, match="has no precision 'int8'; it has fp32"):
        Choice(folder, "int8").bundle()
    with pytest.raises(UsageError, match="unknown provider 'gpu'"):
        Choice(folder, None, "gpu").bundle()


@pytest.mark.parametrize(("content", "golden", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_or_foreign_model_is_refused(
    tmp_path: Path, content: bytes, golden: Sequence[float], said: str
) -> None:
    with pytest.raises(BundleError, match=said):
        Classifier(opened_bundle(tmp_path / "bundle", content, golden))


@pytest.mark.parametrize("kind", ["no model", "other input", "batches of one", "not a number", "other answers"])
def test_the_command_says_so_in_a_sentence(tmp_path: Path, kind: str) -> None:
    content, golden, _ = BROKEN[kind]
    picture = write_picture(tmp_path / "a.png", 0)
    result = rivereye("stream", picture, "--model", write_bundle(tmp_path / "bundle", content, golden))
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("rivereye: ")
    assert "Traceback" not in result.stderr


def test_an_answer_that_is_no_probability_is_refused(tmp_path: Path) -> None:
    """Golden pictures cannot show every fault: this network is right on all pictures but black ones."""
    with (
        Classifier(opened_bundle(tmp_path / "bundle", contrast_model())) as classifier,
        pytest.raises(RivereyeError),
    ):
        classifier.probabilities(pictures(200, 0))


def test_a_file_that_changed_since_its_card_was_written_is_refused(tmp_path: Path) -> None:
    bundle = opened_bundle(tmp_path / "bundle")
    (bundle.folder / "model.onnx").write_bytes(brightness_model(divisor=250.0))
    with pytest.raises(BundleError, match="copy the bundle again"):
        Classifier(bundle)


def test_there_is_a_core_to_use() -> None:
    assert usable_cores() >= 1
