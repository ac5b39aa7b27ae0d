"""Who is looked at next, and who loses when there is too much."""

import time
from collections import Counter
from dataclasses import dataclass
from threading import Thread

import pytest

from stream.looking.lanes import LONGEST_WAIT_S, Lane, Lanes
from stream.looking.policy import EVERY, LATEST, Policy
from tests.clocks import TurnedClock

pytestmark = pytest.mark.timeout(60)


@dataclass(frozen=True)
class Item:
    number: int
    cost: int = 1
    news: bool = False


def lanes_of(
    *policies: Policy, wait: float = 0.0, live: bool = True, capacity: int = 2
) -> tuple[Lanes[Item], list[Lane[Item]]]:
    lanes: Lanes[Item] = Lanes(wait, TurnedClock())
    each: list[Lane[Item]] = [Lane(f"cam{index}", policy, live, capacity) for index, policy in enumerate(policies)]
    for lane in each:
        lanes.open(lane)
    return lanes, each


def taken(batch: list[tuple[Lane[Item], Item]]) -> list[tuple[str, int]]:
    return [(lane.camera, item.number) for lane, item in batch]


def test_a_batch_takes_from_all_cameras_in_turn() -> None:
    lanes, (one, two, three) = lanes_of(LATEST, LATEST, LATEST)
    for number in range(2):
        for lane in (one, two, three):
            lanes.put(lane, Item(number))
    assert taken(lanes.take(4)) == [("cam0", 0), ("cam1", 0), ("cam2", 0), ("cam0", 1)]
    assert taken(lanes.take(4)) == [("cam1", 1), ("cam2", 1)]


def test_under_overload_every_camera_loses_equally_whatever_its_place() -> None:
    """Five cameras bring twice what can be looked at."""
    lanes, each = lanes_of(*[LATEST] * 5)
    looked: Counter[str] = Counter()
    for number in range(400):
        for lane in each:
            lanes.put(lane, Item(number))
        if number % 2:
            looked.update(camera for camera, _ in taken(lanes.take(5)))
    assert sum(looked.values()) == 1000
    assert max(looked.values()) - min(looked.values()) <= 2
    for lane in each:
        assert looked[lane.camera] + lane.dropped["overload"] + len(lane.items) == 400


def test_the_newest_stays() -> None:
    lanes, (lane,) = lanes_of(LATEST)
    for number in range(10):
        lanes.put(lane, Item(number))
    assert taken(lanes.take(8)) == [("cam0", 8), ("cam0", 9)]
    assert lane.dropped == {"overload": 8}


def test_news_is_never_dropped() -> None:
    lanes, (lane,) = lanes_of(LATEST)
    lanes.put(lane, Item(0, cost=0, news=True))
    for number in range(1, 10):
        lanes.put(lane, Item(number))
    assert taken(lanes.take(8)) == [("cam0", 0), ("cam0", 8), ("cam0", 9)]


def test_what_is_too_old_is_dropped_as_stale() -> None:
    lanes, (lane,) = lanes_of(Policy(lossless=False, max_age=1.0), capacity=100)
    clock = lanes._clock
    assert isinstance(clock, TurnedClock)
    for number in range(3):
        lanes.put(lane, Item(number))
        clock.now += 0.7
    assert taken(lanes.take(8)) == [("cam0", 2)]
    assert lane.dropped == {"stale": 2}


def test_a_recording_is_taken_in_full_batches_and_its_rest_at_the_end() -> None:
    lanes, (lane,) = lanes_of(EVERY, live=False, capacity=100)
    for number in range(3):
        lanes.put(lane, Item(number))
    assert lanes.take(4) == []
    for number in range(3, 10):
        lanes.put(lane, Item(number))
    assert [number for _, number in taken(lanes.take(4))] == [0, 1, 2, 3]
    assert [number for _, number in taken(lanes.take(4))] == [4, 5, 6, 7]
    assert lanes.take(4) == []
    lanes.end(lane)
    assert [number for _, number in taken(lanes.take(4))] == [8, 9]
    assert lanes.over


def test_batches_of_recordings_are_not_mixed_and_recordings_take_turns() -> None:
    lanes, (one, two) = lanes_of(EVERY, EVERY, live=False, capacity=100)
    for number in range(4):
        lanes.put(one, Item(number))
        lanes.put(two, Item(number))
    assert [{camera for camera, _ in taken(lanes.take(2))} for _ in range(4)] == [
        {"cam0"},
        {"cam1"},
        {"cam0"},
        {"cam1"},
    ]


def test_cameras_do_not_starve_a_recording_nor_the_other_way_round() -> None:
    lanes: Lanes[Item] = Lanes(0.0, TurnedClock())
    camera, recording = Lane[Item]("camera", LATEST, True, 2), Lane[Item]("recording", EVERY, False, 100)
    lanes.open(camera)
    lanes.open(recording)
    looked: Counter[str] = Counter()
    for number in range(40):
        lanes.put(camera, Item(number))
        lanes.put(camera, Item(number))
        lanes.put(recording, Item(number))
        lanes.put(recording, Item(number))
        looked.update(name for name, _ in taken(lanes.take(2)))
    assert looked["camera"] >= 30
    assert looked["recording"] >= 30


def test_a_view_waits_for_others_until_its_deadline() -> None:
    lanes, (one, two) = lanes_of(LATEST, LATEST, wait=5.0)
    clock = lanes._clock
    assert isinstance(clock, TurnedClock)
    lanes.put(one, Item(0))
    began = time.monotonic()
    assert lanes.take(8) == []
    assert time.monotonic() - began >= 0.9 * LONGEST_WAIT_S
    lanes.put(two, Item(0))
    clock.now += 5.0
    assert taken(lanes.take(8)) == [("cam0", 0), ("cam1", 0)]


def test_a_full_batch_does_not_wait() -> None:
    lanes, (one, two) = lanes_of(LATEST, LATEST, wait=5.0)
    for number in range(2):
        lanes.put(one, Item(number))
        lanes.put(two, Item(number))
    assert len(lanes.take(4)) == 4


def test_a_frame_with_more_views_than_a_batch_is_taken_alone() -> None:
    lanes, (lane,) = lanes_of(EVERY, live=False, capacity=2)
    for number in range(2):
        lanes.put(lane, Item(number, cost=65))
    assert [number for _, number in taken(lanes.take(8))] == [0]


def test_a_reader_waits_for_room_and_is_let_go_at_the_end() -> None:
    lanes, (lane,) = lanes_of(EVERY, live=False, capacity=2)
    answers: list[bool] = []

    def read() -> None:
        answers.extend(lanes.put(lane, Item(number)) for number in range(4))

    reader = Thread(target=read)
    reader.start()
    time.sleep(0.2)
    assert answers == [True, True], "one waits"
    assert len(lane.items) == 2
    lanes.close()
    reader.join(10)
    assert answers == [True, True, False, False]
    assert lane.dropped == {"stopped": 2}


def test_what_waits_when_a_camera_is_removed_is_counted() -> None:
    lanes, (lane,) = lanes_of(LATEST)
    lanes.put(lane, Item(0))
    lanes.put(lane, Item(1, cost=0, news=True))
    lanes.remove(lane)
    assert lane.dropped == {"stopped": 1}
    assert lanes.over
