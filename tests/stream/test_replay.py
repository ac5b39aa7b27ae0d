"""`rivereye replay`: passages and hours anew from detections on disk."""

from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from models.errors import OutputError, SourceError, UsageError
from stream.configuration.settings import PassageSettings
from stream.looking.detection import Detection
from stream.replay import Places, decided_at, detections_in, replay
from stream.sinks.jsonl import JsonLines
from stream.summary import Summary
from tests.factories import BRIGHT, DARK, lines_of, make_detection, rivereye, write_clip

LEVELS = [DARK] * 5 + [BRIGHT] * 20 + [DARK] * 35 + [BRIGHT - 30] * 8 + [BRIGHT] * 2
USUAL = PassageSettings()


def recorded(path: Path, detections: Sequence[Detection]) -> Path:
    with JsonLines(str(path)) as lines:
        for each in detections:
            lines.write(each)
    return path


def again(
    files: Sequence[Path],
    threshold: float | None = None,
    leave: float | None = None,
    settings: PassageSettings = USUAL,
    places: Places = Places(),  # noqa: B008 - frozen
    overwrite: bool = False,
) -> tuple[Summary, str]:
    text = StringIO()
    summary = replay(files, threshold, leave, settings, places, overwrite, Console(file=text, width=200))
    return summary, text.getvalue()


def scores(*rows: tuple[float, float | None], camera: str = "north") -> list[Detection]:
    return [make_detection(time, score, index, camera=camera) for index, (time, score) in enumerate(rows)]


