"""MLPerf's scenarios: who comes late is not let off."""

import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.classifier import Classifier
from stream.bench.repeats import measure
from stream.bench.report import Plan
from stream.bench.scenarios import KINDS, Kept, arrivals, distribution, highest, scenarios, served, server
from tests.factories import opened_bundle

PLAN = Plan(duration=0.02, repeats=3, trials=3, stability=0.1, seed=0, views="whole")


class Slow(Classifier):
    """Takes so long for each batch, and for the first one longer."""

    def __init__(self, folder: Path, seconds: float, first: float = 0.0) -> None:
        super().__init__(opened_bundle(folder / "bundle"), "cpu", 1)
        self.seconds, self.first, self.sizes = seconds, first, list[int]()

    def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        if hasattr(self, "sizes"):  # not while it is being opened
            self.sizes.append(len(pictures))
            time.sleep(self.seconds + (self.first if len(self.sizes) == 1 else 0.0))
        return np.zeros(len(pictures), np.float32)

    def _check_golden(self) -> None:
        pass


def pictures(classifier: Classifier, n: int) -> NDArray[np.uint8]:
    return np.zeros((n, classifier.input.height, classifier.input.width, 3), np.uint8)


def test_pictures_come_at_the_rate_wanted_and_at_random() -> None:
    due = arrivals(50.0, 100.0, 1)
    assert 4500 < len(due) < 5500
    assert due == sorted(due)
    assert due == arrivals(50.0, 100.0, 1) != arrivals(50.0, 100.0, 2)
    gaps = np.diff(due)
    assert 0.8 < gaps.std() / gaps.mean() < 1.2  # as of a Poisson process; of a steady one it would be 0


def test_a_stall_makes_all_late_that_came_meanwhile(tmp_path: Path) -> None:
    """A stall of half a second at 100 a second: a loop that waits for each answer before it asks again would count it once."""
    with Slow(tmp_path, 0.001, first=0.5) as classifier:
        taken = served(classifier, pictures(classifier, 64), rate=100.0, seconds=2.0, seed=0)
    assert sum(each > 100 for each in taken) > 20
    assert len(taken) == len(arrivals(100.0, 2.0, 0))


def test_what_has_come_is_answered_together_up_to_a_batch(tmp_path: Path) -> None:
    with Slow(tmp_path, 0.05) as classifier:
        served(classifier, pictures(classifier, 4), rate=100.0, seconds=0.1, seed=0)
    assert max(classifier.sizes) == 4


@pytest.mark.parametrize(("carried", "found"), [(1000.0, 100.0), (60.0, 60.0), (30.0, 30.0), (10.0, 0.0)])
def test_the_highest_rate_is_found(carried: float, found: float) -> None:
    rate, taken = highest(lambda rate: [10.0 if rate <= carried else 1000.0] * 200, 100.0, limit_ms=200.0)
    assert rate == pytest.approx(found, abs=100 * 0.75 / 2**5 + 1e-9)
    assert rate <= max(carried, 0.0) or found == 100.0
    assert (max(taken) > 200) == (found == 0.0)


def test_all_four_are_measured(tmp_path: Path) -> None:
    kept, labels = Kept(), {"provider": "cpu", "precision": "fp32"}
    with Slow(tmp_path, 0.002) as classifier:
        figures = measure(scenarios(classifier, 4, PLAN, labels, kept), PLAN)
        figures.append(server(classifier, 4, PLAN, 100.0, labels, kept, lambda _, __: None))
    found = {each.name: each for each in figures}
    assert set(found) == {*KINDS, "server_fps"}
    assert 2 <= found["single_stream_p90_ms"].value < 20
    assert found["multi_stream_p99_ms"].value >= 2
    assert 200 < found["offline_fps"].value < 4 / 0.002
    assert 0 < found["server_fps"].value <= 4 / 0.002
    assert found["server_fps"].labels == {**labels, "p99_ms": "100"}
    assert {each.name for each in kept.all(labels)} == {"single_stream", "multi_stream", "server"}


def test_samples_are_long_enough_for_their_percentiles(tmp_path: Path) -> None:
    kept = Kept()
    with Slow(tmp_path, 0.004) as classifier:  # five answers in a sample's time
        figures = measure(scenarios(classifier, 4, PLAN, {}, kept), PLAN)
    n = {each.name: each.n for each in figures}
    assert n["multi_stream_p99_ms"] == 3 * 34
    assert 12 <= (n["single_stream_p90_ms"] or 0) <= 18
    assert n["offline_fps"] is None


def test_but_not_much_longer(tmp_path: Path) -> None:
    plan = PLAN.model_copy(update={"duration": 0.004})
    with Slow(tmp_path, 0.004) as classifier:
        figures = measure(scenarios(classifier, 4, plan, {}, Kept()), plan)
    assert {each.name for each in figures} == {"single_stream_p90_ms", "offline_fps"}


def test_percentiles_are_those_of_all_latencies() -> None:
    found = distribution("single_stream", {}, [float(each) for each in range(1, 101)])
    assert found.n == 100
    assert found.percentiles["50"] == 50.5
    assert found.percentiles["99"] == pytest.approx(99.01)
    assert list(found.percentiles) == ["1", "5", "10", "25", "50", "75", "90", "95", "99"]


@pytest.mark.parametrize(
    ("n", "last"), [(1, "50"), (3, "50"), (9, "75"), (10, "90"), (99, "95"), (100, "99"), (1000, "99.9")]
)
def test_a_percentile_with_nothing_beyond_it_is_none(n: int, last: str) -> None:
    assert list(distribution("server", {}, [1.0] * n).percentiles)[-1] == last
