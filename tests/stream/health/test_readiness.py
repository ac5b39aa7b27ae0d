"""Live, ready, and why not."""

from dataclasses import replace

import pytest

from stream.health.readiness import STILL_S, live, ready, sentence
from stream.sources.status import Phase, Status
from tests.stream.health.made import NOW, OFFLINE, UP, WAITING, camera, vitals


def test_all_is_well() -> None:
    assert live(vitals(), NOW) == {"live": True, "reasons": []}
    assert ready(vitals(), NOW) == {
        "ready": True,
        "reasons": [],
        "cameras": {"north": {"phase": "up", "trouble": None, "last_frame_age_s": 0.2}},
    }


def test_before_the_first_turn_it_lives_and_is_not_ready() -> None:
    assert live(None, NOW)["live"]
    assert ready(None, NOW)["reasons"] == ["the watch is starting"]


def test_one_that_hangs_is_neither() -> None:
    at = NOW + STILL_S
    assert live(vitals(), at)["live"]
    for verdict in (live(vitals(), at + 1), ready(vitals(), at + 1)):
        assert next(iter(verdict.values())) is False
        assert verdict["reasons"] == ["the watch has not turned for 31 s; start rivereye again"]


def test_a_camera_that_is_gone_is_named_with_its_trouble_and_does_not_touch_life() -> None:
    found = vitals(north=camera(OFFLINE), south=camera(), east=camera(WAITING))
    verdict = ready(found, NOW)
    assert not verdict["ready"]
    assert verdict["reasons"] == ["north: offline: nobody listens at rtsp://***@192.0.2.1", "east: connecting"]
    assert verdict["cameras"]["east"]["last_frame_age_s"] is None
    assert live(found, NOW)["live"]
    assert sentence(found).startswith("1 of 3 cameras send frames; north: offline: nobody")


@pytest.mark.parametrize(
    ("phase", "well"),
    [("up", True), ("ended", True), ("connecting", False), ("stalled", False), ("offline", False), ("failed", False)],
)
def test_every_phase(phase: Phase, well: bool) -> None:
    assert ready(vitals(north=camera(Status(phase=phase))), NOW)["ready"] is well


def test_a_camera_tries_again_and_is_not_taken_for_well_meanwhile() -> None:
    again = replace(OFFLINE, phase="connecting")
    assert not ready(vitals(north=camera(again)), NOW)["ready"]


def test_night_is_no_fault() -> None:
    assert ready(vitals(north=camera(UP, states={"unknown": 1000})), NOW)["ready"]


def test_an_output_that_cannot_be_written() -> None:
    found = replace(vitals(), troubles={"detections": "cannot write a.jsonl: no space"})
    assert ready(found, NOW)["reasons"] == ["detections: cannot write a.jsonl: no space"]
    assert "no space" in sentence(found)
