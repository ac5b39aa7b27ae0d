import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EFBIG, ENOENT, ENOSPC
from pathlib import Path
from threading import Event, Thread

import pytest
from pydantic import BaseModel

from models.errors import OutputError
from stream.sinks.jsonl import JsonLines, LineFile, Sync
from tests.factories import lines_of, make_detection

FULL = Path("/dev/full")


class Record(BaseModel):
    """As long a line for every number below 10."""

    number: int
    text: str = "abc"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


LINE = len(Record(number=1).model_dump_json()) + 1


def numbers(*paths: Path) -> list[int]:
    return [each["number"] for path in paths for each in lines_of(path.read_text(encoding="utf-8"))]


def write_all(lines: JsonLines, items: range) -> None:
    for number in items:
        lines.write(Record(number=number))


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """In this process, a write beyond `size` bytes of a file is cut short, and the next one fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_every_line_is_on_disk_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with JsonLines(str(path)) as lines:
        for index in range(3):
            lines.write(make_detection(index / 10, 0.25, index))
            written = lines_of(path.read_text(encoding="utf-8"))
            assert [each["frame_id"] for each in written] == list(range(index + 1))
    assert written[2]["media_time"] == 0.2
    assert b"\r" not in path.read_bytes()


def test_closing_twice_is_fine_and_no_line_comes_after(tmp_path: Path) -> None:
    lines = JsonLines(str(tmp_path / "a.jsonl"))
    lines.close()
    lines.close()
    with pytest.raises(ValueError, match=r"a\.jsonl is closed"):
        lines.write(Record(number=1))


def test_standard_output_stays_open(capfd: pytest.CaptureFixture[str]) -> None:
    with JsonLines("-", rotate_bytes=1, fsync="line") as lines:
        lines.write(make_detection(0.0, 0.25))
        lines.write(make_detection(0.1, 0.25))
    print("still open")  # noqa: T201 - this is the test
    assert capfd.readouterr().out.endswith('"latency_ms":null}\nstill open\n')


def test_an_impossible_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot write .*a\.jsonl: No such file.*; choose") as caught:
        JsonLines(str(tmp_path / "missing" / "a.jsonl"))
    assert vars(caught.value)["errno"] == ENOENT


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_the_error_carries_its_number() -> None:
    with pytest.raises(OutputError, match="No space left on device") as caught, JsonLines(str(FULL)) as lines:
        lines.write(Record(number=1))
    assert vars(caught.value)["errno"] == ENOSPC


@pytest.mark.parametrize("fsync", ["never", "line"])
def test_what_was_written_in_part_is_taken_back(tmp_path: Path, fsync: Sync) -> None:
    path = tmp_path / "a.jsonl"
    with JsonLines(str(path), fsync=fsync) as lines:
        write_all(lines, range(2))
        with no_file_beyond(2 * LINE + 10):
            for _ in range(3):
                with pytest.raises(OutputError, match="File too large") as caught:
                    lines.write(Record(number=2))
                assert vars(caught.value)["errno"] == EFBIG
                assert path.stat().st_size == 2 * LINE
        write_all(lines, range(2, 4))
    assert numbers(path) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("full", "later", "expected"),
    [
        pytest.param((1, 1), (1, 1, 2), [0, 1, 1, 2], id="the same line again"),
        pytest.param((1, 2, 2), (2, 3), [0, 1, 2, 3], id="another line"),
    ],
)
def test_a_torn_line_on_standard_output_is_finished_first(
    tmp_path: Path, full: tuple[int, ...], later: tuple[int, ...], expected: list[int]
) -> None:
    """A file that the shell opened, and which is not ours to cut."""
    path = tmp_path / "a.jsonl"
    script = f"""
import resource
from models.errors import OutputError
from stream.sinks.jsonl import JsonLines
from tests.stream.sinks.test_jsonl import Record, no_file_beyond
with JsonLines("-") as lines:
    lines.write(Record(number=0))
    with no_file_beyond({LINE + 10}):
        for number in {full}:
            try:
                lines.write(Record(number=number))
            except OutputError as error:
                assert "cannot write standard output: File too large" in str(error)
            else:
                raise AssertionError
    for number in {later}:
        lines.write(Record(number=number))
