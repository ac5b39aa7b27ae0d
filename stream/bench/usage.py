"""What this process and those that it started take of the machine."""

from collections.abc import Iterable
from contextlib import suppress

import psutil


def family(besides: int | None = None, of: int | None = None) -> list[psutil.Process]:
    """A process, by its number, or this one; with its children and theirs, but for the one with the number `besides`."""
    own = psutil.Process(of)
    return [own, *(each for each in own.children(recursive=True) if each.pid != besides)]


def cpu_seconds(processes: Iterable[psutil.Process]) -> dict[int, float]:
    """Of each that still runs, by its number."""
    found = {}
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            found[each.pid] = times.user + times.system
    return found


def memory_mb(processes: Iterable[psutil.Process]) -> float:
    """Of all that still run; where the system tells, pages that several share count once."""
    return sum(_bytes(each) for each in processes) / 2**20


def _bytes(process: psutil.Process) -> int:
    try:
        whole = process.memory_full_info()
        return int(getattr(whole, "pss", whole.uss))
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
