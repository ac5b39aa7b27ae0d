"""`rivereye stream` from end to end, as a process of its own."""

import json
import os
import subprocess
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import cv2
import jsonschema
import numpy as np
import pytest

from stream.looking.detection import Detection
from stream.sinks.annotate import COLOURS
from stream.sinks.videofile import VideoFile
from tests.factories import (
    BRIGHT,
    DARK,
    cut_short,
    decode,
    lines_of,
    patched,
    rippled,
    rivereye,
    write_clip,
    write_corrupt,
    write_pictures,
)

FPS = 10
LEVELS = [DARK] * 5 + [BRIGHT] * 20 + [DARK] * 35 + [BRIGHT - 30] * 8 + [BRIGHT] * 2
"""Two passages: 0.5 s to 2.4 s, and 6.0 s to the end, best seen at 6.8 s."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "north.mp4", LEVELS, FPS)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outputs") / "made" / "for it"


@pytest.fixture(scope="module")
def done(clip: Path, bundle: Path, outputs: Path) -> CompletedProcess[str]:
    """One run with all outputs, which several tests look at."""
    return rivereye(
        *("stream", clip, "--model", bundle, "--output", outputs / "a.jsonl"),
        *("--video", outputs / "a.mp4", "--sheet", outputs / "a.jpg"),
    )


SMALL_SHIP = (192, 103, 320, 240)
"""Fills the last of 2 rows of 3 parts of a frame of 320 x 240, in frames 6 to 15."""


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of a ship too small to be seen in the whole frame."""
    path = tmp_path_factory.mktemp("far") / "far.mp4"
    with VideoFile(path, FPS) as video:
        for index in range(25):
            video.write(patched(SMALL_SHIP, BRIGHT if 6 <= index <= 15 else DARK, (320, 240)), index / FPS)
    return path


def complaint(result: CompletedProcess[str], code: int) -> str:
    """What a run that failed with this code said, in one line."""
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    return " ".join(result.stderr.split())


def test_all_outputs_are_made(done: CompletedProcess[str], outputs: Path) -> None:
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert sorted(path.name for path in outputs.iterdir()) == ["a.jpg", "a.jsonl", "a.mp4"]


def test_there_is_a_line_a_frame_and_it_is_right(done: CompletedProcess[str], outputs: Path) -> None:
    records = lines_of((outputs / "a.jsonl").read_text(encoding="utf-8"))
    assert [each["frame_id"] for each in records] == list(range(len(LEVELS)))
    assert [each["state"] for each in records] == ["ship" if level > 127 else "no_ship" for level in LEVELS]
    assert [each["media_time"] for each in records] == pytest.approx([index / FPS for index in range(len(LEVELS))])
    schema = Detection.model_json_schema(by_alias=True)
    for each in records:
        jsonschema.validate(each, schema)


def test_the_annotated_video_has_every_frame(done: CompletedProcess[str], outputs: Path) -> None:
    frames = decode(outputs / "a.mp4")
    assert len(frames) == len(LEVELS)
    assert frames[0].shape == (48, 64, 3)
    assert frames[10][40, 32].mean() > 127 > frames[30][40, 32].mean()


def test_the_sheet_shows_both_passages(done: CompletedProcess[str], outputs: Path) -> None:
    sheet = np.asarray(cv2.imread(str(outputs / "a.jpg")), np.uint8)
    quarters = [sheet[100:200, each : each + 100].mean() for each in (200, 700)]
    np.testing.assert_allclose(quarters, BRIGHT, atol=20)


def test_people_are_told_the_passages(done: CompletedProcess[str], outputs: Path) -> None:
    rows = [
        [cell.strip() for cell in line.split("\u2502")[1:-1]] for line in done.stderr.splitlines() if "\u2502" in line
    ]
    assert [row[:4] + row[5:] for row in rows] == [
        ["1", "0:00.5", "0:02.4", "1.9 s", "0:00.5"],
        ["2", "0:06.0", "0:06.9", "0.9 s", "0:06.8"],
    ]
    assert "2 passages" in done.stderr
    assert "70 frames of north: 30 ship, 40 no_ship" in done.stderr
    assert "a.jsonl" in "".join(done.stderr.split())


