import pytest

from stream.passage import Passages
from tests.factories import make_detection

Scores = list[tuple[float | None, float | None]]
"""Media time and confidence, a pair a frame."""
Expected = list[tuple[float, float, float, int]]
"""Start, end, top score and best frame, a row a passage."""


def follow(scores: Scores, passages: Passages | None = None) -> Expected:
    passages = passages or Passages()
    for index, (time, score) in enumerate(scores):
        passages.add(make_detection(time, score, index))
    passages.finish()
    return [(each.start, each.end, each.top_score, each.best_frame) for each in passages.ended]


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
    ],
)
def test_passages(scores: Scores, expected: Expected) -> None:
    assert follow(scores) == expected


def test_bridge_and_shortest_can_be_set() -> None:
    scores: Scores = [(0, 0.9), (0.1, 0.9), (0.2, 0.1), (1, 0.9)]
    assert follow(scores, Passages(bridge=0.5, shortest=0)) == [(0, 0.1, 0.9, 0), (1, 1, 0.9, 3)]


def test_says_which_frame_is_the_best_so_far() -> None:
    passages = Passages()
    scores = [(0, 0.1), (1, 0.6), (2, 0.6), (3, 0.7), (4, 0.1), (9, 0.6)]
    assert [passages.add(make_detection(*each)) for each in scores] == [False, True, False, True, False, True]


def test_a_passage_is_open_until_the_bridge_is_passed() -> None:
    passages = Passages()
    for time, score in [(0, 0.9), (1, 0.9), (2, 0.1)]:
        passages.add(make_detection(time, score))
    assert passages.ended == []
    passages.add(make_detection(3.0, 0.1))
    assert passages.ended == []
    passages.add(make_detection(3.5, 0.1))
    assert [each.length for each in passages.ended] == [1.0]
    assert passages.ended[0].camera == "north"


@pytest.mark.parametrize(("scores", "kept"), [([], False), ([(0, 0.9)], False), ([(0, 0.9), (1, 0.9)], True)])
def test_finish_says_whether_a_passage_was_kept(scores: list[tuple[float, float]], kept: bool) -> None:
    passages = Passages()
    for each in scores:
        passages.add(make_detection(*each))
    assert passages.finish() is kept
    assert passages.finish() is False
