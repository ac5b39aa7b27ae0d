from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from stream.passage import Passage
from stream.stills import Stills
from stream.summary import Summary, show_summary


class Recording(Stills):
    timed = True


def shown(summary: Summary, timed: bool = True, files: list[Path] | None = None) -> str:
    source = (Recording if timed else Stills)("north", [])
    text = StringIO()
    show_summary(summary, source, "cpu", files or [], Console(file=text, width=100))
    return text.getvalue()


def test_counts_frames_by_state() -> None:
    summary = Summary(live=False, states=Counter(ship=3, unknown=2), seconds=0.5)
    text = shown(summary, timed=False)
    assert text == "5 frames of north: 3 ship, 2 unknown, 10 frames/s on cpu\n"


def test_no_frames_are_none() -> None:
    assert shown(Summary(live=False)) == "0 frames of north: none\n"


@pytest.mark.parametrize(("count", "title"), [(0, "0 passages"), (1, "1 passage"), (2, "2 passages")])
def test_lists_passages(count: int, title: str) -> None:
    passages = [Passage("north", 60.0 * each, 60.0 * each + 2.5, 0.987, 7, 60.0 * each + 1) for each in range(count)]
    text = shown(Summary(live=False, states=Counter(ship=1), passages=passages))
    assert title in {line.strip() for line in text.splitlines()}
    rows = [
        [cell.strip() for cell in line.split("\u2502")[1:-1]] for line in text.splitlines() if line.startswith("\u2502")
    ]
    expected = [
        ["1", "0:00.0", "0:02.5", "2.5 s", "0.99", "0:01.0"],
        ["2", "1:00.0", "1:02.5", "2.5 s", "0.99", "1:01.0"],
    ]
    assert rows == expected[:count]


def test_still_pictures_have_no_passages() -> None:
    assert "passage" not in shown(Summary(live=False, states=Counter(ship=1)), timed=False)


def test_tells_what_was_dropped_and_that_it_was_interrupted() -> None:
    text = shown(Summary(live=True, states=Counter(ship=1), dropped=4, interrupted=True))
    assert "4 live frames dropped" in text
    assert "interrupted; what was written until now is valid" in text


def test_lists_the_files_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").touch()
    text = shown(Summary(live=False), files=[tmp_path / "a.jsonl", tmp_path / "missing.mp4"])
    assert "a.jsonl" in "".join(text.split())
    assert "missing.mp4" not in text
