"""A threshold for an aim: chosen on validation, judged on test, kept with the run."""

import numpy as np
import pytest

from models.networks import cool
from tests.train.conftest import toy_network
from train.answers import Answers
from train.calibration import aim_named, calibrated, logits_of
from train.decision import AIMS, decide, doubt, in_words, inherited


def test_without_an_aim_all_stays_the_papers(answers: Answers) -> None:
    found = decide(answers, None)
    assert (found["aim"], found["threshold"], found["temperature"]) == (None, 0.5, 1.0)
    labels, probabilities = answers["test"]
    assert found["test"]["accuracy"]["right"] == ((probabilities >= 0.5) == (labels == 1)).sum()
    assert found["calibration_error"]["before"] == found["calibration_error"]["after"]


def test_balanced_is_better_than_a_half(answers: Answers) -> None:
    plain, found = decide(answers, None), decide(answers, "balanced")
    assert found["temperature"] > 2
    assert found["threshold"] > 0.55  # the answers lean towards a ship
    assert found["calibration_error"]["after"] < found["calibration_error"]["before"] - 0.03
    assert found["test"]["accuracy"]["right"] > plain["test"]["accuracy"]["right"]


def test_a_slim_network_takes_as_many_for_ships_as_the_full_one(answers: Answers) -> None:
    """Though it is less sure of them, and errs by itself."""
    decision, (_, full) = decide(answers, "balanced"), answers["validation"]
    noise = np.random.default_rng(1).normal(0, 0.5, len(full))
    slim = np.asarray(1 / (1 + np.exp(-(logits_of(full) / 2 - 1 + noise))), np.float32)
    found = inherited(decision, full, slim, {**answers, "test": (answers["test"][0], answers["test"][1] ** 2)})
    assert found["shift"] < -0.4
    of_full, of_slim = (
        calibrated(each, of["temperature"], of["shift"]) for each, of in ((full, decision), (slim, found))
    )
    assert abs(of_full - of_slim).mean() < 0.05 < abs(of_full - slim).mean()
    for name in AIMS:
        many = (of_full >= decision["aims"][name]["threshold"]).sum()
        assert abs((of_slim >= found["aims"][name]["threshold"]).sum() - many) <= 1
    assert found["threshold"] == found["aims"]["balanced"]["threshold"]
    assert f"of {len(full)} pictures that neither has learnt from" in in_words(found)


@pytest.mark.parametrize(("aim", "figure"), [("miss<=5%", "recall"), ("false-alarms<=5%", "false_alarms")])
def test_a_limit_is_kept_on_validation(answers: Answers, aim: str, figure: str) -> None:
    """Where validation and test are the same pictures, the figures tell."""
    same: Answers = {"validation": answers["validation"], "test": answers["validation"]}
    share = decide(same, aim)["test"][figure]["share"]
    assert (share >= 0.95) if figure == "recall" else (share <= 0.05)


def test_thresholds_for_other_aims_go_along(answers: Answers) -> None:
    """From the most watchful to the most reserved; each is what it would be alone."""
    for aim in (None, "balanced"):
        aims = decide(answers, aim)["aims"]
        assert tuple(aims) == AIMS
        thresholds = [point["threshold"] for point in aims.values()]
        assert thresholds == sorted(thresholds)
        for figure in ("recall", "false_alarms"):
            shares = [point["test"][figure]["share"] for point in aims.values()]
            assert shares == sorted(shares, reverse=True)
    for aim, point in decide(answers, "miss<=10%")["aims"].items():
        alone = decide(answers, aim)
        assert point == {"threshold": alone["threshold"], "test": alone["test"]}


@pytest.mark.parametrize(
    ("aim", "certain"),
    [
        ("balanced", True),
        ("miss<=2%", True),
        ("miss<=0.1%", False),
        ("miss<=0%", False),
        ("false-alarms<=0/day@1fps", False),
        ("false-alarms<=1/hour@1fps", False),
    ],
)
def test_a_limit_that_so_few_pictures_cannot_show(answers: Answers, aim: str, certain: bool) -> None:
    """400, of which about half show a ship."""
    decision = decide(answers, aim)
    assert (decision["doubt"] is None) == certain
    if not certain:
        assert decision["doubt"] in in_words(decision)
        assert "are there to choose on" in decision["doubt"]


@pytest.mark.parametrize(
    ("ships", "others", "said"), [(49, 60, "49 pictures with"), (60, 8, "8 pictures without"), (50, 50, None)]
)
def test_too_few_to_choose_on(ships: int, others: int, said: str | None) -> None:
    labels = np.repeat([1, 0], [ships, others])
    found = doubt(aim_named("balanced"), labels)
    assert found is None if said is None else found is not None and f"only {said} a ship" in found


def test_the_test_part_has_no_say(answers: Answers) -> None:
    labels, probabilities = answers["test"]
    other: Answers = {"validation": answers["validation"], "test": (1 - labels, probabilities)}
    for name in ("threshold", "temperature"):
        assert decide(answers, "balanced")[name] == decide(other, "balanced")[name]


def test_in_words(answers: Answers) -> None:
    assert "(the paper's), temperature 1.000: " in in_words(decide(answers, None))


def test_calibrated_answers_are_those_of_the_cooled_network() -> None:
    """Dividing logits in the weights is dividing them in the answers."""
    network = toy_network()
    pictures = np.random.default_rng(0).integers(0, 256, (20, 16, 16, 3), np.uint8)
    before = network.predict_on_batch(pictures)[:, 0]
    cool(network, 2.5)
    np.testing.assert_allclose(network.predict_on_batch(pictures)[:, 0], calibrated(before, 2.5), atol=1e-6)
