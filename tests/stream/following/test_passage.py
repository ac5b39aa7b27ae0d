import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

import jsonschema
import pytest

from models.picture import Box
from stream.following.passage import FORGET_S, UPDATE_S, Passage, PassageEvent, Passages
from stream.looking.detection import Detection, ModelId, View, seen
from stream.sources.frame import Frame, Reason
from tests.factories import grey, make_detection

Scores = Sequence[tuple[float | None, float | None]]
"""Media time and confidence, a pair a frame; no confidence: blind."""
Expected = list[tuple[float, float, float, int]]
"""Start, end, top score and best frame, a row a passage."""
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp()


def told(detections: Sequence[Detection], passages: Passages | None = None) -> list[PassageEvent]:
    """All that is told of them, until the end of the watch."""
    passages = passages or Passages()
    events = [event for each in detections for event in passages.add(each)]
    return events + passages.finish()


def frames(scores: Scores, reason: Reason = "corrupt") -> list[Detection]:
    return [make_detection(time, score, index, reason) for index, (time, score) in enumerate(scores)]


def ended(events: Sequence[PassageEvent]) -> list[Passage]:
    return [each.after for each in events if each.type == "end"]


def follow(scores: Scores, passages: Passages | None = None) -> Expected:
    return [
        (each.start_media, each.end, each.top_score, each.best_frame) for each in ended(told(frames(scores), passages))
    ]


def kinds(events: Sequence[PassageEvent]) -> list[str]:
    return [each.type for each in events]


def steady(begin: float, end: float, score: float | None, step: float = 1.0) -> list[tuple[float, float | None]]:
    """Frames of the same score, end included."""
    return [(begin + step * number, score) for number in range(round((end - begin) / step) + 1)]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([(0, 0.1), (1, 0.4), (2, 0.49)], [], id="no ship"),
        pytest.param([(0, 0.9), (1, 0.9), (2, 0.9)], [(0, 2, 0.9, 0)], id="a ship from end to end"),
        pytest.param([(0, 0.1), (1, 0.5), (2, 0.5), (3, 0.1)], [(1, 2, 0.5, 1)], id="at the threshold"),
        pytest.param([(0, 0.6), (1, 0.8), (2, 0.7)], [(0, 2, 0.8, 1)], id="best in the middle"),
        pytest.param([(0, 0.6), (1, 0.8), (2, 0.8)], [(0, 2, 0.8, 1)], id="first of two bests"),
        pytest.param([(0, 0.9), (1, 0.1), (2, 0.9)], [(0, 2, 0.9, 0)], id="short gap"),
        pytest.param([(0, 0.9), (1, 0.1), (2, 0.1), (3, 0.9)], [], id="two glimpses"),
        pytest.param([(0, 0.9), (1, 0.9), (3, 0.9)], [(0, 3, 0.9, 0)], id="gap as long as allowed"),
        pytest.param([(0, 0.9), (1, 0.9), (3.1, 0.8), (4, 0.8)], [(0, 1, 0.9, 0), (3.1, 4, 0.8, 2)], id="too long"),
        pytest.param([(0, 0.9), (0.4, 0.9), (1, 0.1)], [], id="too short"),
        pytest.param([(0, 0.9), (0.5, 0.9), (1, 0.1)], [(0, 0.5, 0.9, 0)], id="just long enough"),
        pytest.param([(0, 0.9), (1, None), (2, 0.9)], [(0, 2, 0.9, 0)], id="blind in between"),
        pytest.param([(0, None), (1, None)], [], id="blind"),
        pytest.param([(0, 0.9), (1, 0.9), (9, None)], [(0, 1, 0.9, 0)], id="blind for good"),
        pytest.param([(None, 0.9), (None, 0.9)], [], id="still pictures"),
        pytest.param([(100, 0.9), (101, 0.9)], [(100, 101, 0.9, 0)], id="late start"),
        pytest.param([(0, 0.9), (1, 0.9), (2.9, 0.9), (3, 0.1)], [(0, 2.9, 0.9, 0)], id="sums that floats get wrong"),
    ],
)
def test_passages(scores: Scores, expected: Expected) -> None:
    assert follow(scores) == expected


def test_bridge_and_shortest_can_be_set() -> None:
    scores: Scores = [(0, 0.9), (0.1, 0.9), (0.2, 0.1), (1, 0.9)]
    assert follow(scores, Passages(bridge=0.5, shortest=0)) == [(0, 0.1, 0.9, 0), (1, 1, 0.9, 3)]


def test_says_which_frame_is_the_best_so_far() -> None:
    passages = Passages()
    best = []
    for time, score in [(0, 0.1), (1, 0.6), (2, 0.6), (3, 0.7), (4, 0.1), (5, None), (12, 0.6), (19, 0.6)]:
        passages.add(make_detection(time, score))
        best.append(passages.best_now)
    assert best == [False, True, False, True, False, False, False, True]


