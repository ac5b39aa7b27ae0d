from collections import Counter
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from stream.configuration.settings import PassageSettings
from stream.following.passage import Passage
from stream.following.watch import Watch
from stream.summary import Summary, Tally, show_summary
from tests.factories import make_detection


def passages_of(scores: Sequence[tuple[float, float]], camera: str = "north") -> list[Passage]:
    watch = Watch(camera, PassageSettings())
    news = [each for time, score in scores for each in watch.follow(make_detection(time, score, camera=camera))]
    return [each.event.after for each in (*news, *watch.finish()) if each.event.type == "end"]


def shown(tallies: Sequence[Tally], files: Sequence[Path] = (), **rest: object) -> str:
    text = StringIO()
    summary = Summary(**({"live": False, "tallies": list(tallies)} | rest))  # type: ignore[arg-type]
    show_summary(summary, "cpu", files, Console(file=text, width=100))
    return text.getvalue()


def rows(text: str) -> list[list[str]]:
    """Of the table."""
    return [
        [cell.strip() for cell in line.split("\u2502")[1:-1]] for line in text.splitlines() if line.startswith("\u2502")
    ]


def tally(camera: str = "north", timed: bool = True, **states: int) -> Tally:
    return Tally(camera, timed, Counter(states), read=sum(states.values()))


def test_counts_frames_by_state() -> None:
    text = shown([tally(timed=False, ship=3, unknown=2)], seconds=0.5)
    assert text == "5 frames of north: 3 ship, 2 unknown, 10 frames/s on cpu\n"


@pytest.mark.parametrize(("count", "said"), [(0, "0 frames of north: none"), (1, "1 frame of north: 1 ship")])
def test_few_frames_are_counted_as_one_says_it(count: int, said: str) -> None:
    assert said in shown([tally(ship=count)])


def test_no_frames_have_no_table() -> None:
    assert shown([tally()]) == "0 frames of north: none\n"


@pytest.mark.parametrize(("count", "title"), [(0, "0 passages"), (1, "1 passage"), (2, "2 passages")])
def test_lists_passages(count: int, title: str) -> None:
    each = tally(ship=1)
    for start in range(count):
        each.passages += passages_of([(60.0 * start, 0.9), (60.0 * start + 1, 0.987), (60.0 * start + 2.5, 0.9)])
    text = shown([each])
    assert title in {line.strip() for line in text.splitlines()}
    expected = [
        ["1", "0:00.0", "0:02.5", "2.5 s", "0.99", "0:01.0"],
        ["2", "1:00.0", "1:02.5", "2.5 s", "0.99", "1:01.0"],
    ]
    assert rows(text) == expected[:count]


def test_passages_of_several_cameras_are_in_one_table_by_time() -> None:
    north, south = tally("north", ship=1), tally("south", no_ship=2)
    north.passages += passages_of([(5.0, 0.9), (6.0, 0.9), (50.0, 0.9), (51.0, 0.9)])
    south.passages += passages_of([(7.0, 0.8), (8.0, 0.8)], "south")
    text = shown([north, south])
    assert [row[:3] for row in rows(text)] == [
        ["1", "north", "0:05.0"],
        ["2", "south", "0:07.0"],
        ["3", "north", "0:50.0"],
    ]
    assert "1 frame of north: 1 ship\n2 frames of south: 2 no_ship\n" in text


def test_still_pictures_have_no_passages() -> None:
    assert "passage" not in shown([tally(timed=False, ship=1)])


def test_every_count_comes_with_its_coverage() -> None:
    watch = Watch("north", PassageSettings())
    for time, score, reason in [(0, 0.1, "dark"), (30, None, "dark"), (90, None, "offline"), (97.5, 0.1, "dark")]:
        watch.follow(make_detection(time, score, reason=reason))  # type: ignore[arg-type]
    watch.follow(make_detection(100, 0.1))
    each = tally(no_ship=3, unknown=2)
    each.hour = watch.coverage.total()
    assert "coverage 32.5 % (dark 1:00.0, offline 0:07.5)" in shown([each])


def test_without_time_nothing_is_said_of_coverage() -> None:
    each = tally(no_ship=1)
    each.hour = Watch("north", PassageSettings()).coverage.total()
    assert "coverage" not in shown([each])


def test_tells_what_was_dropped_and_why() -> None:
    each = tally(ship=1)
    each.read, each.skipped, each.dropped = 13, 3, Counter(overload=4, stale=5, stopped=0)
    text = shown([each], live=True)
    assert "north: 13 frames read = 1 recorded + 3 skipped + 9 dropped (4 overload, 5 stale)\n" in text
    assert "4 frames of north dropped: they came faster than they could be looked at" in text
    assert "5 frames of north dropped: they waited longer than the policy allows" in text
    assert "unaccounted" not in text


def test_a_frame_that_is_missing_in_the_sum_is_told() -> None:
    each = tally(ship=1)
    each.read = 3
    assert "3 frames read = 1 recorded + 0 skipped + 0 dropped + 2 unaccounted for" in shown([each])


def test_what_waited_when_it_was_stopped_is_no_complaint() -> None:
    each = tally(ship=1)
    each.read, each.dropped = 5, Counter(stopped=4)
    assert "frames of north dropped" not in shown([each], live=True, interrupted=True)


@pytest.mark.parametrize(
    ("read", "interrupted", "said"),
    [(60, False, True), (60, True, False), (70, False, False), (71, False, False)],
)
def test_a_header_that_promises_more_is_told(read: int, interrupted: bool, said: bool) -> None:
    """Skipped frames were there, too."""
    each = tally(ship=read - 20)
    each.read, each.skipped, each.promised = read, 20, 70
    text = shown([each], interrupted=interrupted)
    assert (f"only {read} of the 70 frames its header promises could be decoded" in text) is said


def test_tells_that_it_was_interrupted_and_what_failed() -> None:
    each = tally(ship=1)
    each.trouble = "rtsp://***@cam/1 was lost"
    text = shown([each], live=True, interrupted=True)
    assert "north: rtsp://***@cam/1 was lost" in text
    assert "interrupted; what was written until now is valid" in text


def test_tells_what_a_disk_did_not_take() -> None:
    text = shown([tally(ship=1)], left_out={"snapshots": 3})
    assert "snapshots: 3 left out, as the disk was too slow or too full" in text


def test_lists_the_files_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").touch()
    text = shown([], [tmp_path / "a.jsonl", tmp_path / "missing.mp4"])
    assert "a.jsonl" in "".join(text.split())
    assert "missing.mp4" not in text


def test_a_watch_of_months_does_not_grow() -> None:
    each = tally(ship=1)
    (one,) = passages_of([(0.0, 0.9), (1.0, 0.9)])
    for _ in range(5000):
        each.passages.append(one)
    assert len(each.passages) == 1000
