import csv
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models.errors import OutputError
from stream.looking.detection import Detection, View
from stream.sinks.csvfile import COLUMNS, CsvFile
from tests.factories import make_detection

HEADER = "camera,frame_id,media_time,time,state,reason,confidence,class_id,x_min,y_min,x_max,y_max"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, strict=True))


def two_views() -> Detection:
    views = (View(box=(0, 0, 32, 24), confidence=0.2), View(box=(8, 0, 24, 12), confidence=0.75))
    return make_detection(1.5, 0.75, 3).model_copy(update={"views": views})


def unknown(reason: str, **changes: object) -> Detection:
    nothing = {"state": "unknown", "reason": reason, "confidence": None, "label": None, "views": (), "boxes": ()}
    return make_detection(0.5, 0.25).model_copy(update=nothing | changes)


@pytest.mark.parametrize(
    ("detection", "expected"),
    [
        pytest.param(two_views(), "north,3,1.5,,ship,,0.75,1,8,0,24,12", id="the surest view"),
        pytest.param(make_detection(0.1, 0.25), "north,0,0.1,,no_ship,,0.25,0,0,0,32,24", id="no ship"),
        pytest.param(unknown("corrupt", frame_id=2), "north,2,0.5,,unknown,corrupt,,,,,,", id="unknown"),
        pytest.param(
            unknown("offline", frame_id=None, media_time=None, time="2026-01-01T00:00:00.000+00:00"),
            "north,,,2026-01-01T00:00:00.000+00:00,unknown,offline,,,,,,",
            id="no frame",
        ),
        pytest.param(
            make_detection(0.1, 0.25).model_copy(update={"camera": 'lock, "east"'}),
            '"lock, ""east""",0,0.1,,no_ship,,0.25,0,0,0,32,24',
            id="quotes",
        ),
    ],
)
def test_a_line_a_detection(tmp_path: Path, detection: Detection, expected: str) -> None:
    path = tmp_path / "a.csv"
    with CsvFile(path) as table:
        table.write(detection)
        assert path.read_text(encoding="utf-8") == f"{HEADER}\n{expected}\n", "on disk at once"
    assert rows(path)[0]["camera"] == detection.camera


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        pytest.param("", ["3"], id="empty"),
        pytest.param("camera,fra", ["3"], id="torn header"),
        pytest.param(f"{HEADER}\n", ["3"], id="header"),
        pytest.param(f"{HEADER}\nnorth,1,,,unknown,corrupt,,,,,,\n", ["1", "3"], id="whole"),
        pytest.param(f"{HEADER}\nnorth,1,,,unknown,corrupt,,,,,,\nnorth,2,1.", ["1", "3"], id="torn"),
    ],
)
def test_it_goes_on_after_what_is_there(tmp_path: Path, there: str, expected: list[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text(there, encoding="utf-8")
    with CsvFile(path, append=True) as table:
        table.write(two_views())
    assert [row["frame_id"] for row in rows(path)] == expected
    assert path.read_text(encoding="utf-8").count("camera") == 1


def test_it_does_not_go_on_with_another_table(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("file,media_time\n", encoding="utf-8")
    with pytest.raises(OutputError, match=r"will not go on with .*a\.csv"):
        CsvFile(path, append=True)
    assert path.read_text(encoding="utf-8") == "file,media_time\n"


def test_a_table_that_somebody_takes_away_is_begun_anew_with_its_header(tmp_path: Path) -> None:
    with CsvFile(tmp_path / "a.csv") as table:
        table.write(two_views())
        (tmp_path / "a.csv").rename(tmp_path / "b.csv")
        table.write(two_views())
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == (tmp_path / "b.csv").read_text(encoding="utf-8")


def test_a_kill_leaves_a_table_that_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    script = f"""
from itertools import count
from pathlib import Path
from stream.sinks.csvfile import CsvFile
from tests.factories import make_detection
with CsvFile(Path({str(path)!r})) as table:
    for number in count():
        table.write(make_detection(number / 10, 0.75, number))
"""
    with subprocess.Popen([sys.executable, "-c", script]) as process:
        while not path.exists() or path.stat().st_size < 20_000:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    found = rows(path)
    assert [row["frame_id"] for row in found] == [str(number) for number in range(len(found))]
    assert all(tuple(row) == COLUMNS and None not in row.values() for row in found)
