"""For how much of the time a camera could see: all seconds are in exactly one hour, and none is made or lost."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from stream.following.coverage import Coverage, Hour
from stream.looking.detection import Detection
from stream.sources.frame import Reason
from tests.factories import make_detection

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp()


def covered(detections: Sequence[Detection]) -> Coverage:
    coverage = Coverage("north")
    for each in detections:
        coverage.add(each)
    return coverage


def frames(*scores: tuple[float, float | None]) -> list[Detection]:
    return [make_detection(time, score, index) for index, (time, score) in enumerate(scores)]


def live(
    seconds: Sequence[float], wall: float = NOON, score: float | None = 0.1, index: int | None = 0
) -> list[Detection]:
    """Frames at these times of the monotonic clock, which is 0 where the wall clock has `wall`."""
    return [make_detection(each, score, index, "offline", time=wall + each) for each in seconds]


def test_a_state_holds_until_the_next_record() -> None:
    hour = covered(frames((0, 0.1), (1, 0.9), (3, None), (7, 0.1), (15, 0.1))).total()
    assert (hour.seconds, hour.ship_s, hour.unknown, hour.frames) == (15, 2, {"corrupt": 4}, 5)
    assert hour.coverage == pytest.approx(11 / 15, abs=1e-4)


@pytest.mark.parametrize("scores", [[], [(0.0, 0.9)]])
def test_without_time_there_is_no_share(scores: list[tuple[float, float]]) -> None:
    """Not 0 %, and not 100 %."""
    hour = covered(frames(*scores)).total()
    assert (hour.seconds, hour.coverage, hour.frames) == (0, None, len(scores))


def test_still_pictures_take_no_time() -> None:
    hour = covered([make_detection(None, 0.9, number) for number in range(5)]).total()
    assert (hour.seconds, hour.frames, hour.coverage) == (0, 5, None)


def test_reasons_are_told_apart() -> None:
    reasons: tuple[Reason, ...] = ("dark", "frozen", "dark", "no_contrast")
    detections = [make_detection(float(time), None, time, reason) for time, reason in enumerate(reasons)]
    hour = covered([*detections, make_detection(4.0, 0.1, 4)]).total()
    assert hour.unknown == {"dark": 2, "frozen": 1, "no_contrast": 1}
    assert hour.coverage == 0


def test_where_no_frame_came_none_came_since_the_last_one() -> None:
    """The news of it come late: between the last frame and them there was none either."""
    detections = [
        *live([0, 1, 2]),
        *live([12, 22], score=None, index=None),
        *live([30, 31]),
    ]
    hour = covered(detections).total()
    assert (hour.seconds, hour.unknown) == (31, {"offline": 28})
    assert hour.coverage == pytest.approx(3 / 31, abs=1e-4)


def test_hours_of_a_recording_are_numbered() -> None:
    hours = list(covered(frames((0, 0.1), (3599, 0.1), (3600, 0.9), (3610, 0.1), (7300, 0.1))).hours())
    assert [(each.hour, each.seconds, each.ship_s, each.frames) for each in hours] == [
        ("0", 3600, 0, 2),
        ("1", 3700, 10, 2),
        ("2", 0, 0, 1),
    ]


def test_hours_of_a_camera_are_those_of_the_clock() -> None:
    hours = list(covered(live(range(0, 7201, 10), NOON - 600)).hours())
    assert [(each.hour, each.seconds) for each in hours] == [
        ("2026-11-25T11", 600),
        ("2026-11-25T12", 3600),
        ("2026-11-25T13", 3000),
    ]


@pytest.mark.parametrize("step", [3600.0, -3600.0, 86_400.0, -100.0])
def test_a_step_of_the_clock_makes_and_loses_no_second(step: float) -> None:
    """They are counted by the monotonic clock; the step moves them to another hour."""
    detections = [*live(range(0, 1000)), *live(range(1000, 2000), NOON + step)]
    for coverage in (covered(detections), covered(detections)):
        hours = list(coverage.hours())
        assert sum(each.seconds for each in hours) == coverage.total().seconds == 1999
    there = datetime.fromtimestamp(NOON + 1000 + step, UTC).strftime("%Y-%m-%dT%H")
    assert {each.hour for each in hours} == {"2026-11-25T12", there}


def test_time_that_runs_back_is_none() -> None:
    """As where a recording begins again."""
    assert covered(frames((0, 0.1), (9, 0.1), (2, 0.1), (4, 0.1))).total().seconds == 11


def test_finished_hours_are_given_once_and_all_add_up() -> None:
    coverage = Coverage("north")
    given: list[Hour] = []
    for each in live(range(0, 4 * 3600, 60)):
        coverage.add(each, passages=1)
        given += coverage.take_finished()
        assert len(list(coverage.hours())) == 1
    assert [each.hour[-2:] for each in given] == ["12", "13", "14"]
    coverage.ended(2)
    rest = list(coverage.hours())
    total = coverage.total()
    assert sum(each.seconds for each in (*given, *rest)) == total.seconds == 4 * 3600 - 60
    assert sum(each.frames for each in (*given, *rest)) == total.frames == 240
    assert sum(each.passages for each in (*given, *rest)) == total.passages == 242
    assert total.hour == "all"


def test_all_sums_are_of_the_parts() -> None:
    """Of each second exactly one thing is said."""
    scores = [0.1, 0.9, None, 0.9, None, None, 0.1]
    detections = [make_detection(0.1 * time, scores[time * 7 % 5], time, "dark") for time in range(1000)]
    hour = covered(detections).total()
    empty = sum(0.1 for one in detections[:-1] if one.state == "no_ship")
    assert hour.seconds == pytest.approx(99.9)
    assert hour.ship_s + sum(hour.unknown.values()) + empty == pytest.approx(hour.seconds)
