"""Outputs that fail while they are written."""

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories import BRIGHT, COMMAND, DARK, lines_of, rivereye, start, write_clip
from tests.faults.watching import watching

pytestmark = pytest.mark.timeout(120)
FULL = Path("/dev/full")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 frames: the encoder holds dozens back, and must come to write while frames still arrive."""
    return write_clip(tmp_path_factory.mktemp("clip") / "north.mp4", [BRIGHT, DARK] * 100, size=(160, 120))


@pytest.mark.parametrize("lines", [0, 1, 100])
def test_a_reader_that_has_seen_enough_is_no_error(clip: Path, bundle: Path, lines: int) -> None:
    """As in `rivereye stream north.mp4 | head -1`."""
    with start("stream", clip, "--model", bundle) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        read = [process.stdout.readline() for _ in range(lines)]
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(60) == 0, said
    assert [each["frame_id"] for each in lines_of("".join(read))] == list(range(lines))
    for noise in ("Traceback", "Exception", "rror", "Broken pipe"):
        assert noise not in said


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(("option", "name"), [("--output", "a.jsonl"), ("--video", "a.mp4")])
def test_a_full_disk_is_told(clip: Path, bundle: Path, option: str, name: str, tmp_path: Path) -> None:
    (tmp_path / name).symlink_to(FULL)
    result = rivereye("stream", clip, "--model", bundle, option, tmp_path / name, "--overwrite")
    assert result.returncode == 2, result.stderr
    assert f"rivereye: cannot write {tmp_path / name}: No space left on device" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_a_full_disk_behind_standard_output_is_told(clip: Path, bundle: Path) -> None:
    with FULL.open("wb") as full, start("stream", clip, "--model", bundle, stdout=full) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 2, said
    assert "cannot write" in said
    assert "No space left on device" in said
    assert "Traceback" not in said
    assert "Exception ignored" not in said


@pytest.mark.parametrize(
    ("option", "name", "limit"),
    [
        pytest.param("--output", "a.jsonl", 20_000, id="lines"),
        pytest.param("--video", "a.mp4", 1500, id="video"),
        pytest.param("--video", "a.mp4", None, id="end of video"),
        pytest.param("--sheet", "a.jpg", 2000, id="sheet"),
    ],
)
def test_a_disk_that_fills_up_is_told(
    clip: Path, bundle: Path, tmp_path: Path, option: str, name: str, limit: int | None
) -> None:
    """Above all it is no success: a recording of which the end is missing says nothing of what was there to see."""
    command: list[str | Path] = ["stream", clip, "--model", bundle, option, tmp_path / name]
    if limit is None:
        assert rivereye(*command).returncode == 0
        limit = (tmp_path / name).stat().st_size - 20
        (tmp_path / name).unlink()
    with start(*command, limit=limit, stdout=subprocess.DEVNULL) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 2, said
    assert f"rivereye: cannot write {tmp_path / name}" in said
    assert "Traceback" not in said
    if option == "--output":
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert lines_of(text[: text.rindex("\n") + 1])


def test_closed_standard_output_is_told(clip: Path, bundle: Path, tmp_path: Path) -> None:
    """As a badly written service starts it: `rivereye stream north.mp4 >&-`."""
    result = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", str(COMMAND), "stream", str(clip), "--model", str(bundle)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr


@pytest.fixture
def usual_umask() -> Iterator[None]:
    """Of most systems: whoever wants less has to say so."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("usual_umask")
def test_what_a_watch_with_a_store_writes_is_not_for_other_users(bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    places = ("--store", folder / "river.db", "--passages", folder / "passages.jsonl")
    with watching("test", "--model", bundle, *places, lines=folder / "a.jsonl") as watch:
        watch.until(lambda: watch.seen("test") > 2, 30, "it watches")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir() if path.is_file()}
        watch.end()
    assert {"river.db", "river.db.spool", "a.jsonl", "passages.jsonl"} <= modes.keys()
    assert {name: mode for name, mode in modes.items() if mode & 0o007} == {}
    assert all(mode & 0o600 == 0o600 for mode in modes.values())


@pytest.mark.usefixtures("usual_umask")
def test_what_is_found_in_a_recording_is_as_readable_as_any_file(clip: Path, bundle: Path, tmp_path: Path) -> None:
    assert rivereye("stream", clip, "--model", bundle, "--output", tmp_path / "a.jsonl").returncode == 0
    assert stat.S_IMODE((tmp_path / "a.jsonl").stat().st_mode) == 0o644