def test_a_path_in_a_message_is_left_in_one_piece(tmp_path: Path, bundle: Path) -> None:
    missing = tmp_path / ("a" * 60) / ("b" * 60) / "missing.mp4"
    result = rivereye("stream", missing, "--model", bundle)
    assert str(missing) in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_the_same_file_gives_the_same_bytes_and_nothing_else_on_standard_output(
    done: CompletedProcess[str], outputs: Path, clip: Path, bundle: Path
) -> None:
    again = rivereye("stream", clip, "--model", bundle, "--batch", "3")
    assert again.returncode == 0
    assert again.stdout == (outputs / "a.jsonl").read_text(encoding="utf-8")


def test_what_is_there_is_kept(tmp_path: Path, clip: Path, bundle: Path) -> None:
    (tmp_path / "a.jsonl").write_text("mine", encoding="utf-8")
    said = complaint(rivereye("stream", clip, "--model", bundle, "--output", tmp_path / "a.jsonl"), 2)
    assert "exists and was kept; give --overwrite" in said
    assert (tmp_path / "a.jsonl").read_text(encoding="utf-8") == "mine"


def test_what_is_there_is_replaced_when_told(tmp_path: Path, clip: Path, bundle: Path) -> None:
    for name in ("a.jsonl", "a.mp4", "a.jpg"):
        (tmp_path / name).write_text("mine", encoding="utf-8")
    result = rivereye(
        *("stream", clip, "--model", bundle, "--overwrite", "--output", tmp_path / "a.jsonl"),
        *("--video", tmp_path / "a.mp4", "--sheet", tmp_path / "a.jpg"),
    )
    assert result.returncode == 0, result.stderr
    assert len(lines_of((tmp_path / "a.jsonl").read_text(encoding="utf-8"))) == len(LEVELS)
    assert len(decode(tmp_path / "a.mp4")) == len(LEVELS)
    assert cv2.imread(str(tmp_path / "a.jpg")) is not None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--output", "north.mp4", "--overwrite"], "north.mp4 is the source itself"),
        (["--video", "folder/../north.mp4", "--overwrite"], "is the source itself"),
        (["--output", "a.jpg", "--sheet", "./a.jpg"], "is named for two outputs"),
        (["--output", "a", "--video", "folder/../a"], "is named for two outputs"),
        (["--output", "file/a.jsonl"], "cannot write file/a.jsonl"),
        (["--video", "file/deep/a.mp4"], "cannot write file/deep/a.mp4"),
        (["--output", "folder"], "it is a folder"),
        (["--video", ".", "--overwrite"], "north.mp4 is the source itself"),
        (["--video", "a.avi", "--output", "early.jsonl"], "give a name that ends in .mp4"),
        (["--sheet", "a.txt", "--output", "early.jsonl"], "give a name that ends in .jpg or .png"),
    ],
)
def test_an_impossible_output_is_told_before_work_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clip: Path, bundle: Path, options: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "north.mp4").write_bytes(clip.read_bytes())
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    assert said in complaint(rivereye("stream", "north.mp4", "--model", bundle, *options), 2)
    assert (tmp_path / "north.mp4").read_bytes() == clip.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder", "north.mp4"]


@pytest.mark.parametrize("wrong", ["source", "model"])
def test_an_old_output_outlives_a_run_that_cannot_begin(tmp_path: Path, clip: Path, bundle: Path, wrong: str) -> None:
    (tmp_path / "a.jsonl").write_text("mine", encoding="utf-8")
    source, model = (tmp_path / "missing", bundle) if wrong == "source" else (clip, tmp_path / "missing")
    result = rivereye("stream", source, "--model", model, "--output", tmp_path / "a.jsonl", "--overwrite")
    assert f"no {'source' if wrong == 'source' else 'model bundle'} at" in complaint(result, 1)
    assert (tmp_path / "a.jsonl").read_text(encoding="utf-8") == "mine"


def test_a_corrupt_picture_is_recorded_and_counted(tmp_path: Path, bundle: Path) -> None:
    folder = write_pictures(tmp_path / "north", [BRIGHT, BRIGHT, DARK])
    write_corrupt(folder / "1.png", "truncated")
    result = rivereye("stream", folder, "--model", bundle, "--video", tmp_path / "a.mp4")
    assert result.returncode == 0, result.stderr
    assert [(each["picture"], each["state"], each["reason"]) for each in lines_of(result.stdout)] == [
        ("0.png", "ship", None),
        ("1.png", "unknown", "corrupt"),
        ("2.png", "no_ship", None),
    ]
    assert "unreadable: 1.png, recorded as unknown" in result.stderr
    assert "3 frames of north: 1 ship, 1 no_ship, 1 unknown" in result.stderr
    assert len(decode(tmp_path / "a.mp4")) == 2