def test_a_passage_is_open_until_the_bridge_is_passed() -> None:
    passages = Passages()
    events = [passages.add(make_detection(*each)) for each in [(0, 0.9), (1, 0.9), (2, 0.1), (3.0, 0.1), (3.5, 0.1)]]
    assert [kinds(each) for each in events] == [[], ["new"], [], [], ["end"]]
    (passage,) = ended(events[-1])
    assert (passage.length_s, passage.ended, passage.camera, passage.active) == (1.0, "left", "north", False)
    assert passages.open is None


@pytest.mark.parametrize(
    ("scores", "expected"), [([], []), ([(0, 0.9)], []), ([(0, 0.9), (0.4, 0.9)], []), ([(0, 0.9), (1, 0.9)], ["end"])]
)
def test_finish_ends_what_was_told_of(scores: Scores, expected: list[str]) -> None:
    """One that was too short was never told of, and is not now."""
    passages = Passages()
    for each in frames(scores):
        passages.add(each)
    events = passages.finish()
    assert kinds(events) == expected
    assert [each.after.ended for each in events] == ["stopped"] * len(expected)
    assert passages.finish() == []
    assert passages.ended == len(expected)


# How long it lasts: hysteresis.


@pytest.mark.parametrize(
    ("leave", "expected"),
    [
        pytest.param(None, [(1, 2, 0.9, 1), (7, 8, 0.9, 7)], id="by itself the threshold"),
        pytest.param(0.5, [(1, 2, 0.9, 1), (7, 8, 0.9, 7)], id="the threshold itself"),
        pytest.param(0.3, [(1, 8, 0.9, 1)], id="lower"),
    ],
)
def test_a_ship_in_sight_leaves_at_a_threshold_of_its_own(leave: float | None, expected: Expected) -> None:
    scores = [(0, 0.3), *steady(1, 2, 0.9), *steady(3, 6, 0.3), *steady(7, 8, 0.9), (9, 0.1), (20, 0.1)]
    assert follow(scores, Passages(leave=leave)) == expected


def test_what_is_no_ship_begins_no_passage_though_one_would_stay() -> None:
    assert follow(steady(0, 9, 0.4), Passages(leave=0.3)) == []


def test_what_stays_below_the_threshold_makes_it_longer_and_is_not_its_best() -> None:
    (passage,) = ended(told(frames([(0, 0.6), (1, 0.7), (2, 0.35), (3, 0.3), (4, 0.29)]), Passages(leave=0.3)))
    assert (passage.length_s, passage.top_score, passage.best_frame, passage.score) == (3, 0.7, 1, 0.3)


# Blindness is not absence.


@pytest.mark.parametrize("reason", ["dark", "no_contrast", "frozen", "corrupt", "offline", "stalled"])
@pytest.mark.parametrize("blind", [3.0, 30.0, FORGET_S - 2])
def test_blindness_shorter_than_forget_is_bridged_and_said(reason: Reason, blind: float) -> None:
    back = 2.0 + blind
    events = told(frames([*steady(0, 1, 0.9), *steady(2, back - 1, None), *steady(back, back + 1, 0.8)], reason))
    (passage,) = ended(events)
    assert (passage.start_media, passage.end) == (0, back + 1)
    assert passage.unseen_s == pytest.approx(blind)
    assert passage.length_s == pytest.approx(back + 1)
    assert any(each.type == "update" and each.after.unseen_s > 0 for each in events)


def test_blindness_longer_than_forget_ends_it() -> None:
    back = FORGET_S + 3
    first, second = ended(told(frames([*steady(0, 1, 0.9), *steady(2, back - 1, None), *steady(back, back + 1, 0.8)])))
    assert (first.start_media, first.end, first.ended, first.unseen_s) == (0, 1, "blind", 0)
    assert (second.start_media, second.end, second.ended, second.unseen_s) == (back, back + 1, "stopped", 0)
    assert first.id != second.id


def test_it_is_told_while_it_is_blind_that_a_passage_ended() -> None:
    """Not only when the camera is back, which may be never."""
    passages = Passages(forget=10)
    events = [passages.add(each) for each in frames([*steady(0, 1, 0.9), *steady(2, 30, None)])]
    assert [number for number, each in enumerate(events) if kinds(each) == ["end"]] == [13]


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        pytest.param([(2, 0.1), *steady(3, 20, None)], [(0, 22)], id="both together within the bridge"),
        pytest.param([(2, 0.1), (3, 0.1), *steady(4, 20, None)], [(0, 1), (21, 22)], id="empty before"),
        pytest.param([*steady(2, 19, None), (20, 0.1)], [(0, 22)], id="empty after, within the bridge"),
        pytest.param([*steady(2, 18, None), *steady(19, 20, 0.1)], [(0, 1), (21, 22)], id="empty after"),
        pytest.param(
            [*steady(2, 19.5, None, 0.5), *steady(20, 20.75, 0.1, 0.25)], [(0, 22)], id="looked at more often"
        ),
    ],
)
def test_blindness_does_not_stretch_the_bridge(gap: Scores, expected: list[tuple[float, float]]) -> None:
    """Time in which nothing could be seen counts neither as with nor as without a ship."""
    events = told(frames([*steady(0, 1, 0.9), *gap, (21, 0.9), (22, 0.9)]))
    assert [(each.start_media, each.end) for each in ended(events)] == expected


