from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from threading import Event, current_thread

import pytest

from stream.worker import CAPACITY, Worker

pytestmark = pytest.mark.timeout(60)  # a wrong worker waits for ever


def refuse(item: int) -> None:
    raise OSError(f"no room for {item}")


def put_all(worker: Worker[int], items: int) -> None:
    for item in range(items):
        worker.put(item)


def test_all_work_is_done_in_order_in_one_other_thread() -> None:
    done: list[tuple[int, str]] = []
    with Worker[int](lambda item: done.append((item, current_thread().name)), "carpenter") as worker:
        put_all(worker, 100)
    assert done == [(item, "carpenter") for item in range(100)]


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
        go.set()
        filling.result(20)
    assert done == list(range(CAPACITY + 5))


def test_close_tells_what_work_raised() -> None:
    worker = Worker(refuse, "clumsy")
    worker.put(1)
    with pytest.raises(OSError, match="no room for 1"):
        worker.close()
    worker.close()


def test_put_tells_what_work_raised_and_does_not_wait_for_ever() -> None:
    worker = Worker(refuse, "clumsy")
    with pytest.raises(OSError, match="no room for 0"):
        put_all(worker, CAPACITY + 5)
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
