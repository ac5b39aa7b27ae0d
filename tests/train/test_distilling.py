"""What a slim network learns from."""

from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.train.conftest import toy_network
from train.distilling import SMALLEST, TEACHER, TEMPERATURE, Lessons, Taught, distilled, recover
from train.inputs import pictures_as
from train.recipe import Stage

SIDE, EPOCHS = 16, 30


def taught(n: int = 64) -> Taught:
    """Bright pictures are ships, and the full network knows it."""
    random = np.random.default_rng(n)
    labels = np.arange(n) % 2
    pictures = random.integers(0, 100, (n, SIDE, SIDE, 3)) + 120 * labels[:, None, None, None]
    return Taught(pictures_as(pictures.astype(np.uint8)), labels, np.where(labels == 1, 0.9, 0.2).astype(np.float32))


def entropy(wanted: float, given: float) -> float:
    return float(-wanted * np.log(given) - (1 - wanted) * np.log(1 - given))


def softened(probability: float) -> float:
    return float(1 / (1 + np.exp(-np.log(probability / (1 - probability)) / TEMPERATURE)))


@pytest.mark.parametrize(("label", "answer", "given"), [(1.0, 0.9, 0.6), (0.0, 0.7, 0.4), (1.0, 0.5, 0.5)])
def test_label_and_answer_count_both(label: float, answer: float, given: float) -> None:
    expected = (1 - TEACHER) * entropy(label, given) + TEACHER * TEMPERATURE**2 * entropy(
        softened(answer), softened(given)
    )
    found = distilled(keras.ops.array([[label, answer]]), keras.ops.array([[given]]))
    assert float(np.asarray(found)[0]) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("given", [0.0, 1.0])
def test_certainty_is_no_infinity(given: float) -> None:
    found = distilled(keras.ops.array([[0.5, 0.5]]), keras.ops.array([[given]]))
    assert 0 < float(np.asarray(found)[0]) < 10 * -np.log(SMALLEST)


def test_lessons_are_mirrored_by_chance_and_the_same_again() -> None:
    given = taught()
    lessons, plain = Lessons(given, 16, seed=3), Lessons(given, 16, None)
    pictures, targets = lessons[0]
    again, _ = lessons[0]
    assert np.array_equal(pictures, again)
    chosen = lessons._order[:16]
    own = given.inputs.take(chosen)
    mirrored = [np.array_equal(one, other[:, ::-1]) for one, other in zip(pictures, own, strict=True)]
    as_is = [np.array_equal(one, other) for one, other in zip(pictures, own, strict=True)]
    assert all(a != b for a, b in zip(mirrored, as_is, strict=True))
    assert any(mirrored)
    assert any(as_is)
    assert targets.tolist() == [[given.labels[at], given.answers[at]] for at in chosen]
    assert np.array_equal(plain[0][0], given.inputs.take(np.arange(16)))


def learn(folder: Path, epochs: int = EPOCHS) -> tuple[keras.Model, dict[str, list[float]]]:
    network, stage = toy_network(SIDE), Stage("keep", "block1", epochs, 1e-2, 16)
    return network, recover(network, stage, taught(), taught(32), 1, folder, verbose=0)


def weights(network: keras.Model) -> NDArray[np.float32]:
    return np.concatenate([each.ravel() for each in network.get_weights()])


def test_it_learns_and_goes_on_after_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network, history = learn(tmp_path / "whole")
    assert len(history["loss"]) == EPOCHS
    assert history["val_loss"][-1] < history["val_loss"][0]
    judged = taught(32)
    given = np.asarray(network.predict_on_batch(judged.inputs.values))[:, 0]
    assert ((given >= 0.5) == (judged.labels == 1)).mean() > 0.9

    def killed(self: keras.callbacks.Callback, epoch: int, logs: object = None) -> None:
        if epoch == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("train.stages.Draws.on_epoch_begin", killed)
        with pytest.raises(KeyboardInterrupt):
            learn(tmp_path / "killed")
    again, went_on = learn(tmp_path / "killed")
    assert len(went_on["loss"]) == EPOCHS
    assert np.isfinite(weights(again)).all()
    ended, same = learn(tmp_path / "whole")
    assert same == history
    assert np.array_equal(weights(ended), weights(network))
