import math
from itertools import pairwise

import pytest

from models.errors import UsageError
from stream.sources.pace import Pace, Pacer


def taken(pace: Pace, times: list[float | None]) -> list[int]:
    """Numbers of the frames that are looked at, until it says stop."""
    pacer = Pacer(pace)
    found = []
    for index, time in enumerate(times):
        verdict = pacer.judge(time)
        if verdict == "stop":
            break
        if verdict == "take":
            found.append(index)
    return found


def steady(fps: float, seconds: float) -> list[float | None]:
    """As a file gives them: rounded to a millisecond."""
    return [round(index / fps, 3) for index in range(round(fps * seconds))]


@pytest.mark.parametrize(
    ("pace", "expected"),
    [
        (Pace(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (Pace(start=0.3), [3, 4, 5, 6, 7, 8, 9]),
        (Pace(end=0.3), [0, 1, 2]),
        (Pace(start=0.3, end=0.6), [3, 4, 5]),
        (Pace(start=0.25, end=0.65), [3, 4, 5, 6]),
        (Pace(stride=3), [0, 3, 6, 9]),
        (Pace(stride=3, start=0.2), [2, 5, 8]),
        (Pace(stride=3, start=0.2, end=0.8), [2, 5]),
        (Pace(fps=5), [0, 2, 4, 6, 8]),
        (Pace(fps=5, start=0.3), [3, 4, 6, 8]),
        (Pace(fps=100), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (Pace(fps=0.1), [0]),
        (Pace(fps=5, stride=2), [0, 2, 4, 6, 8]),
        (Pace(start=1.0), []),
    ],
)
def test_of_ten_frames_a_second(pace: Pace, expected: list[int]) -> None:
    assert taken(pace, steady(10, 1)) == expected


def test_a_frame_at_the_start_itself_is_in_and_at_the_end_itself_is_out() -> None:
    """Though 0.1 + 0.2 is not 0.3."""
    times: list[float | None] = [0.1, 0.1 + 0.2, 0.7, 0.7 + 0.1]
    assert taken(Pace(start=0.3, end=0.8), times) == [1, 2]


@pytest.mark.parametrize("source", [29.97, 30000 / 1001, 25.0, 23.976, 60.0, 15.0, 7.5])
@pytest.mark.parametrize("fps", [1.0, 2.0, 5.0, 0.5])
def test_other_rates_do_not_drift(source: float, fps: float) -> None:
    """In a minute there are so many looks a second and not one more, each the first frame of its stretch."""
    times = [each for each in steady(source, 60) if each is not None]
    looks = [times[index] for index in taken(Pace(fps=fps), list(times))]
    assert len(looks) == round(60 * fps)
    for number, time in enumerate(looks):
        assert number / fps - 1e-3 <= time < number / fps + 1 / source + 1e-3


@pytest.mark.parametrize("source", [30000 / 1001, 30.0, 25.0, 60.0, 24000 / 1001])
def test_at_its_own_rate_no_frame_is_lost(source: float) -> None:
    """Not even of a file that keeps whole milliseconds."""
    exact: list[float | None] = [index / source for index in range(round(60 * source))]
    for times in (exact, steady(source, 60)):
        assert taken(Pace(fps=float(round(source))), times) == list(range(len(times)))
        assert taken(Pace(fps=source), times) == list(range(len(times)))


def test_uneven_times_are_looked_at_as_often_as_was_said() -> None:
    """A camera that saves space: three frames at once, then none for a while."""
    times: list[float | None] = [0.0, 0.1, 0.2, 2.7, 2.8, 2.9, 3.0, 3.1, 9.9, 10.0]
    assert taken(Pace(fps=1), times) == [0, 3, 6, 8, 9]


def test_a_late_frame_does_not_delay_those_after_it() -> None:
    times: list[float | None] = [0.0, 1.4, 2.0, 3.0]
    assert taken(Pace(fps=1), times) == [0, 1, 2, 3]


def test_looks_are_no_closer_than_frames_and_fill_every_stretch() -> None:
    looks = taken(Pace(fps=3), steady(10, 10))
    assert len(looks) == 30
    assert {later - earlier for earlier, later in pairwise(looks)} == {3, 4}


def test_still_pictures_know_no_time() -> None:
    assert taken(Pace(start=5, end=6, fps=0.1, stride=2), [None] * 5) == [0, 2, 4]


@pytest.mark.parametrize(("start", "end"), [(None, 0.0), (1.0, 1.0), (2.0, 1.0), (None, -1.0)])
def test_what_leaves_nothing_is_told(start: float | None, end: float) -> None:
    with pytest.raises(UsageError, match=f"nothing lies between --start .* and --end {end:g}; the end must be later"):
        Pace(start=start, end=end)


def test_once_it_is_over_it_stays_over() -> None:
    pacer = Pacer(Pace(end=1.0))
    assert [pacer.judge(time) for time in (0.9, 1.0, 5.0, math.inf)] == ["take", "stop", "stop", "stop"]