def test_an_old_video_is_not_passed_off_as_new(tmp_path: Path, bundle: Path) -> None:
    """Where no picture can be read there are no frames to write."""
    write_corrupt(write_pictures(tmp_path / "north", [DARK]) / "0.png", "text")
    (tmp_path / "a.mp4").write_text("of last week", encoding="utf-8")
    result = rivereye("stream", tmp_path / "north", "--model", bundle, "--video", tmp_path / "a.mp4", "--overwrite")
    assert result.returncode == 0
    assert not (tmp_path / "a.mp4").exists() or (tmp_path / "a.mp4").read_bytes() != b"of last week"


def test_a_name_that_is_no_unicode_is_recorded(tmp_path: Path, bundle: Path) -> None:
    """As an archive from an old machine leaves them."""
    folder = write_pictures(tmp_path / "north", [DARK, BRIGHT])
    try:
        (folder / "1.png").rename(folder / os.fsdecode(b"sch\xf6n.png"))
    except OSError:
        pytest.skip("this file system takes Unicode names only")
    result = rivereye("stream", folder, "--model", bundle)
    assert result.returncode == 0, result.stderr
    assert [each["state"] for each in lines_of(result.stdout)] == ["no_ship", "ship"]


def test_a_recording_cut_short_is_looked_at_as_far_as_it_goes(tmp_path: Path, clip: Path, bundle: Path) -> None:
    (tmp_path / "cut.mp4").write_bytes(clip.read_bytes())
    result = rivereye("stream", cut_short(tmp_path / "cut.mp4"), "--model", bundle)
    assert result.returncode == 0, result.stderr
    records = lines_of(result.stdout)
    assert 5 <= len(records) < len(LEVELS)
    assert f"{len(records)} frames of cut" in result.stderr


def test_a_broken_model_is_told(tmp_path: Path, clip: Path, bundle: Path) -> None:
    (tmp_path / "bundle").mkdir()
    for path in bundle.iterdir():
        (tmp_path / "bundle" / path.name).write_bytes(path.read_bytes())
    card = json.loads((bundle / "card.json").read_text(encoding="utf-8"))
    card["precisions"]["fp32"]["sha256"] = "0" * 64
    (tmp_path / "bundle" / "card.json").write_text(json.dumps(card), encoding="utf-8")
    said = complaint(rivereye("stream", clip, "--model", tmp_path / "bundle"), 1)
    assert "is not the file its card describes" in said


def test_a_small_ship_is_found_in_parts_of_the_frame(tmp_path: Path, far: Path, bundle: Path) -> None:
    result = rivereye(
        *("stream", far, "--model", bundle, "--views", "2x3", "--output", tmp_path / "a.jsonl"),
        *("--video", tmp_path / "a.mp4", "--sheet", tmp_path / "a.jpg"),
    )
    assert result.returncode == 0, result.stderr
    records = lines_of((tmp_path / "a.jsonl").read_text(encoding="utf-8"))
    assert [each["frame_id"] for each in records if each["state"] == "ship"] == list(range(6, 16))
    schema = Detection.model_json_schema(by_alias=True)
    for each in records:
        jsonschema.validate(each, schema)
        assert len(each["views"]) == 7
        assert each["views"][0]["box"] == [0, 0, 320, 240]
        assert each["confidence"] == max(view["confidence"] for view in each["views"])
        if each["state"] == "ship":
            sure = [tuple(view["box"]) for view in each["views"] if view["confidence"] >= 0.5]
            assert sure == [SMALL_SHIP]
    assert "25 frames of far: 10 ship, 15 no_ship" in result.stderr
    assert "1 passage" in result.stderr
    frames = decode(tmp_path / "a.mp4")
    assert len(frames) == 25
    left, top, right, bottom = SMALL_SHIP
    for side in (frames[10][top:bottom, left], frames[10][bottom - 1, left:right]):
        assert abs(side.mean(axis=0) - COLOURS["ship"]).max() < 40
    assert frames[10][30:, : left - 20].max() < 60
    assert frames[20][30:].max() < 60


