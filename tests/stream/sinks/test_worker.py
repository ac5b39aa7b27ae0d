import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from errno import EACCES, EDQUOT, EIO, ENOSPC
from threading import Event, current_thread
from time import monotonic, sleep

import pytest

from models.errors import OutputError
from stream.sinks.worker import CAPACITY, RETRY_S, Worker

pytestmark = pytest.mark.timeout(60)  # a wrong worker waits for ever


class Disk:
    """Takes items while it has room; `tries` counts those that it had none for."""

    def __init__(self, number: int | None = ENOSPC) -> None:
        self.number = number
        self.room = Event()
        self.written: list[int] = []
        self.tries = 0

    def write(self, item: int) -> None:
        if not self.room.is_set():
            self.tries += 1
            error = OutputError(f"cannot write item {item}")
            if self.number is not None:
                error.errno = self.number  # type: ignore[attr-defined]
            raise error
        self.written.append(item)


def soon(event: Event, seconds: float) -> None:
    """Waits in place of a second; tests have none to spare."""
    event.wait(seconds / 100)


def refuse(item: int) -> None:
    raise OSError(f"no room for {item}")


def put_all(worker: Worker[int], items: int) -> list[bool]:
    return [worker.put(item) for item in range(items)]


def until_troubled(worker: Worker[int]) -> None:
    while worker.troubled is None:
        sleep(0.001)


def test_all_work_is_done_in_order_in_one_other_thread() -> None:
    done: list[tuple[int, str]] = []
    with Worker[int](lambda item: done.append((item, current_thread().name)), "carpenter") as worker:
        assert all(put_all(worker, 100))
    assert done == [(item, "carpenter") for item in range(100)]
    assert (worker.shed, worker.lost, worker.depth) == (0, 0, 0)


def test_a_full_queue_makes_the_caller_wait() -> None:
    go = Event()
    done: list[int] = []

    def work(item: int) -> None:
        go.wait()
        done.append(item)

    with ThreadPoolExecutor(1) as other, Worker[int](work, "slow") as worker:
        filling = other.submit(put_all, worker, CAPACITY + 5)
        with pytest.raises(NotYet):
            filling.result(0.1)
        assert worker.depth == CAPACITY
        go.set()
        assert all(filling.result(20))
    assert done == list(range(CAPACITY + 5))
    assert worker.shed == 0


@pytest.mark.parametrize("capacity", [1, 3])
def test_a_shedding_queue_refuses_and_counts(capacity: int) -> None:
    go = Event()
    done: list[int] = []

    def work(item: int) -> None:
        go.wait()
        done.append(item)

    with Worker[int](work, "slow", capacity, shed=True) as worker:
        assert put_all(worker, 5) == [True] * capacity + [False] * (5 - capacity)
        assert (worker.depth, worker.shed) == (capacity, 5 - capacity)
        go.set()
    assert done == list(range(capacity))
    assert (worker.shed, worker.lost) == (5 - capacity, 0)


def test_close_tells_what_work_raised() -> None:
    worker = Worker(refuse, "clumsy")
    worker.put(1)
    with pytest.raises(OSError, match="no room for 1"):
        worker.close()
    worker.close()
    assert worker.put(2) is False
    assert (worker.lost, worker.shed) == (1, 1)


@pytest.mark.parametrize("shed", [False, True])
def test_put_tells_what_work_raised_and_does_not_wait_for_ever(shed: bool) -> None:
    worker = Worker(refuse, "clumsy", shed=shed)

    def put_for_ever() -> None:
        while True:
            put_all(worker, CAPACITY + 5)

    with pytest.raises(OSError, match="no room for 0"):
        put_for_ever()
    worker.close()


def test_nothing_is_done_after_an_error() -> None:
    done: list[int] = []

    def work(item: int) -> None:
        if item == 2:
            refuse(item)
        done.append(item)

    with pytest.raises(OSError, match="no room for 2"), Worker(work, "clumsy") as worker:
        put_all(worker, 5)
    assert done == [0, 1]


def test_closing_twice_is_fine() -> None:
    done: list[int] = []
    worker = Worker(done.append, "idle")
    worker.put(1)
    worker.close()
    worker.close()
    assert done == [1]


