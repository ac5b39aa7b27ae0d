from pathlib import Path

import pytest

from models.errors import OutputError
from stream.jsonl import JsonLines
from tests.factories import lines_of, make_detection


def test_every_line_is_on_disk_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with JsonLines(str(path)) as lines:
        for index in range(3):
            lines.write(make_detection(index / 10, 0.25, index))
            written = lines_of(path.read_text(encoding="utf-8"))
            assert [each["frame_id"] for each in written] == list(range(index + 1))
    assert written[2]["media_time"] == 0.2
    assert b"\r" not in path.read_bytes()


def test_closing_twice_is_fine(tmp_path: Path) -> None:
    lines = JsonLines(str(tmp_path / "a.jsonl"))
    lines.close()
    lines.close()


def test_standard_output_stays_open(capfd: pytest.CaptureFixture[str]) -> None:
    with JsonLines("-") as lines:
        lines.write(make_detection(0.0, 0.25))
    print("still open")  # noqa: T201 - this is the test
    assert capfd.readouterr().out.endswith('"latency_ms":null}\nstill open\n')


def test_an_impossible_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot write .*a\.jsonl: No such file"):
        JsonLines(str(tmp_path / "missing" / "a.jsonl"))
