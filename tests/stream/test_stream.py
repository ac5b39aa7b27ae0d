"""`rivereye stream` from end to end, as a process of its own."""

import json
import os
from pathlib import Path
from subprocess import CompletedProcess

import cv2
import jsonschema
import numpy as np
import pytest

from stream.annotate import COLOURS
from stream.detection import Detection
from stream.videofile import VideoFile
from tests.factories import (
    BRIGHT,
    DARK,
    cut_short,
    decode,
    lines_of,
    patched,
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
    np.testing.assert_allclose(quarters, BRIGHT, atol=6)


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
        (["--video", "folder"], "it is a folder"),
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
        assert each["views"] == [{"box": [0, 0, 320, 240], "confidence": each["confidence"]}]
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
    cv2.imwrite(str(folder / "2.png"), np.full((1, 1, 3), BRIGHT, np.uint8))
    result = rivereye("stream", folder, "--model", bundle, "--views", "8x8", "--video", tmp_path / "a.mp4")
    assert result.returncode == 0, result.stderr
    records = lines_of(result.stdout)
    schema = Detection.model_json_schema(by_alias=True)
    for each in records:
        jsonschema.validate(each, schema)
    assert [(each["state"], len(each["views"])) for each in records] == [("ship", 65), ("unknown", 0), ("ship", 65)]
    assert {tuple(view["box"]) for view in records[2]["views"]} == {(0, 0, 1, 1)}
    assert len(decode(tmp_path / "a.mp4")) == 2


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
    assert "no source given" in complaint(rivereye("stream", "", "--model", bundle), 1)


def test_a_recording_that_keeps_less_than_it_promises_is_told(tmp_path: Path, clip: Path, bundle: Path) -> None:
    (tmp_path / "cut.mp4").write_bytes(clip.read_bytes())
    result = rivereye("stream", cut_short(tmp_path / "cut.mp4"), "--model", bundle)
    assert f"of the {len(LEVELS)} frames its header promises" in result.stderr
