"""Measuring in a process of its own."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from models.errors import DataError, RivereyeError
from stream.bench.apart import apart

Tell = Callable[[str], None]


def good(given: int, tell: Tell) -> tuple[int, int]:
    tell("begun")
    tell("nearly done")
    return os.getpid(), given + 1


def refuses(tell: Tell) -> None:
    raise DataError("no such thing; give another")


def breaks(tell: Tell) -> None:
    raise ZeroDivisionError("by zero\nand more")


def dies(tell: Tell) -> None:
    os._exit(7)


def lingers(folder: Path, tell: Tell) -> None:
    with TemporaryDirectory(dir=folder):
        tell("within")
        time.sleep(60)


def test_whoever_waits_no_longer_ends_it_in_order(tmp_path: Path) -> None:
    """As Ctrl-C does: what it holds is let go, its folder among it."""

    def interrupted(_: str) -> None:
        assert list(tmp_path.iterdir())
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        apart(lingers, tmp_path, tell=interrupted)
    assert not list(tmp_path.iterdir())
    assert time.monotonic() - began < 30


def test_it_is_another_process_that_tells_and_answers() -> None:
    told: list[str] = []
    pid, answer = apart(good, 41, tell=told.append)
    assert (answer, told) == (42, ["begun", "nearly done"])
    assert pid != os.getpid()


@pytest.mark.parametrize(
    ("function", "error", "said"),
    [
        (refuses, DataError, "no such thing; give another"),
        (breaks, RivereyeError, "cannot measure: ZeroDivisionError: by zero$"),
        (dies, RivereyeError, r"the process that measured is gone \(exit code 7\)"),
    ],
)
def test_what_goes_wrong_there_is_told_here(
    function: Callable[[Tell], None], error: type[RivereyeError], said: str
) -> None:
    with pytest.raises(error, match=said):
        apart(function, tell=lambda _: None)