"""
    with path.open("wb") as out:
        subprocess.run([sys.executable, "-c", script], stdout=out, check=True)
    assert numbers(path) == expected


@pytest.mark.parametrize(
    ("keep", "lines", "expected"),
    [
        pytest.param(3, 3, {"a": [0, 1, 2]}, id="not yet"),
        pytest.param(3, 4, {"a": [3], "a.1": [0, 1, 2]}, id="once"),
        pytest.param(3, 10, {"a": [9], "a.1": [6, 7, 8], "a.2": [3, 4, 5], "a.3": [0, 1, 2]}, id="all kept"),
        pytest.param(2, 10, {"a": [9], "a.1": [6, 7, 8], "a.2": [3, 4, 5]}, id="oldest dropped"),
        pytest.param(1, 9, {"a": [6, 7, 8], "a.1": [3, 4, 5]}, id="one"),
    ],
)
def test_rotation(tmp_path: Path, keep: int, lines: int, expected: dict[str, list[int]]) -> None:
    with JsonLines(str(tmp_path / "a.jsonl"), rotate_bytes=3 * LINE + 5, keep=keep) as target:
        write_all(target, range(lines))
    assert {path.stem: numbers(path) for path in tmp_path.iterdir()} == expected


def test_a_line_longer_than_a_file_may_be_has_one_of_its_own(tmp_path: Path) -> None:
    with JsonLines(str(tmp_path / "a.jsonl"), rotate_bytes=5) as lines:
        write_all(lines, range(3))
    assert [numbers(tmp_path / f"a{number}.jsonl") for number in ("", ".1", ".2")] == [[2], [1], [0]]


def test_rotation_that_keeps_fewer_than_before_drops_the_others_and_nothing_else(tmp_path: Path) -> None:
    for number in (1, 2, 3, 4, 2024):
        (tmp_path / f"a.{number}.jsonl").write_text(f'{{"number":{number}}}\n', encoding="utf-8")
    with JsonLines(str(tmp_path / "a.jsonl"), rotate_bytes=LINE, keep=2) as lines:
        write_all(lines, range(2))
    kept = {path.name: numbers(path) for path in tmp_path.iterdir()}
    assert kept == {"a.jsonl": [1], "a.1.jsonl": [0], "a.2.jsonl": [1], "a.2024.jsonl": [2024]}


def test_rotation_follows_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "a.jsonl").symlink_to(tmp_path / "disk" / "b.jsonl")
    with JsonLines(str(tmp_path / "a.jsonl"), rotate_bytes=LINE) as lines:
        write_all(lines, range(2))
    assert (tmp_path / "a.jsonl").is_symlink()
    assert numbers(tmp_path / "disk" / "b.jsonl", tmp_path / "disk" / "b.1.jsonl") == [1, 0]


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        pytest.param(None, [7], id="no file"),
        pytest.param("", [7], id="empty"),
        pytest.param('{"number":0}\n', [0, 7], id="whole"),
        pytest.param('{"number":0}\n{"numb', [0, 7], id="torn"),
        pytest.param('{"numb', [7], id="nothing but torn"),
        pytest.param('{"number":0}\n' + 4000 * "\0", [0, 7], id="zeros, as a power cut leaves them"),
        pytest.param('{"number":0}\n{"text":"' + 900_000 * "x", [0, 7], id="long and torn"),
    ],
)
def test_it_goes_on_after_what_is_there(tmp_path: Path, there: str | None, expected: list[int]) -> None:
    path = tmp_path / "a.jsonl"
    if there is not None:
        path.write_text(there, encoding="utf-8")
    with JsonLines(str(path), append=True) as lines:
        lines.write(Record(number=7))
    assert numbers(path) == expected


@pytest.mark.parametrize(
    "there",
    [
        pytest.param("camera,frame_id\n", id="table"),
        pytest.param("notes", id="text"),
        pytest.param('{"a":' + 2_000_000 * " ", id="one long line"),
    ],
)
def test_it_does_not_go_on_with_what_is_none_of_its_own(tmp_path: Path, there: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(there, encoding="utf-8")
    with pytest.raises(OutputError, match=r"will not go on with .*a\.jsonl"):
        JsonLines(str(path), append=True)
    assert path.read_text(encoding="utf-8") == there


def test_by_itself_it_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("notes", encoding="utf-8")
    with JsonLines(str(tmp_path / "a.jsonl")) as lines:
        write_all(lines, range(1))
    assert numbers(tmp_path / "a.jsonl") == [0]


def test_kills_leave_one_torn_line_at_most_and_it_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    script = f"""
from itertools import count
from pydantic import BaseModel
from stream.sinks.jsonl import JsonLines
class Record(BaseModel):
    number: int
    text: str
with JsonLines({str(path)!r}, append=True, rotate_bytes=100_000, keep=1000) as lines:
    for number in count():
        lines.write(Record(number=number, text="x" * (number % 1000)))
