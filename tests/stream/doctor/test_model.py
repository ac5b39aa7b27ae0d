"""How fast the model answers, on a machine that does other things for a moment."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.bundle import open_bundle
from models.classifier import Classifier
from stream.doctor.model import MOST_S, rate_of


class Clocked(Classifier):
    """Takes as long as it is told, by a clock of its own: `usual` seconds a batch, and from the `busy_from`-th on once `busy` seconds."""

    now, calls = 0.0, 0
    usual, busy, busy_from = 0.01, 0.0, 10

    def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.calls += 1
        self.now += self.busy if self.busy and self.calls == self.busy_from else self.usual
        return super().probabilities(pictures)

    def clock(self) -> float:
        return self.now


@pytest.mark.parametrize("busy", [0.0, 0.35, 2.0])
def test_a_moment_in_which_the_machine_does_something_else_changes_nothing(bundle: Path, busy: float) -> None:
    with Clocked(open_bundle(str(bundle)), threads=1) as classifier:
        classifier.busy = busy
        assert rate_of(classifier, 4, classifier.clock) == pytest.approx(400, rel=0.03)
        assert classifier.now < MOST_S + 0.5


def test_a_model_that_takes_long_is_asked_less_often(bundle: Path) -> None:
    with Clocked(open_bundle(str(bundle)), threads=1) as classifier:
        classifier.usual, classifier.calls = 2.0, 0
        assert rate_of(classifier, 4, classifier.clock) == pytest.approx(2)
        assert classifier.calls == 3
