"""The process from which those that read cameras come."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import psutil
import pytest

from stream.sources.nursery import Nursery
from stream.sources.opening import Opening
from stream.sources.remote import Remote
from tests.factories import BRIGHT, write_clip

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="this system cannot name a process for good"),
]


@pytest.fixture
def nursery(monkeypatch: pytest.MonkeyPatch) -> Iterator[Nursery]:
    """One of its own, which ends with the test."""
    own = Nursery()
    monkeypatch.setattr("stream.sources.remote.NURSERY", own)
    yield own
    if own._begun is not None:
        channel, process = own._begun
        channel.close()
        assert process.wait(10) == 0


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "north.mp4", [BRIGHT] * 10, fps=10)


def frames_of(clip: Path) -> int:
    remote = Remote(str(clip), "north", Opening())
    try:
        return len(list(remote.frames()))
    finally:
        remote.close()


def test_all_readers_come_from_one_process_that_is_no_reader(nursery: Nursery) -> None:
    readers = [nursery.begin() for _ in range(3)]
    parents = {psutil.Process(reader.pid).ppid() for reader in readers}
    (parent,) = parents
    assert psutil.Process(parent).ppid() == os.getpid()
    for reader in readers:
        reader.kill()
        reader.input.close()
        reader.output.close()
    assert not any(psutil.pid_exists(reader.pid) for reader in readers)
    assert psutil.pid_exists(parent)


def test_it_begins_at_once(nursery: Nursery, clip: Path) -> None:
    """A program of its own takes half a second of a core to load what it needs."""
    assert frames_of(clip) == 10
    assert nursery._begun is not None
    own = psutil.Process(nursery._begun[1].pid)
    before = own.cpu_times()
    reader = nursery.begin()
    reader.kill()
    after = own.cpu_times()
    reader.input.close()
    reader.output.close()
    assert after.user + after.system - before.user - before.system < 0.1


def test_where_it_was_killed_it_is_begun_anew(nursery: Nursery, clip: Path) -> None:
    assert frames_of(clip) == 10
    assert nursery._begun is not None
    os.kill(nursery._begun[1].pid, signal.SIGKILL)
    assert frames_of(clip) == 10


def test_a_reader_that_crashes_takes_no_other_with_it(nursery: Nursery) -> None:
    broken, other = nursery.begin(), nursery.begin()
    os.kill(broken.pid, signal.SIGSEGV)
    assert broken.output.read(1) == b""  # it is gone
    broken.kill()
    assert psutil.Process(other.pid).is_running()
    for reader in (broken, other):
        reader.kill()
        reader.input.close()
        reader.output.close()


def test_a_reader_ends_when_nobody_asks_it_any_more(nursery: Nursery) -> None:
    reader = nursery.begin()
    reader.input.close()
    assert reader.output.read(1) == b""
    reader.output.close()
    reader.kill()


def test_killed_twice_by_two(nursery: Nursery) -> None:
    reader = nursery.begin()
    threads = [Thread(target=reader.kill) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    reader.kill()
    assert not psutil.pid_exists(reader.pid)
    reader.input.close()
    reader.output.close()


def test_handles_do_not_grow(nursery: Nursery, clip: Path) -> None:
    assert frames_of(clip) == 10
    assert nursery._begun is not None
    own, theirs = psutil.Process(), psutil.Process(nursery._begun[1].pid)
    before = own.num_fds(), theirs.num_fds()
    for _ in range(10):
        assert frames_of(clip) == 10
    assert (own.num_fds(), theirs.num_fds()) == before


def test_many_cameras_begin_together(nursery: Nursery, clip: Path) -> None:
    counts: list[int] = []
    threads = [Thread(target=lambda: counts.append(frames_of(clip))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert counts == [10] * 8


def test_it_does_not_outlive_this_process(nursery: Nursery) -> None:
    reader = nursery.begin()
    assert nursery._begun is not None
    channel, process = nursery._begun
    channel.close()  # as when this process is killed
    assert process.wait(10) == 0
    nursery._begun = None
    reader.input.close()
    deadline = time.monotonic() + 10
    while psutil.pid_exists(reader.pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    reader.kill()
    reader.output.close()


def test_a_system_that_cannot_do_that(nursery: Nursery, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open")
    assert frames_of(clip) == 10
    assert nursery._begun is None
