"""Coverage by the minute: only what changed, and each second once, whatever the clock does."""

from itertools import count

import pytest

from stream.following.coverage import Coverage
from stream.looking.detection import Detection
from stream.store.minutes import Minutes
from stream.store.records import MinuteRecord
from tests.factories import make_detection
from tests.stream.store.makers import MINUTE, NOON


def frame(at: float, wall: float = NOON, score: float | None = 0.1, index: int | None = 0) -> Detection:
    """`at`: seconds by the monotonic clock, which is 0 where the wall clock has `wall`."""
    return make_detection(at, score, index, "offline", time=wall + at)


def made() -> Minutes:
    return Minutes("north", count(100).__next__)


def newest(records: list[MinuteRecord]) -> dict[tuple[int, int], MinuteRecord]:
    return {(each.minute, each.part): each for each in records}


def test_a_minute_changes_until_it_is_over() -> None:
    minutes = made()
    assert minutes.take() == []
    for at in range(0, 31, 10):
        minutes.add(frame(at))
    (half,) = minutes.take()
    assert (half.camera, half.minute, half.part, half.seconds, half.frames) == ("north", MINUTE, 100, 30, 4)
    assert minutes.take() == [], "nothing has changed"
    for at in range(40, 71, 10):
        minutes.add(frame(at))
    full, begun = minutes.take()
    assert (full.minute, full.part, full.seconds, full.frames) == (MINUTE, 100, 60, 6)
    assert (begun.minute, begun.part, begun.seconds, begun.frames) == (MINUTE + 1, 101, 10, 2)


def test_passages_count_in_the_minute_of_the_last_detection() -> None:
    minutes = made()
    minutes.add(frame(59))
    minutes.ended(1)
    minutes.add(frame(60))
    minutes.ended(2)
    assert [(each.minute - MINUTE, each.passages) for each in minutes.take()] == [(0, 1), (1, 2)]


def test_a_recording_has_minutes_of_its_own() -> None:
    minutes = made()
    for at in (0.0, 59.9, 60.0):
        minutes.add(make_detection(at, 0.1))
    assert [each.minute for each in minutes.take()] == [0, 1]


@pytest.mark.parametrize("step", [0.0, -30.0, 30.0, -3600.0, 3600.0])
@pytest.mark.parametrize("every", [1, 7, 1000])
def test_no_second_is_lost_or_counted_twice(step: float, every: int) -> None:
    """A minute that begins again is another part of it, so that what a store has of the first one stays."""
    minutes, coverage = made(), Coverage("north")
    told: list[MinuteRecord] = []
    for at in range(600):
        score = (0.1, 0.9, None)[at // 50 % 3]
        detection = frame(at, NOON + (step if at >= 300 else 0), score, None if score is None else at)
        minutes.add(detection)
        coverage.add(detection)
        if at % every == 0:
            told += minutes.take()
    told += minutes.take()
    parts = newest(told).values()
    total = coverage.total()
    assert sum(each.seconds for each in parts) == pytest.approx(total.seconds) == 599
    assert sum(each.ship_s for each in parts) == pytest.approx(total.ship_s)
    assert sum(each.frames for each in parts) == total.frames
    assert sum(each.unknown.get("offline", 0) for each in parts) == pytest.approx(total.unknown["offline"])


def test_what_is_over_is_forgotten() -> None:
    minutes = made()
    for at in range(0, 7200, 30):
        minutes.add(frame(at))
        minutes.take()
    assert len(minutes._stretches.tallies) == len(minutes._parts) == len(minutes._given) == 1