def test_the_threshold_decides(clip: Path, bundle: Path) -> None:
    """A number, or an aim of the model; what the network says stays the same."""
    by_itself, always, never = (
        lines_of(rivereye("stream", clip, "--model", bundle, *options).stdout)
        for options in ((), ("--threshold", "miss<=2%"), ("--threshold", "0.99"))
    )
    assert {each["state"] for each in by_itself} == {"ship", "no_ship"}
    assert {each["state"] for each in always} == {"ship"}
    assert {each["state"] for each in never} == {"no_ship"}
    for name in ("confidence", "frame_id"):
        assert [each[name] for each in by_itself] == [each[name] for each in always] == [each[name] for each in never]


def test_a_threshold_that_is_none(clip: Path, bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    said = complaint(rivereye("stream", clip, "--model", bundle, "--threshold", "high", "--output", out), 2)
    assert "no threshold 'high'" in said
    assert not out.exists()


def test_by_itself_the_whole_frame_is_the_only_view(far: Path, bundle: Path) -> None:
    by_itself = rivereye("stream", far, "--model", bundle)
    named = [rivereye("stream", far, "--model", bundle, "--views", each) for each in ("whole", "1x1")]
    records = lines_of(by_itself.stdout)
    assert {each["state"] for each in records} == {"no_ship"}
    for each in records:
        (view,) = each["views"]
        assert view["box"] == [0, 0, 320, 240]
        assert view["confidence"] == each["confidence"]
    assert [(each.returncode, each.stdout) for each in named] == [(0, by_itself.stdout)] * 2


def test_the_batch_changes_no_byte_where_frames_have_several_views(far: Path, bundle: Path) -> None:
    one, many = (
        rivereye("stream", far, "--model", bundle, "--views", "2x3", "--batch", batch) for batch in ("1", "256")
    )
    assert (one.returncode, many.returncode) == (0, 0)
    assert len(lines_of(one.stdout)) == 25
    assert one.stdout == many.stdout


def test_tiny_and_corrupt_pictures_are_recorded_in_parts_too(tmp_path: Path, bundle: Path) -> None:
    folder = write_pictures(tmp_path / "north", [BRIGHT, DARK, BRIGHT])
    write_corrupt(folder / "1.png", "truncated")
    cv2.imwrite(str(folder / "2.png"), rippled(BRIGHT, 3, 2))
    cv2.imwrite(str(folder / "3.png"), np.full((1, 1, 3), BRIGHT, np.uint8))
    result = rivereye("stream", folder, "--model", bundle, "--views", "8x8", "--video", tmp_path / "a.mp4")
    assert result.returncode == 0, result.stderr
    records = lines_of(result.stdout)
    schema = Detection.model_json_schema(by_alias=True)
    for each in records:
        jsonschema.validate(each, schema)
    assert [(each["state"], len(each["views"])) for each in records] == [
        ("ship", 65),
        ("unknown", 0),
        ("ship", 65),
        ("unknown", 0),
    ]
    assert [each["reason"] for each in records] == [None, "corrupt", None, "no_contrast"]
    assert {tuple(view["box"]) for view in records[2]["views"][1:]} == {
        (x, y, x + 1, y + 1) for x in range(3) for y in range(2)
    }
    assert len(decode(tmp_path / "a.mp4")) == 3


@pytest.mark.parametrize("views", ["", "all", "0x3", "9x9", "-2x3"])
def test_unknown_views_are_told_before_work_begins(tmp_path: Path, clip: Path, bundle: Path, views: str) -> None:
    (tmp_path / "a.jsonl").write_text("mine", encoding="utf-8")
    result = rivereye(
        *("stream", clip, "--model", bundle, f"--views={views}"),
        *("--output", tmp_path / "a.jsonl", "--video", tmp_path / "made" / "a.mp4", "--overwrite"),
    )
    assert f"unknown views {views!r}; give whole, or rows x columns up to 8x8" in complaint(result, 2)
    assert (tmp_path / "a.jsonl").read_text(encoding="utf-8") == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


@pytest.mark.parametrize("batch", ["0", "257"])
def test_an_impossible_batch_is_told(clip: Path, bundle: Path, batch: str) -> None:
    assert "--batch" in complaint(rivereye("stream", clip, "--model", bundle, "--batch", batch), 2)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["--help"], ["train", "export", "stream"]),
        (["stream", "--help"], ["--model", "--output", "--video", "--sheet", "--views", "--batch", "--overwrite"]),
        (["stream", "--help"], ["--config", "--start", "--end", "--stride", "--fps", "--rotate", "--policy", "--gate"]),
        (["stream", "--help"], ["--passages", "--hours", "--csv", "--snapshots", "--retries", "--background"]),
        *(
            (verb, ["PGPASSWORD", "{NAME}"])
            for verb in (["stream", "--help"], ["serve", "--help"], ["store", "check", "--help"])
        ),
        (["replay", "--help"], ["--threshold", "--leave", "--bridge", "--shortest", "--forget", "--passages"]),
        (["adapt", "--help"], ["--out", "--keep", "--every", "--seconds"]),
    ],
)
def test_help(command: list[str], told: list[str]) -> None:
    result = rivereye(*command)
    assert result.returncode == 0
    assert result.stderr == ""
    assert [each for each in told if each not in result.stdout] == []