def test_where_no_frame_comes_it_is_blind_since_the_last_one() -> None:
    """News of a lost camera come late: nothing was seen before them either."""
    detections = [
        make_detection(0, 0.9),
        make_detection(1, 0.9, 1),
        make_detection(9, None, None, "stalled"),
        make_detection(10, 0.9, 2),
        make_detection(11, 0.9, 3),
    ]
    (passage,) = ended(told(detections))
    assert (passage.start_media, passage.end, passage.unseen_s) == (0, 11, 9)


# What is told, and when.


def test_news_come_at_most_once_a_second() -> None:
    rising = [(number / 10, 0.5 + number / 1000) for number in range(100)]
    events = told(frames(rising))
    assert kinds(events) == ["new", *["update"] * 9, "end"]
    times = [each.after.frame_time for each in events[:-1]]
    assert all(later - earlier >= UPDATE_S for earlier, later in pairwise(times))
    assert ended(events)[0].best_frame == 99


def test_nothing_is_told_where_nothing_is_new() -> None:
    assert kinds(told(frames(steady(0, 100, 0.9)))) == ["new", "end"]


def test_each_event_says_what_the_one_before_said() -> None:
    events = told(frames([(0, 0.6), (1, 0.7), (2, 0.8), (3, 0.9), *steady(4, 9, 0.1), *steady(10, 12, 0.7)]))
    assert kinds(events) == ["new", "update", "update", "end", "new", "end"]
    assert [each.before is None for each in events] == [True, False, False, False, True, False]
    for before, after in pairwise(events):
        if after.before is not None:
            assert after.before == before.after
    assert len({each.after.id for each in events}) == 2


def test_events_are_what_their_schema_says() -> None:
    schema = PassageEvent.model_json_schema(by_alias=True)
    jsonschema.Draft202012Validator.check_schema(schema)
    events = told(frames([(0, 0.6), (1, 0.7), (2, 0.8), (3, 0.9)]))
    for each in events:
        record = json.loads(each.model_dump_json(by_alias=True))
        jsonschema.validate(record, schema)
        assert PassageEvent.model_validate(record) == each


def test_it_has_the_fields_that_friends_of_frigate_look_for() -> None:
    """docs.frigate.video, MQTT `frigate/events`: type, before, after, and in these what is named here."""
    (event, *_) = told(frames(steady(0, 3, 0.9)))
    record = json.loads(event.model_dump_json(by_alias=True))
    assert {"type", "before", "after"} <= set(record)
    names = "id camera label start_time end_time frame_time score top_score box zones has_snapshot has_clip active"
    assert set(names.split()) <= set(record["after"])


def test_the_best_frame_is_known_with_its_box_and_time() -> None:
    model = ModelId(name="brightness", sha256="0" * 64, precision="fp32")

    def at(time: float, score: float, box: Box, name: str) -> Detection:
        frame = Frame(round(10 * time), grey(0), time, arrived=0.0)
        return seen(frame, "north", model, (View(name=name, box=box, confidence=score),), 0.5, None)

    detections = [at(1, 0.6, (0, 0, 9, 9), "lock"), at(2, 0.9, (5, 5, 9, 9), "quay"), at(3, 0.8, (0, 0, 9, 9), "lock")]
    (passage,) = ended(told(detections))
    assert (passage.best_frame, passage.best_time, passage.box) == (20, 2, (5, 5, 9, 9))
    assert passage.zones == ("lock", "quay")
    assert passage.score == 0.8


# Clocks.


def live(start: float, wall: float, seconds: int) -> list[Detection]:
    return [make_detection(start + each, 0.9, time=wall + each) for each in range(seconds)]


@pytest.mark.parametrize("step", [0.0, 3600.0, -3600.0])
def test_a_step_of_the_clock_changes_labels_only(step: float) -> None:
    """By an hour, in the middle of a passage."""
    (passage,) = ended(told([*live(0, NOON, 5), *live(5, NOON + 5 + step, 5)]))
    assert (passage.start_media, passage.length_s, passage.clock) == (0, 9, "wall")
    assert (passage.start_time, passage.end_time) == (NOON, NOON + 9 + step)


def test_the_number_of_a_passage_is_that_of_its_camera_and_start() -> None:
    ids = [
        ended(told([make_detection(time, 0.9, camera=camera), make_detection(time + 1, 0.9, camera=camera)]))[0].id
        for camera, time in [("north", 0.0), ("south", 0.0), ("north", 5.0), ("north", 0.0)]
    ]
    assert len(set(ids)) == 3
    assert ids[0] == ids[3]
    assert ids[0].startswith("0.000000-")
    assert len(ids[0].rpartition("-")[2]) == 6


def test_of_a_recording_the_clock_is_the_media_time() -> None:
    (passage,) = ended(told(frames([(5, 0.9), (6, 0.9)])))
    assert (passage.clock, passage.start_time, passage.end_time, passage.start_media) == ("media", 5, 6, 5)
