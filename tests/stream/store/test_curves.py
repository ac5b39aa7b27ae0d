"""The scores of a passage: few bytes, in which its course can still be seen."""

from pathlib import Path

import pytest

from stream.following.passage import PassageEvent, Passages
from stream.store.curves import LEAD_S, MOST, POINTS, Curve, Curves
from stream.store.reading import Reader
from stream.store.sink import StoreSink
from tests.stream.store.makers import frame


def followed(scores: list[float], fps: float) -> tuple[Curves, list[PassageEvent]]:
    curves, passages, events = Curves(), Passages(), []
    for index, score in enumerate(scores):
        detection = frame(index / fps, index).model_copy(
            update={"confidence": score, "state": "ship" if score >= 0.5 else "no_ship"}
        )
        curves.add(detection)
        found = passages.add(detection)
        if any(each.type == "new" for each in found):
            curves.began()
        events += found
    return curves, events


def curve_of(scores: list[float], fps: float = 5.0) -> Curve:
    curves, events = followed(scores, fps)
    record = curves.ended(events[-1].after)
    assert events[-1].type == "end"
    assert record is not None
    return Curve.read(record.begin, record.step, bytes.fromhex(record.scores))


def test_a_short_passage_is_kept_score_by_score() -> None:
    scores = [0.1] * 5 + [0.6, 0.9, 1.0, 0.8, 0.6] + [0.0] * 15
    curve = curve_of(scores)
    assert curve.begin == pytest.approx(-1.0)
    assert curve.step == pytest.approx(0.2)
    assert curve.scores == pytest.approx(scores, abs=0.002)
    assert len(curve.scores) == len(scores)


def test_a_long_one_keeps_its_length_and_its_peak() -> None:
    """Three hours at 5 looks a second."""
    scores = [0.1] * 100 + [0.7] * 30_000 + [0.99] + [0.7] * 24_000 + [0.1] * 100
    curves, events = followed(scores, 5.0)
    assert len(curves._points) <= MOST
    record = curves.ended(events[-1].after)
    assert record is not None
    curve = Curve.read(record.begin, record.step, bytes.fromhex(record.scores))
    assert len(curve.scores) == POINTS
    assert curve.begin + curve.step * POINTS == pytest.approx(10_800, rel=0.03)
    peak = curve.scores.index(max(each for each in curve.scores if each is not None))
    assert curve.begin + curve.step * peak == pytest.approx(6000, rel=0.04)
    assert max(each for each in curve.scores if each is not None) == pytest.approx(0.99, abs=0.003)


def test_where_nothing_was_seen_there_is_no_score() -> None:
    """A second of blindness is a hole, and no 0."""
    scores = [0.8] * 10 + [-1.0] * 6 + [0.8] * 10 + [0.1] * 20
    curves, passages, events = Curves(), Passages(), []
    for index, score in enumerate(scores):
        if score < 0:
            continue
        state = "ship" if score >= 0.5 else "no_ship"
        detection = frame(index / 5, index).model_copy(update={"confidence": score, "state": state})
        curves.add(detection)
        events += passages.add(detection)
        curves.began()
    record = curves.ended(events[-1].after)
    assert record is not None
    assert Curve.read(record.begin, record.step, bytes.fromhex(record.scores)).scores.count(None) in (5, 6)


def test_between_passages_little_is_kept() -> None:
    curves, _ = followed([0.1] * 5000, 5.0)
    assert len(curves._points) <= MOST


def test_nothing_is_known_of_a_passage_before_our_time() -> None:
    curves, events = followed([0.1] * 5 + [0.9] * 20 + [0.1] * 20, 5.0)
    late = events[-1].after.model_copy(update={"start_media": 1000.0 + LEAD_S})
    assert curves.ended(late) is None


def test_a_watch_writes_them(place: str, tmp_path: Path) -> None:
    scores = [0.1] * 5 + [0.9] * 20 + [0.1] * 20
    passages = Passages()
    with StoreSink(place, "lock", tmp_path / "spool.db") as sink:
        for index, score in enumerate(scores):
            state = "ship" if score >= 0.5 else "no_ship"
            detection = frame(index / 5, index).model_copy(update={"confidence": score, "state": state})
            sink.look(detection)
            sink.news(passages.add(detection))
        sink.close(20)
    assert passages.last is not None
    with Reader(place) as reader:
        curve = reader.curve("lock", passages.last.id)
        assert curve is not None
        assert max(each for each in curve.scores if each is not None) == pytest.approx(0.9, abs=0.003)
        assert reader.curve("lock", "none") is reader.curve("none", passages.last.id) is None