@pytest.mark.parametrize("command", [["stream"], ["stream", "a.mp4", "--vidio", "b.mp4"]])
def test_a_wrong_command_is_told(command: list[str]) -> None:
    complaint(rivereye(*command), 2)


def test_a_picture_of_the_source_is_never_overwritten(tmp_path: Path, bundle: Path) -> None:
    folder = write_pictures(tmp_path / "north", [DARK, BRIGHT])
    before = (folder / "0.png").read_bytes()
    result = rivereye("stream", folder, "--model", bundle, "--sheet", folder / "0.png", "--overwrite")
    assert "is the source itself, or a picture of it" in complaint(result, 2)
    assert (folder / "0.png").read_bytes() == before


def test_an_empty_name_is_no_source(bundle: Path) -> None:
    assert "no source given" in complaint(rivereye("stream", "", "--model", bundle), 2)


def test_a_recording_that_keeps_less_than_it_promises_is_told(tmp_path: Path, clip: Path, bundle: Path) -> None:
    (tmp_path / "cut.mp4").write_bytes(clip.read_bytes())
    result = rivereye("stream", cut_short(tmp_path / "cut.mp4"), "--model", bundle)
    assert f"of the {len(LEVELS)} frames its header promises" in result.stderr


# Which frames.


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--start", "0.5"), range(5, 70)),
        (("--end", "0.5"), range(5)),
        (("--start", "0.5", "--end", "2.5"), range(5, 25)),
        (("--stride", "7"), range(0, 70, 7)),
        (("--stride", "7", "--start", "0.3"), range(3, 70, 7)),
        (("--fps", "5"), range(0, 70, 2)),
        (("--fps", "1", "--start", "2", "--end", "5"), range(20, 50, 10)),
    ],
)
def test_frames_are_chosen_by_their_times(clip: Path, bundle: Path, options: tuple[str, ...], expected: range) -> None:
    """They keep numbers and times; what was left out is counted."""
    result = rivereye("stream", clip, "--model", bundle, *options)
    assert result.returncode == 0, result.stderr
    records = lines_of(result.stdout)
    assert [each["frame_id"] for each in records] == list(expected)
    assert [each["media_time"] for each in records] == pytest.approx([index / FPS for index in expected])
    assert f"{len(expected)} frames of north: " in result.stderr
    assert "header promises" not in result.stderr


