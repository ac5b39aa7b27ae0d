"""How far a long work got: a bar on a terminal; in a log, where bars would show at their end only, a line every now and then."""

import time
from collections.abc import Iterable, Iterator, Sized
from datetime import timedelta
from typing import TypeVar

from rich import progress
from rich.console import Console

from models.say import say

EVERY_S = 60.0
"""Between two lines of a log."""
Thing = TypeVar("Thing")


def track(things: Iterable[Thing], description: str, total: int | None = None, *, console: Console) -> Iterator[Thing]:
    """The same things, one after the other.

    Args:
        things: that are worked on.
        description: of the work, beside the bar.
        total: how many there are, where `things` does not know.
        console: where it is shown.
    """
    if total is None and isinstance(things, Sized):
        total = len(things)
    if console.is_terminal:
        yield from progress.track(things, description, total, console=console)
        return
    began = said = time.monotonic()
    number = 0
    for number, thing in enumerate(things, 1):
        yield thing
        if time.monotonic() - said >= EVERY_S:
            said = time.monotonic()
            say(console, f"{description}: {number}{'' if total is None else f' of {total}'}, {_since(began)}")
    say(console, f"{description}: {number} in {_since(began)}")


def _since(began: float) -> str:
    return str(timedelta(seconds=round(time.monotonic() - began)))
