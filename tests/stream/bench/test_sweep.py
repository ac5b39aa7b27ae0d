"""The model alone, in every way there is."""

from pathlib import Path

import pytest

from models.machine import usable_cores
from stream.bench.repeats import ANSWERS
from stream.bench.sweep import BATCHES, BATCHES_ON_GPU, KINDS, Opened, Setting, drawn, powers, settings, sweep
from tests.factories import opened_bundle


@pytest.mark.parametrize(
    ("cores", "tried"),
    [(1, (1,)), (2, (1, 2)), (3, (1, 2, 3)), (4, (1, 2, 4)), (6, (1, 2, 4, 6)), (16, (1, 2, 4, 8, 16))],
)
def test_threads_are_doubled_up_to_all_cores(cores: int, tried: tuple[int, ...]) -> None:
    assert powers(cores) == tried


def test_all_combinations_are_measured() -> None:
    found = settings(["cpu"], ["fp32", "int8"], [], [])
    assert len(found) == len(set(found)) == 2 * len(BATCHES) * len(powers(usable_cores()))
    assert settings(["cpu"], ["int8"], [3], [2]) == [Setting("cpu", "int8", 3, 2)]


def test_threads_of_the_processor_do_not_matter_to_a_gpu() -> None:
    assert len(settings(["cuda"], ["fp16"], [], [1, 2])) == len(BATCHES_ON_GPU)


def test_a_sample_says_how_fast_and_how_late(tmp_path: Path) -> None:
    opened = Opened(opened_bundle(tmp_path / "bundle"))
    (task,) = sweep(opened, [Setting("cpu", "fp32", 4, 1)], 0.05, 0)
    values = task.sample()
    assert set(values) == {*KINDS, ANSWERS}
    assert values[ANSWERS] * 4 / values["model_fps"] == pytest.approx(0.05, rel=0.5)
    assert values["model_fps"] == pytest.approx(4000 / values["model_p50_ms"], rel=0.8)
    assert values["model_p99_ms"] >= values["model_p50_ms"] > 0
    assert task.labels == {"provider": "cpu", "precision": "fp32", "batch": 4, "threads": 1}
    opened.close()


def test_pictures_are_the_same_again_from_the_same_seed(tmp_path: Path) -> None:
    opened = Opened(opened_bundle(tmp_path / "bundle"))
    classifier = opened.get("cpu", "fp32", 1)
    assert classifier is opened.get("cpu", "fp32", 1)
    assert (drawn(classifier, 3, 1) == drawn(classifier, 3, 1)).all()
    assert not (drawn(classifier, 3, 1) == drawn(classifier, 3, 2)).all()
    opened.close()
    with pytest.raises(ValueError, match="closed"):
        classifier.probabilities(drawn(classifier, 1, 0))