def test_a_stretch_that_holds_nothing_is_told(clip: Path, bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    for options in (("--start", "5", "--end", "5"), ("--end", "0")):
        said = complaint(rivereye("stream", clip, "--model", bundle, *options, "--output", out), 2)
        assert "--start" in said or "--end" in said or "end 5.0 is not after start 5.0" in said
    assert not out.exists()


def test_a_turned_camera_is_turned_back(clip: Path, bundle: Path) -> None:
    records = lines_of(rivereye("stream", clip, "--model", bundle, "--rotate", "90", "--end", "0.2").stdout)
    assert [each["views"][0]["box"] for each in records] == [[0, 0, 48, 64]] * 2


def test_standard_input(tmp_path: Path, bundle: Path) -> None:
    """As in `cat clip.ts | rivereye stream -`."""
    clip = write_clip(tmp_path / "north.ts", LEVELS, FPS, container="mpegts")
    with subprocess.Popen(["cat", str(clip)], stdout=subprocess.PIPE) as cat:
        assert cat.stdout is not None
        result = rivereye("stream", "-", "--model", bundle, stdin=cat.stdout)  # type: ignore[arg-type]
    assert result.returncode == 0, result.stderr
    records = lines_of(result.stdout)
    assert [each["state"] for each in records] == ["ship" if level > 127 else "no_ship" for level in LEVELS]
    assert {(each["camera"], each["clock"], each["time"]) for each in records} == {("stdin", "media", None)}
    assert "header promises" not in result.stderr


def test_the_test_pattern_ends_when_told(tmp_path: Path) -> None:
    """With the released model; live, so that times are those of arrival."""
    result = rivereye("stream", "test", "--end", "2", "--output", tmp_path / "a.jsonl", "--hours", tmp_path / "h.jsonl")
    assert result.returncode == 0, result.stderr
    records = lines_of((tmp_path / "a.jsonl").read_text(encoding="utf-8"))
    assert records
    assert all(each["time"] is not None and each["clock"] == "arrival" for each in records)
    assert "test: connected (decoder: none)" in result.stderr
    assert "of test: " in result.stderr


def test_of_recordings_every_frame_or_the_newest(clip: Path, bundle: Path) -> None:
    every = lines_of(rivereye("stream", clip, "--model", bundle, "--policy", "every").stdout)
    assert len(every) == len(LEVELS)
    newest = rivereye("stream", clip, "--model", bundle, "--policy", "latest")
    assert newest.returncode == 0
    assert lines_of(newest.stdout)[-1]["frame_id"] == len(LEVELS) - 1


# All outputs.


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory, bundle: Path) -> Path:
    """A folder with what two recordings left in every place there is."""
    folder = tmp_path_factory.mktemp("everything")
    clips = [write_clip(folder / f"{name}.mp4", levels, FPS) for name, levels in TWO.items()]
    result = rivereye(
        "stream",
        *clips,
        *("--model", bundle, "--output", folder / "a.jsonl", "--passages", folder / "p.jsonl"),
        *("--hours", folder / "h.jsonl", "--csv", folder / "a.csv", "--snapshots", folder / "best"),
        *("--video", folder / "videos", "--sheet", folder / "sheet.png"),
    )
    assert result.returncode == 0, result.stderr
    (folder / "said").write_text(result.stderr, encoding="utf-8")
    return folder


TWO = {"north": LEVELS, "south": [DARK] * 20 + [BRIGHT] * 15 + [DARK] * 30}


def records_in(path: Path, camera: str) -> list[dict[str, Any]]:
    return [each for each in lines_of(path.read_text(encoding="utf-8")) if each["camera"] == camera]


def test_two_recordings_have_the_records_of_each_alone(everything: Path, bundle: Path) -> None:
    for name in TWO:
        alone = rivereye("stream", everything / f"{name}.mp4", "--model", bundle).stdout
        assert records_in(everything / "a.jsonl", name) == lines_of(alone)


def test_two_recordings_have_their_passages_and_hours(everything: Path) -> None:
    events = lines_of((everything / "p.jsonl").read_text(encoding="utf-8"))
    ends = [(each["after"]["camera"], each["after"]["start_time"]) for each in events if each["type"] == "end"]
    assert sorted(ends) == [("north", 0.5), ("north", 6.0), ("south", 2.0)]
    for name, seconds, ship, passages in (("north", 6.9, 2.9, 2), ("south", 6.4, 1.5, 1)):
        (hour,) = records_in(everything / "h.jsonl", name)
        assert (hour["seconds"], hour["ship_s"], hour["passages"]) == pytest.approx((seconds, ship, passages))
        assert (hour["hour"], hour["coverage"], hour["unknown"]) == ("0", 1, {})


def test_each_recording_has_its_video_in_the_folder(everything: Path) -> None:
    assert sorted(path.name for path in (everything / "videos").iterdir()) == ["north.mp4", "south.mp4"]
    for name, levels in TWO.items():
        frames = decode(everything / "videos" / f"{name}.mp4")
        assert len(frames) == len(levels)
        assert [frame[40].mean() > 127 for frame in frames] == [level > 127 for level in levels]


def test_each_passage_has_its_best_frame(everything: Path) -> None:
    events = lines_of((everything / "p.jsonl").read_text(encoding="utf-8"))
    passages = [each["after"] for each in events if each["type"] == "end"]
    assert len(passages) == 3
    for each in passages:
        picture = cv2.imread(str(everything / "best" / each["camera"] / f"{each['id']}.jpg"))
        assert picture is not None
        assert picture.mean() == pytest.approx(255 * each["top_score"], abs=4)
        assert each["has_snapshot"]