def lengths(summary: Summary) -> list[float]:
    return [each.length_s for tally in summary.tallies for each in tally.passages]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, bundle: Path) -> Path:
    """A folder with the records of a run of `rivereye stream`."""
    folder = tmp_path_factory.mktemp("run")
    done = rivereye(
        *("stream", write_clip(folder / "north.mp4", LEVELS), "--model", bundle, "--output", folder / "a.jsonl"),
        *("--passages", folder / "passages.jsonl", "--hours", folder / "hours.jsonl"),
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_the_same_settings_give_the_same_bytes(run: Path, tmp_path: Path) -> None:
    done = rivereye(
        *("replay", run / "a.jsonl", "--passages", tmp_path / "passages.jsonl", "--hours", tmp_path / "hours.jsonl")
    )
    assert done.returncode == 0, done.stderr
    for name in ("passages.jsonl", "hours.jsonl"):
        content = (tmp_path / name).read_bytes()
        assert content == (run / name).read_bytes()
        assert content
    assert "70 frames of north: 30 ship, 40 no_ship, coverage 100.0 %" in done.stderr
    assert "2 passages" in done.stderr


@pytest.mark.parametrize(
    ("options", "passages"),
    [
        ((), 2),
        (("--threshold", "0.85"), 1),
        (("--threshold", "0.95"), 0),
        (("--threshold", "0.1"), 1),
        (("--threshold", "0.85", "--leave", "0.7"), 1),
        (("--threshold", "0.85", "--leave", "0.7", "--shortest", "0.1"), 2),
        (("--bridge", "5"), 1),
        (("--shortest", "1.5"), 1),
    ],
)
def test_other_settings_give_other_passages(run: Path, options: tuple[str, ...], passages: int) -> None:
    done = rivereye("replay", run / "a.jsonl", *options)
    assert done.returncode == 0, done.stderr
    assert f"{passages} passage" in done.stderr


def test_the_threshold_decides_states_too(tmp_path: Path) -> None:
    file = recorded(tmp_path / "a.jsonl", scores((0, 0.6), (1, 0.7), (2, 0.8), (3, None)))
    for threshold, ship, no_ship in ((None, 3, 0), (0.7, 2, 1), (0.9, 0, 3)):
        (tally,) = again([file], threshold)[0].tallies
        assert dict(tally.states) == {
            name: n for name, n in (("ship", ship), ("no_ship", no_ship), ("unknown", 1)) if n
        }


def test_a_frame_decided_anew_is_a_whole_record() -> None:
    for score, state in ((0.9, "ship"), (0.7, "ship"), (0.69, "no_ship")):
        detection = decided_at(make_detection(1.0, score), 0.7)
        assert (detection.state, detection.label, detection.threshold) == (state, state, 0.7)
    blind = decided_at(make_detection(1.0, None), 0.7)
    assert (blind.state, blind.label, blind.threshold, blind.reason) == ("unknown", None, 0.7, "corrupt")


def test_several_files_are_one_time(tmp_path: Path) -> None:
    """As they are rotated: a passage may go on in the next one."""
    rows = scores(*((float(second), 0.9) for second in range(10)))
    files = [recorded(tmp_path / f"{number}.jsonl", part) for number, part in enumerate((rows[:4], rows[4:]))]
    assert lengths(again(files)[0]) == [9]


def test_cameras_are_told_apart(tmp_path: Path) -> None:
    north = scores((0, 0.9), (1, 0.9), (2, 0.1))
    south = scores((0, 0.1), (1, 0.9), (9, 0.1), camera="south")
    rows = [each for pair in zip(north, south, strict=True) for each in pair]
    summary, text = again([recorded(tmp_path / "a.jsonl", rows)])
    assert [(tally.camera, tally.frames, len(tally.passages)) for tally in summary.tallies] == [
        ("north", 3, 1),
        ("south", 3, 0),
    ]
    assert "3 frames of south: 1 ship, 2 no_ship" in text


def test_moments_without_a_frame_are_no_frames(tmp_path: Path) -> None:
    rows = [*scores((0, 0.1), (1, 0.1)), make_detection(10, None, None, "offline", time=1.0)]
    (tally,) = again([recorded(tmp_path / "a.jsonl", rows)])[0].tallies
    assert tally.frames == 2
    assert tally.hour is not None
    assert tally.hour.unknown == {"offline": 9}


def test_a_torn_last_line_is_passed_over_and_said(tmp_path: Path) -> None:
    file = recorded(tmp_path / "a.jsonl", scores((0, 0.9), (1, 0.9), (2, 0.9)))
    file.write_bytes(file.read_bytes()[:-10])
    summary, text = again([file])
    assert lengths(summary) == [1]
    assert f"{file}: its last line is torn, and was passed over" in text


def test_what_is_no_detection_is_told_with_its_line(tmp_path: Path) -> None:
    file = recorded(tmp_path / "a.jsonl", scores((0, 0.9)))
    first = file.read_text(encoding="utf-8")
    for line in ("{}", "no JSON", first.strip().replace("detection/2", "detection/1"), ""):
        file.write_text(first + line + "\n", encoding="utf-8")
        with pytest.raises(SourceError, match=r"a\.jsonl, line 2 is no detection of this version: .*rivereye stream"):
            list(detections_in(file, Console(file=StringIO())))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"cannot read .*a\.jsonl: No such file"):
        again([tmp_path / "a.jsonl"])


def test_what_is_there_is_kept_and_what_is_replayed_is_never_written(tmp_path: Path) -> None:
    file = recorded(tmp_path / "a.jsonl", scores((0, 0.9), (1, 0.9)))
    before = file.read_bytes()
    (tmp_path / "old.jsonl").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match=r"old\.jsonl exists and was kept"):
        again([file], places=Places(passages=tmp_path / "old.jsonl"))
    with pytest.raises(UsageError, match="is what is replayed; give another name"):
        again([file], places=Places(hours=tmp_path / "x" / ".." / "a.jsonl"), overwrite=True)
    assert file.read_bytes() == before
    assert (tmp_path / "old.jsonl").read_text(encoding="utf-8") == "mine"
    again([file], places=Places(passages=tmp_path / "old.jsonl"), overwrite=True)
    assert [each["type"] for each in lines_of((tmp_path / "old.jsonl").read_text(encoding="utf-8"))] == ["new", "end"]
