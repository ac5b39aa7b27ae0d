"""A process that is stopped in the middle leaves files that can be used."""

import signal
import time
from pathlib import Path

import pytest

from tests.factories import BRIGHT, DARK, decode, lines_of, start, write_clip

pytestmark = pytest.mark.timeout(120)
FPS, FRAMES = 10, 4000
ENOUGH = 200
"""Frames after which the process is stopped; it takes many times longer for all of them."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    levels = [BRIGHT if index // 20 % 2 else DARK for index in range(FRAMES)]
    return write_clip(tmp_path_factory.mktemp("clip") / "north.mp4", levels, FPS, size=(320, 240))


def stop(clip: Path, bundle: Path, folder: Path, by: signal.Signals) -> tuple[int, str]:
    """Starts the command, stops it after `ENOUGH` lines. Returns exit code and standard error."""
    lines = folder / "a.jsonl"
    outputs = ("--output", lines, "--video", folder / "a.mp4", "--sheet", folder / "a.jpg")
    with start("stream", clip, "--model", bundle, *outputs) as process:
        while not lines.exists() or lines.read_bytes().count(b"\n") < ENOUGH:
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.send_signal(by)
        _, said = process.communicate(timeout=60)
    return process.returncode, said


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_its_like_end_it_in_order(clip: Path, bundle: Path, tmp_path: Path, by: signal.Signals) -> None:
    code, said = stop(clip, bundle, tmp_path, by)
    assert code == 1
    assert "Traceback" not in said
    assert "interrupted; what was written until now is valid" in said
    records = lines_of((tmp_path / "a.jsonl").read_text(encoding="utf-8"))
    assert [each["frame_id"] for each in records] == list(range(len(records)))
    assert ENOUGH <= len(records) < FRAMES
    # The signal may fall between a frame's line and its picture.
    assert len(records) - 1 <= len(decode(tmp_path / "a.mp4")) <= len(records)
    assert (tmp_path / "a.jpg").read_bytes().startswith(b"\xff\xd8")


def test_a_kill_loses_the_last_line_at_most_and_little_of_the_video(clip: Path, bundle: Path, tmp_path: Path) -> None:
    code, _ = stop(clip, bundle, tmp_path, signal.SIGKILL)
    assert code == -signal.SIGKILL
    text = (tmp_path / "a.jsonl").read_text(encoding="utf-8")
    records = lines_of(text[: text.rindex("\n") + 1])
    assert ENOUGH <= len(records) < FRAMES
    # A queue of frames, what the encoder holds back, and a fragment.
    assert len(decode(tmp_path / "a.mp4")) >= len(records) - 16 - 4 * FPS
