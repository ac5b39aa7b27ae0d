"""What processes take, by real ones."""

import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from stream.bench.usage import cpu_seconds, family, memory_mb

BUSY = "held = bytearray(100 << 20)\nfor at in range(0, len(held), 1 << 12): held[at] = 1\nprint(flush=True)\nwhile True: pass"


@pytest.fixture
def busy() -> Iterator[subprocess.Popen[bytes]]:
    """A child that holds 100 MB, and a core."""
    with subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_children_count_but_for_one(busy: subprocess.Popen[bytes]) -> None:
    assert {psutil.Process().pid, busy.pid} <= {each.pid for each in family(besides=0)}
    assert busy.pid not in {each.pid for each in family(besides=busy.pid)}


def test_what_a_child_takes_counts(busy: subprocess.Popen[bytes]) -> None:
    processes = family(besides=0)
    before = cpu_seconds(processes)
    time.sleep(1)
    after = cpu_seconds(processes)
    assert 0.1 < after[busy.pid] - before[busy.pid] < 1.5
    assert memory_mb(processes) - memory_mb(family(besides=busy.pid)) > 95


def test_who_has_ended_takes_nothing(busy: subprocess.Popen[bytes]) -> None:
    (child,) = (each for each in family(besides=0) if each.pid == busy.pid)
    busy.kill()
    busy.wait()
    assert cpu_seconds([child]) == {}
    assert memory_mb([child]) == 0


def test_where_the_system_does_not_tell_resident_memory_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: psutil.Process) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "memory_full_info", refuse)
    own = psutil.Process()
    assert memory_mb([own]) == pytest.approx(own.memory_info().rss / 2**20, rel=0.05)