@pytest.mark.parametrize("number", [ENOSPC, EDQUOT, EIO])
def test_patience_tries_the_same_item_again(number: int) -> None:
    disk = Disk(number)
    naps: list[float] = []

    def nap(event: Event, seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 3:
            disk.room.set()

    with Worker(disk.write, "patient", patience=True, wait=nap) as worker:
        put_all(worker, 5)
    assert disk.written == list(range(5))
    assert naps == [RETRY_S] * 3
    assert (worker.shed, worker.lost, worker.troubled) == (0, 0, None)


@pytest.mark.parametrize("number", [EACCES, None])
def test_patience_ends_where_waiting_does_not_help(number: int | None) -> None:
    worker = Worker(Disk(number).write, "patient", patience=True, wait=soon)
    worker.put(1)
    with pytest.raises(OutputError, match="cannot write item 1"):
        worker.close()


def test_without_patience_a_full_disk_is_an_error() -> None:
    worker = Worker(Disk().write, "impatient")
    worker.put(1)
    with pytest.raises(OutputError, match="cannot write item 1"):
        worker.close()


@pytest.mark.parametrize("shed", [False, True])
def test_in_trouble_a_full_queue_refuses_and_nothing_that_was_taken_is_lost(shed: bool) -> None:
    disk = Disk()
    with Worker(disk.write, "patient", 4, shed=shed, patience=True, wait=soon) as worker:
        assert worker.put(0)
        until_troubled(worker)
        assert [worker.put(item) for item in range(1, 7)] == [True] * 3 + [False] * 3
        assert str(worker.troubled) == "cannot write item 0"
        assert (worker.depth, worker.shed, worker.lost) == (4, 3, 0)
        disk.room.set()
    assert disk.written == [0, 1, 2, 3]
    assert (worker.troubled, worker.depth, worker.lost) == (None, 0, 0)


def test_who_waits_for_room_is_refused_once_there_is_trouble() -> None:
    disk, go = Disk(), Event()

    def work(item: int) -> None:
        go.wait()
        disk.write(item)

    with ThreadPoolExecutor(1) as other:
        worker = Worker(work, "patient", 2, patience=True, wait=soon)
        filling = other.submit(put_all, worker, 3)
        with pytest.raises(NotYet):
            filling.result(0.1)
        go.set()
        assert filling.result(20) == [True, True, False]
    disk.room.set()
    worker.close()
    assert disk.written == [0, 1]


def test_close_gives_up_after_its_time_out_and_says_what_is_lost() -> None:
    disk = Disk()
    worker = Worker(disk.write, "patient", patience=True, wait=soon)
    put_all(worker, 3)
    began = monotonic()
    worker.close(0.3)
    assert 0.25 < monotonic() - began < 5
    assert (worker.lost, worker.troubled) == (3, "cannot write item 0")
    sleep(0.1)
    disk.room.set()
    tries = disk.tries
    assert tries < 60, "at the pace of before, but for one at once"
    sleep(0.1)
    assert (disk.written, disk.tries) == ([], tries), "whoever gave up must not find his files written to"
    worker.close()
    assert worker.put(4) is False


def test_close_tries_at_once_instead_of_sitting_the_second_out() -> None:
    disk = Disk()
    worker = Worker(disk.write, "patient", patience=True, wait=lambda event, _: event.wait(50))
    put_all(worker, 3)
    until_troubled(worker)
    disk.room.set()
    worker.close(20)
    assert disk.written == [0, 1, 2]
    assert worker.lost == 0


def test_work_that_never_returns_is_left_behind() -> None:
    for_ever = Event()
    with Worker[int](lambda _: for_ever.wait(), "hung") as worker:
        put_all(worker, 3)
        worker.close(0.1)
        assert worker.lost == 3
    for_ever.set()
    while worker.lost == 3:  # the one that hung is done after all
        sleep(0.001)
    sleep(0.1)
    assert worker.lost == 2


def test_a_program_ends_though_its_worker_hangs() -> None:
    script = """
import time
from stream.sinks.worker import Worker
worker = Worker(time.sleep, "hung")
worker.put(1000)
worker.close(0.1)
print("lost", worker.lost)
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert (result.stdout, result.stderr) == ("lost 1\n", "")