"""
    for run in range(2):
        before = sum(each.stat().st_size for each in tmp_path.iterdir())
        with subprocess.Popen([sys.executable, "-c", script]) as process:
            while sum(each.stat().st_size for each in tmp_path.iterdir()) < before + 300_000:
                assert process.poll() is None
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
        with path.open("a") as file:
            file.write('{"number":')  # a kill seldom tears a line by itself
        JsonLines(str(path), append=True).close()
        files = [path, *sorted(set(tmp_path.iterdir()) - {path}, key=lambda each: int(each.suffixes[0][1:]))]
        found = numbers(*reversed(files))
        assert found.count(0) == run + 1
        assert [found[at] for at in range(1, len(found)) if found[at] != found[at - 1] + 1] == [0] * run


@pytest.mark.parametrize("change", ["moved", "deleted"])
def test_a_file_that_somebody_takes_away_is_begun_anew(tmp_path: Path, change: str) -> None:
    path = tmp_path / "a.jsonl"
    with JsonLines(str(path)) as lines:
        write_all(lines, range(2))
        if change == "moved":
            path.rename(tmp_path / "b.jsonl")
        else:
            path.unlink()
        write_all(lines, range(2, 4))
    assert numbers(path) == [2, 3]
    if change == "moved":
        assert numbers(tmp_path / "b.jsonl") == [0, 1]


@pytest.mark.parametrize(
    ("fsync", "expected"),
    [
        pytest.param("never", [0, 0, 0, 0, 0], id="never"),
        pytest.param("second", [1, 1, 1, 2, 3], id="second"),
        pytest.param("line", [1, 2, 3, 4, 5], id="line"),
    ],
)
def test_fsync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fsync: Sync, expected: list[int]) -> None:
    """After lines at 0, 0.5, 0.9, 1.2 and 1.3 s, and when the file is closed."""
    forced: list[int] = []
    force = os.fsync

    def counted(descriptor: int) -> None:
        forced.append(os.fstat(descriptor).st_size)
        force(descriptor)

    monkeypatch.setattr(os, "fsync", counted)
    times = [0.0, 0.5, 0.9, 1.2, 1.3]
    clock = Clock()
    counts = []
    with JsonLines(str(tmp_path / "a.jsonl"), fsync=fsync, clock=clock) as lines:
        for clock.now in times:
            lines.write(Record(number=1))
            counts.append(len(forced))
    counts[-1] = min(len(forced), 5)  # closed
    assert counts == expected
    assert forced[-1:] == ([] if fsync == "never" else [5 * LINE])


def test_a_line_that_the_disk_does_not_take_is_not_there_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some disks say only when forced that they are full; the line is then written again."""
    path = tmp_path / "a.jsonl"
    with JsonLines(str(path), fsync="line") as lines:
        write_all(lines, range(1))
        with monkeypatch.context() as patched:

            def full(descriptor: int) -> None:
                raise OSError(ENOSPC, os.strerror(ENOSPC))

            patched.setattr(os, "fsync", full)
            with pytest.raises(OutputError, match="No space left"):
                lines.write(Record(number=1))
            assert numbers(path) == [0]
        write_all(lines, range(1, 3))
    assert numbers(path) == [0, 1, 2]


def test_a_disk_that_never_answers_does_not_keep_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jsonl"
    asked, answer = Event(), Event()

    def hang(descriptor: int) -> None:
        asked.set()
        answer.wait()

    monkeypatch.setattr(os, "fsync", hang)
    lines = JsonLines(str(path), fsync="line")
    thread = Thread(target=write_all, args=(lines, range(1)), daemon=True)
    thread.start()
    assert asked.wait(20)
    closing = Thread(target=lines.close, daemon=True)
    closing.start()
    closing.join(10)
    assert not closing.is_alive()
    assert numbers(path) == [0]
    answer.set()
    thread.join(10)


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    read: list[str] = []
    reader = Thread(target=lambda: read.extend(path.read_text(encoding="utf-8").splitlines()))
    reader.start()
    with LineFile(str(path), b"header\n", fsync="line") as lines:
        lines.write(b"1\n")
        lines.write(b"2\n")
        assert lines.size == 0
    reader.join(20)
    assert read == ["header", "1", "2"]


def test_records_are_written_by_their_aliases(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with JsonLines(str(path)) as lines:
        lines.write(make_detection(0.0, 0.25))
    assert "schema" in json.loads(path.read_text(encoding="utf-8"))
