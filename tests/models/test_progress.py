"""How far a long work got."""

from io import StringIO

import pytest
from rich.console import Console

from models.progress import track


@pytest.mark.parametrize("terminal", [True, False])
def test_things_pass_as_they_are(terminal: bool) -> None:
    console = Console(file=StringIO(), force_terminal=terminal, width=80)
    assert list(track((each for each in "abc"), "spelling [b]", 3, console=console)) == ["a", "b", "c"]


def test_a_log_gets_a_line_every_now_and_then_and_one_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(0, 10_000, 25))
    monkeypatch.setattr("models.progress.time.monotonic", lambda: next(now))
    said = StringIO()
    list(track(range(6), "counting [i]", console=Console(file=said)))
    first, *_, last = said.getvalue().splitlines()
    assert first == "counting [i]: 3 of 6, 0:02:05"
    assert last.startswith("counting [i]: 6 in 0:0")
    assert len(said.getvalue().splitlines()) < 6


def test_what_ends_early_says_nothing_of_an_end() -> None:
    said = StringIO()
    for _ in track(range(3), "counting", console=Console(file=said)):
        break
    assert said.getvalue() == ""
