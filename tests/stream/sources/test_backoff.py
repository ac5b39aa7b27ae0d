from collections.abc import Callable

import pytest

from stream.sources.backoff import JITTER, MOST_S, Backoff


def waits(draw: Callable[[], float], count: int) -> list[float]:
    backoff = Backoff(draw)
    return [backoff.next() for _ in range(count)]


def test_each_wait_is_twice_the_last_up_to_a_minute() -> None:
    assert waits(lambda: 0.5, 9) == [1, 2, 4, 8, 16, 32, 60, 60, 60]


@pytest.mark.parametrize(("drawn", "factor"), [(0.0, 1 - JITTER), (0.5, 1.0), (1.0, 1 + JITTER)])
def test_the_draw_spreads_it(drawn: float, factor: float) -> None:
    assert waits(lambda: drawn, 7) == pytest.approx([factor * each for each in (1, 2, 4, 8, 16, 32, 60)])


def test_many_cameras_do_not_come_at_once() -> None:
    """With draws as they come: 50 cameras behind one switch spread over a second or more."""
    firsts = [Backoff().next() for _ in range(50)]
    assert len(set(firsts)) > 40
    assert all(1 - JITTER <= each <= 1 + JITTER for each in firsts)


def test_it_never_gives_up() -> None:
    """A month of a minute each, and a year: no number grows too large."""
    backoff = Backoff(lambda: 0.5)
    assert {backoff.next() for _ in range(600_000)} == {1, 2, 4, 8, 16, 32, MOST_S}
    assert backoff.failures == 600_000


def test_after_success_it_begins_anew() -> None:
    backoff = Backoff(lambda: 0.5)
    for _ in range(5):
        backoff.next()
    backoff.reset()
    assert backoff.failures == 0
    assert [backoff.next(), backoff.next()] == [1, 2]
