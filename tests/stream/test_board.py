"""What a person sees of a watch while it runs."""

import os
import pty
import re
import subprocess
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from models.bundle import open_bundle
from models.classifier import Classifier
from stream.board import NEVER, Bar, Board, Log, Overview, Row, board_for, phase_of, row_of
from stream.configuration.settings import Settings
from stream.looking.lookout import Lookout
from stream.looking.pipeline import Look
from stream.session import Session
from stream.sinks.sinks import Sinks
from stream.sources.frame import Frame
from stream.sources.source import Source, open_source
from stream.sources.status import Patience
from stream.summary import REASONS
from stream.turns import Turns
from tests.factories import BRIGHT, COMMAND, DARK, make_detection, write_clip, write_corrupt, write_pictures
from tests.stream.test_session import Camera

pytestmark = pytest.mark.timeout(60)


def console(terminal: bool) -> Console:
    return Console(file=StringIO(), width=200, force_terminal=terminal, color_system=None)


def text(shown: Console) -> str:
    assert isinstance(shown.file, StringIO)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.file.getvalue())


@pytest.mark.parametrize(
    ("live", "cameras", "terminal", "kind"),
    [
        (False, 1, True, Bar),
        (False, 1, False, Bar),
        (True, 1, True, Overview),
        (True, 1, False, Log),
        (False, 2, True, Overview),
        (True, 3, False, Log),
    ],
)
def test_there_is_a_board_for_each(live: bool, cameras: int, terminal: bool, kind: type[Any]) -> None:
    assert type(board_for(live, cameras, console(terminal))) is kind


@pytest.fixture
def session(bundle: Path) -> Iterator[Session]:
    settings = Settings.model_validate({"cameras": {"north": {"source": "test"}}})
    with (
        Classifier(open_bundle(str(bundle)), threads=1) as classifier,
        Sinks(settings.outputs, settings.retention, True) as sinks,
    ):
        yield Session(settings, classifier, sinks, True)


def lookout(source: Source, retries: int | None) -> Lookout:
    return Lookout(source.camera, lambda: source, source.live, 0.5, patience=Patience(retries=retries))


def run(session: Session, board: Board, *sources: Source, retries: int | None = 0, seconds: float = 30.0) -> None:
    for source in sources:
        session.add(lookout(source, retries), None)
    until = time.monotonic() + seconds
    with board.shown():
        for looks in session.run():
            board.update(session, looks)
            if time.monotonic() > until:
                break


def test_the_bar_counts_frames_and_names_what_cannot_be_read(session: Session, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "north", [DARK, BRIGHT, DARK])
    write_corrupt(folder / "1.png", "text")
    board = Bar(console(True))
    run(session, board, open_source(str(folder)))
    assert "unreadable: 1.png, recorded as unknown" in text(board.console)
    assert "3/3" in text(board.console)
    assert "no ship" in text(board.console)


def test_the_log_says_each_turn_once(session: Session) -> None:
    board = Log(console(False))
    run(session, board, Camera(30))
    lines = [line for line in text(board.console).splitlines() if line]
    assert [line for line in lines if "ship" not in line] == [
        "live: connected (decoder: none)",
        "live: failed: cable pulled",
    ]


def test_the_log_says_when_it_will_be_tried_again(session: Session) -> None:
    board = Log(console(False))
    run(session, board, Camera(5), retries=None, seconds=0.7)
    assert re.search(r"live: offline: cable pulled; attempt 2 in [01]\.\d s", text(board.console))


def test_the_log_reports_once_a_minute(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream.board.REPORT_S", 0.2)
    board = Log(console(False))
    run(session, board, Camera(100))
    assert re.search(
        r"live: ship  0\.90, \d+\.\d frames/s, last frame 0\.\d s ago, coverage 100\.0 %, \d passages?, \d+ dropped",
        text(board.console),
    )


def test_a_camera_without_a_frame_was_not_seen_never_ago() -> None:
    row = Row("north", "waiting", "", NEVER, "", 0, 0)
    assert row.sentence == "north: waiting, no frame yet, 0 passages, 0 dropped"


def test_a_row_says_how_a_camera_is_doing(session: Session) -> None:
    session.add(lookout(Camera(10), 0), None)
    waiting = row_of(session, "live")
    assert (waiting.camera, waiting.state, waiting.coverage) == ("live", "waiting", "")
    for _ in session.run():
        pass
    row = row_of(session, "live")
    assert (row.camera, row.state, row.coverage, row.passages) == ("live", "ship  0.90", "100.0 %", 0)
    assert re.fullmatch(r"\d+\.\d s", row.age)
    assert row.sentence.endswith(f"coverage 100.0 %, 0 passages, {row.dropped} dropped")
    assert phase_of(session, "live") == "failed: cable pulled"


def test_the_table_has_a_row_a_camera(session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("stream.board.REFRESH_S", 0.05)
    board = Overview(console(True))
    clip = write_clip(tmp_path / "north.mp4", [DARK] * 20)
    run(session, board, Camera(60), open_source(str(clip)))
    shown = text(board.console)
    for each in (
        "camera",
        "cover",
        "connection",
        "live",
        "north",
        "connected (decoder: none)",
        "ship  0.90",
        "ended",
    ):
        assert each in shown


def test_each_turn_is_told_once(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ship comes and goes, the camera goes blind and sees again, and frames are dropped."""
    monkeypatch.setattr("stream.turns.OVERLOAD_S", 0.0)
    session.add(lookout(Camera(0), 0), None)
    post = session.pipeline._posts["live"]
    post.lane.dropped["overload"] = 3
    turns, told = Turns(), []
    states: list[tuple[float, float | None]] = [(0, 0.1), (1, 0.9), (2, 0.9), (6, 0.1), (7, None), (8, None), (9, 0.1)]
    for index, (at, score) in enumerate(states):
        detection = make_detection(at, score, index).model_copy(update={"camera": "live"})
        frame = Frame(index, None, at, arrived=0.0, reason=detection.reason)
        session.watches["live"].follow(detection)
        told += list(turns.of(session, [Look("live", frame, detection)]))
    assert told == [
        f"live: 3 frames dropped in 0 s: {REASONS['overload']}",
        "live: ship in sight since 0:01.0",
        "live: ship gone after 1.0 s, surest 0.90",
        "live: cannot see: corrupt",
        "live: sees again",
    ]


def test_on_a_terminal_there_is_a_table_and_in_a_file_there_are_lines(tmp_path: Path, bundle: Path) -> None:
    """The program itself, on a terminal of its own."""
    command: list[str | Path] = [
        COMMAND,
        "stream",
        "test",
        "--model",
        bundle,
        "--end",
        "3",
        "--output",
        tmp_path / "a.jsonl",
    ]
    leader, follower = pty.openpty()
    with subprocess.Popen(
        command, stderr=follower, stdin=subprocess.DEVNULL, env=os.environ | {"COLUMNS": "160", "TERM": "xterm"}
    ) as process:
        os.close(follower)
        shown = b""
        try:
            while piece := os.read(leader, 4096):
                shown += piece
        except OSError:  # the terminal is gone with the program
            pass
        assert process.wait(30) == 0
    os.close(leader)
    assert "seen/s" in shown.decode()
    plain = subprocess.run([*command, "--overwrite"], capture_output=True, text=True, check=True)
    assert "\x1b" not in plain.stderr
    assert "test: connected (decoder: none)\n" in plain.stderr
