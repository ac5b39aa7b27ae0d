from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet

import pytest

from stream.buffer import Buffer

pytestmark = pytest.mark.timeout(60)  # a wrong buffer waits for ever
SOON, LATE = 0.1, 20.0
"""Seconds: in which a waiting thread must not come back, and in which it must."""


@pytest.fixture
def other() -> Iterator[ThreadPoolExecutor]:
    """One other thread."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def filled(capacity: int, items: str, lossy: bool = False) -> Buffer[str]:
    buffer: Buffer[str] = Buffer(capacity, lossy)
    for item in items:
        assert buffer.put(item)
    return buffer


@pytest.mark.parametrize(
    ("items", "capacity", "kept", "dropped"), [("abc", 3, "abc", 0), ("abcde", 3, "cde", 2), ("ab", 1, "b", 1)]
)
def test_a_lossy_buffer_keeps_the_newest_and_counts_the_others(
    items: str, capacity: int, kept: str, dropped: int
) -> None:
    buffer = filled(capacity, items, lossy=True)
    assert buffer.take(9, full=False) == list(kept)
    assert buffer.dropped == dropped


def test_nothing_is_lost_when_the_taker_is_slow(other: ThreadPoolExecutor) -> None:
    buffer: Buffer[int] = Buffer(2, lossy=False)

    def produce() -> None:
        for number in range(500):
            buffer.put(number)
        buffer.end()

    produced = other.submit(produce)
    taken: list[int] = []
    while batch := buffer.take(3, full=False):
        taken += batch
    produced.result(LATE)
    assert taken == list(range(500))
    assert buffer.dropped == 0


def test_put_waits_for_room(other: ThreadPoolExecutor) -> None:
    buffer = filled(2, "ab")
    waiting = other.submit(buffer.put, "c")
    with pytest.raises(NotYet):
        waiting.result(SOON)
    assert buffer.take(1, full=False) == ["a"]
    assert waiting.result(LATE)
    assert buffer.take(9, full=False) == ["b", "c"]


def test_take_waits_for_the_first_item(other: ThreadPoolExecutor) -> None:
    buffer = filled(4, "")
    waiting = other.submit(buffer.take, 3, full=False)
    with pytest.raises(NotYet):
        waiting.result(SOON)
    buffer.put("a")
    assert waiting.result(LATE) == ["a"]


def test_a_full_batch_waits_for_the_last_item(other: ThreadPoolExecutor) -> None:
    buffer = filled(4, "ab")
    waiting = other.submit(buffer.take, 3, full=True)
    with pytest.raises(NotYet):
        waiting.result(SOON)
    buffer.put("c")
    assert waiting.result(LATE) == ["a", "b", "c"]


def test_a_batch_larger_than_the_buffer_is_full_when_the_buffer_is() -> None:
    assert filled(2, "ab").take(9, full=True) == ["a", "b"]


@pytest.mark.parametrize("full", [True, False])
def test_what_is_left_at_the_end_can_be_taken(full: bool) -> None:
    buffer = filled(4, "abc")
    buffer.end()
    assert buffer.take(2, full) == ["a", "b"]
    assert buffer.take(2, full) == ["c"]
    assert buffer.take(2, full) == []
    assert buffer.take(2, full) == []


def test_the_end_wakes_a_taker(other: ThreadPoolExecutor) -> None:
    buffer = filled(4, "a")
    waiting = other.submit(buffer.take, 3, full=True)
    with pytest.raises(NotYet):
        waiting.result(SOON)
    buffer.end()
    assert waiting.result(LATE) == ["a"]


def test_the_end_wakes_a_waiting_producer(other: ThreadPoolExecutor) -> None:
    buffer = filled(1, "a")
    waiting = other.submit(buffer.put, "b")
    with pytest.raises(NotYet):
        waiting.result(SOON)
    buffer.end()
    assert not waiting.result(LATE)
    assert buffer.take(9, full=False) == ["a"]


def test_an_error_comes_after_the_items_before_it() -> None:
    buffer = filled(4, "abc")
    buffer.end(OSError("cable pulled"))
    assert buffer.take(2, full=True) == ["a", "b"]
    assert buffer.take(2, full=True) == ["c"]
    with pytest.raises(OSError, match="cable pulled"):
        buffer.take(2, full=True)


def test_the_first_error_counts() -> None:
    buffer = filled(4, "")
    buffer.end(OSError("first"))
    buffer.end(OSError("second"))
    buffer.end()
    with pytest.raises(OSError, match="first"):
        buffer.take(1, full=False)


@pytest.mark.parametrize("lossy", [True, False])
def test_after_the_end_nothing_is_added_and_nothing_dropped(lossy: bool) -> None:
    buffer = filled(1, "a", lossy)
    buffer.end()
    assert not buffer.put("b")
    assert buffer.dropped == 0
    assert buffer.take(9, full=False) == ["a"]