def test_the_table_has_a_row_a_frame_and_the_sheet_a_cell_a_passage(everything: Path) -> None:
    rows = (everything / "a.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + sum(len(levels) for levels in TWO.values())
    sheet = np.asarray(cv2.imread(str(everything / "sheet.png")), np.uint8)
    assert sheet.shape[1] > 3 * 480


def test_people_are_told_of_both(everything: Path) -> None:
    said = (everything / "said").read_text(encoding="utf-8")
    assert "3 passages" in said
    assert "70 frames of north: 30 ship, 40 no_ship" in said
    assert "65 frames of south: 15 ship, 50 no_ship" in said


def test_one_missing_recording_among_several_is_told_before_anything_is_written(
    tmp_path: Path, clip: Path, bundle: Path
) -> None:
    """One clear message, and not a file."""
    result = rivereye(
        *("stream", clip, tmp_path / "missing.mp4", "--model", bundle, "--output", tmp_path / "a.jsonl"),
        *("--passages", tmp_path / "p.jsonl", "--video", tmp_path / "videos", "--snapshots", tmp_path / "best"),
    )
    assert f"no source at {tmp_path / 'missing.mp4'}" in complaint(result, 1)
    assert len(result.stderr.splitlines()) == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("video", "said"),
    [("a.mp4", "several cameras need a folder for their videos"), ("old", "north.mp4 exists and was kept")],
)
def test_videos_of_several_need_a_folder_that_is_free(
    tmp_path: Path, clip: Path, bundle: Path, video: str, said: str
) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "north.mp4").write_text("mine", encoding="utf-8")
    other = write_clip(tmp_path / "south.mp4", [DARK] * 5)
    result = rivereye("stream", clip, other, "--model", bundle, "--video", tmp_path / video)
    assert said in complaint(result, 2)
    assert (tmp_path / "old" / "north.mp4").read_text(encoding="utf-8") == "mine"


def test_what_shows_nothing_is_unknown_with_its_reason_and_counted(tmp_path: Path, bundle: Path) -> None:
    path = tmp_path / "north.mp4"
    with VideoFile(path, FPS) as video:
        for index in range(60):
            dark, fog = 20 <= index < 30, 40 <= index < 45
            picture = np.full((48, 64, 3), 4 if dark else 180, np.uint8) if dark or fog else rippled(BRIGHT, 64, 48)
            video.write(picture, index / FPS)
    result = rivereye("stream", path, "--model", bundle, "--passages", tmp_path / "p.jsonl")
    assert result.returncode == 0, result.stderr
    reasons = [each["reason"] for each in lines_of(result.stdout)]
    assert reasons == [None] * 20 + ["dark"] * 10 + [None] * 10 + ["no_contrast"] * 5 + [None] * 15
    assert "60 frames of north: 45 ship, 15 unknown" in result.stderr
    assert "coverage 74.6 % (dark 0:01.0, no_contrast 0:00.5)" in result.stderr
    (passage,) = [
        each["after"] for each in lines_of((tmp_path / "p.jsonl").read_text(encoding="utf-8")) if each["type"] == "end"
    ]
    assert (passage["start_time"], passage["end_time"], passage["unseen_s"]) == pytest.approx((0, 5.9, 1.5))


def test_a_live_watch_adds_to_what_is_there(tmp_path: Path, bundle: Path) -> None:
    """And a recording does not, see above."""
    lines = tmp_path / "a.jsonl"
    for number in (1, 2):
        result = rivereye("stream", "test", "--model", bundle, "--end", "1", "--output", lines)
        assert result.returncode == 0, result.stderr
        starts = [each["frame_id"] for each in lines_of(lines.read_text(encoding="utf-8"))].count(0)
        assert starts == number


def test_a_configuration_file_is_as_good_as_options(tmp_path: Path, clip: Path, bundle: Path) -> None:
    file = tmp_path / "rivereye.toml"
    file.write_text(
        f'model = "{bundle}"\n[outputs]\ndetections = "a.jsonl"\n[cameras.north]\nsource = "{clip}"\nstride = 3\n',
        encoding="utf-8",
    )
    result = rivereye("stream", "--config", file)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "a.jsonl").read_text(encoding="utf-8") == rivereye(
        "stream", clip, "--model", bundle, "--stride", "3"
    ).stdout
