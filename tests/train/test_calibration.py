import numpy as np
import pytest
from numpy.typing import NDArray

from models.errors import UsageError
from train.calibration import aim_named, calibrated, calibration_error, temperature, temperature_and_shift, threshold

FIRST = np.array([0, 0, 0, 0, 1, 0, 1, 1, 1, 1])
ANSWERS = np.array([0.01, 0.02, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 0.9, 0.99], np.float32)
"""Best divided between 0.2 and 0.3, where one alarm of five is false, or between 0.4 and 0.6, where one ship of five is missed."""


def too_sure(factor: float, n: int = 4000) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Ships drawn with known chances, and a network whose logits are `factor` times too large."""
    random = np.random.default_rng(1)
    logits = random.normal(0, 2, n)
    labels = (random.random(n) < 1 / (1 + np.exp(-logits))).astype(np.int64)
    return labels, (1 / (1 + np.exp(-factor * logits))).astype(np.float32)


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_temperature_takes_back_what_was_too_sure(factor: float) -> None:
    labels, probabilities = too_sure(factor)
    found = temperature(labels, probabilities)
    assert found == pytest.approx(factor, rel=0.1)
    mended = calibrated(probabilities, found)
    assert calibration_error(labels, mended) < 0.025
    if factor != 1:
        assert calibration_error(labels, mended) < calibration_error(labels, probabilities) - 0.03


@pytest.mark.parametrize(("factor", "shift"), [(1.0, 0.0), (3.0, 2.0), (0.5, -1.0)])
def test_shift_takes_back_what_leant_to_one_side(factor: float, shift: float) -> None:
    labels, probabilities = too_sure(1.0)
    leaning = calibrated(probabilities, 1 / factor, -shift)
    found = temperature_and_shift(labels, leaning)
    assert found == pytest.approx((factor, shift / factor), rel=0.1, abs=0.1)
    mended = calibrated(leaning, *found)
    assert calibration_error(labels, mended) < 0.025
    np.testing.assert_allclose(mended, probabilities, atol=0.03)


def test_shift_of_pictures_that_are_all_right() -> None:
    found = temperature_and_shift(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.8, 0.9], np.float32))
    assert np.isfinite(found).all()


def test_answers_of_0_and_1_can_be_calibrated() -> None:
    labels, probabilities = np.array([0, 1, 1, 0]), np.array([0, 1, 0, 1], np.float32)
    assert np.isfinite(temperature(labels, probabilities))
    assert np.isfinite(calibrated(probabilities, 3.0)).all()


@pytest.mark.parametrize("labels", [[0, 0, 1, 1], [1, 1, 0, 0]], ids=["all right", "all wrong"])
def test_no_temperature_where_none_is_best(labels: list[int]) -> None:
    assert temperature(np.array(labels), np.array([0.1, 0.2, 0.8, 0.9], np.float32)) == 1.0


def test_calibration_keeps_the_order() -> None:
    mended = calibrated(ANSWERS, 2.5)
    assert (np.diff(mended) > 0).all()
    assert ((mended >= 0.5) == (ANSWERS >= 0.5)).all()


@pytest.mark.parametrize(
    ("aim", "low", "high"),
    [
        ("miss<=0%", 0.2, 0.3),
        ("miss <= 20%", 0.4, 0.6),
        ("miss<=40%", 0.6, 0.8),
        ("false-alarms<=0%", 0.4, 0.6),
        ("false-alarms<=20%", 0.2, 0.3),
        ("false-alarms<=720/hour@1fps", 0.2, 0.3),
        ("false-alarms<=1/day@0.5fps", 0.4, 0.6),
    ],
)
def test_the_threshold_keeps_the_limit_and_no_more(aim: str, low: float, high: float) -> None:
    assert low < threshold(FIRST, ANSWERS, aim_named(aim)) < high


def test_balanced_makes_fewest_mistakes_in_both_classes_alike() -> None:
    labels = np.array([0] * 90 + [1] * 10)
    answers = np.concatenate([np.linspace(0, 0.4, 90), np.linspace(0.3, 1, 10)]).astype(np.float32)
    at = threshold(labels, answers, aim_named("balanced"))
    balanced = (answers[labels == 1] >= at).mean() + (answers[labels == 0] < at).mean()
    for other in np.linspace(0, 1, 101):
        assert balanced >= (answers[labels == 1] >= other).mean() + (answers[labels == 0] < other).mean() - 1e-9


def test_a_network_that_is_sure_and_wrong_gets_the_highest_threshold_there_is() -> None:
    labels, answers = np.array([0, 1]), np.array([1.0, 0.5], np.float32)
    assert 0.9999999 < threshold(labels, answers, aim_named("false-alarms<=0%")) <= 1.0


def test_equal_answers_have_a_threshold() -> None:
    labels, answers = np.array([0, 1, 1]), np.full(3, 0.7, np.float32)
    assert threshold(labels, answers, aim_named("miss<=0%")) < 0.7
    assert threshold(labels, answers, aim_named("false-alarms<=0%")) > 0.7


@pytest.mark.parametrize(
    "text", ["", "best", "miss<=", "miss<=2", "miss<=-1%", "miss<=100%", "false-alarms<=5/hour@0fps", "miss>=2%"]
)
def test_other_aims_are_refused_by_name(text: str) -> None:
    with pytest.raises(UsageError, match="aim") as caught:
        aim_named(text)
    assert repr(text) in str(caught.value)


def test_the_calibration_error_is_the_mean_gap() -> None:
    labels = np.array([1, 0, 1, 1])
    assert calibration_error(labels, np.array([0.8, 0.8, 0.2, 0.2], np.float32)) == pytest.approx(0.5 * 0.3 + 0.5 * 0.8)
    assert calibration_error(labels, labels.astype(np.float32)) == 0
