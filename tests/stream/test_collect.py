"""`rivereye collect` from end to end, as a process of its own, and the folder it fills."""

import csv
import json
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from models.bundle import CARD
from models.looks import LOOKS
from models.picture import read_picture
from stream.collect import Tally, sentence
from stream.collection import COLUMNS, TABLE, Collection, group_of
from stream.looking.detection import Detection
from tests.factories import (
    BRIGHT,
    DARK,
    grey,
    make_detection,
    rippled,
    rivereye,
    start,
    write_bundle,
    write_clip,
    write_corrupt,
    write_pictures,
)
from tests.faults.test_live import camera, transport_stream
from tests.pictures import save
from train.groups import Grouping

FPS = 10
LEVELS = [DARK] * 30 + [BRIGHT] * 30 + [110] * 20 + [DARK] * 20
"""At 0 s another scene than none, at 3 s a ship, at 6 s an uncertain and changed one, at 8 s nothing new but a flip to none."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "north.mp4", LEVELS, FPS)


def table(folder: Path) -> list[dict[str, str]]:
    """Every line must be whole."""
    text = (folder / TABLE).read_text(encoding="utf-8")
    assert text.endswith("\n")
    rows = list(csv.reader(text.splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert {len(row) for row in rows} == {len(COLUMNS)}
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows[1:]]


def pictures(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.jpg"))


def of_day(time: str | None) -> Detection:
    return make_detection(1.0, 0.7).model_copy(update={"time": time})


def test_keeps_what_is_worth_it_and_says_why(clip: Path, bundle: Path, tmp_path: Path) -> None:
    result = rivereye("collect", clip, "--model", bundle, "--out", tmp_path / "made" / "for it")
    assert result.returncode == 0, result.stderr
    rows = table(tmp_path / "made" / "for it")
    assert [(row["file"], row["media_time"], row["decided"], row["reasons"]) for row in rows] == [
        ("north_00001.jpg", "0.0", "no_ship", "changed"),
        ("north_00002.jpg", "3.0", "ship", "flipped changed"),
        ("north_00003.jpg", "6.0", "no_ship", "uncertain flipped changed"),
    ]
    assert [row["time"] for row in rows] == [""] * 3
    assert [float(row["probability"]) for row in rows] == pytest.approx([DARK / 255, BRIGHT / 255, 110 / 255], abs=0.02)
    assert pictures(tmp_path / "made" / "for it") == [row["file"] for row in rows]
    said = "10 frames of north looked at, 3 kept: 1 uncertain, 2 flipped, 3 changed (some for several reasons)"
    assert said in result.stderr
    assert f"rivereye label '{tmp_path / 'made' / 'for it'}'" in result.stderr


def test_pictures_are_whole_frames_at_their_own_size(clip: Path, bundle: Path, tmp_path: Path) -> None:
    rivereye("collect", clip, "--model", bundle, "--out", tmp_path)
    picture = read_picture(tmp_path / "north_00002.jpg")
    assert picture.shape == (48, 64, 3)
    np.testing.assert_allclose(picture, rippled(BRIGHT, 64, 48), atol=8)


def test_names_keep_neighbours_together(clip: Path, bundle: Path, tmp_path: Path) -> None:
    rivereye("collect", clip, "--model", bundle, "--out", tmp_path)
    assert {Grouping().of(tmp_path / "ship" / name, tmp_path / "ship") for name in pictures(tmp_path)} == {"north"}


@pytest.mark.parametrize(
    ("name", "time", "group"),
    [
        ("north", None, "north"),
        ("clip_007", None, "clip_007"),
        ("127.0.0.1/north", "2026-03-04T23:59:59.000+00:00", "127.0.0.1-north_2026-03-04"),
        ("camera-0", "2026-03-05T00:00:01.000+00:00", "camera-0_2026-03-05"),
        ("hafen süd", None, "hafen-süd"),
        ("../../etc", None, "etc"),
        ("...", None, "camera"),
        ("x" * 300, None, "x" * 100),
    ],
)
def test_a_name_is_the_clip_or_the_cameras_day(name: str, time: str | None, group: str, tmp_path: Path) -> None:
    assert group_of(name, time) == group
    with Collection(tmp_path, name) as collection:
        file = collection.add(grey(DARK), of_day(time), ("changed",))
    assert file == f"{group}_00001.jpg"
    assert (tmp_path / file).is_file()
    assert Grouping().of(tmp_path / file, tmp_path) == group


def test_every_says_how_often_it_is_looked(clip: Path, bundle: Path, tmp_path: Path) -> None:
    for every, frames in (("2", 5), ("0.5", 20), ("0", 100), ("1000", 1)):
        result = rivereye("collect", clip, "--model", bundle, "--out", tmp_path / every, "--every", every)
        assert f"{frames} frame{'s' if frames > 1 else ''} of north looked at" in result.stderr


def test_the_limit_ends_it(clip: Path, bundle: Path, tmp_path: Path) -> None:
    result = rivereye("collect", clip, "--model", bundle, "--out", tmp_path, "--limit", "2")
    assert result.returncode == 0
    assert "limit reached (--limit takes more)" in result.stderr
    assert len(table(tmp_path)) == len(pictures(tmp_path)) == 2


def test_a_second_run_goes_on_and_keeps_nothing_twice(clip: Path, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    other = write_clip(tmp_path / "elsewhere" / "north.mp4", [DARK] * 20 + [60] * 20, FPS)
    out = tmp_path / "out"
    rivereye("collect", clip, "--model", bundle, "--out", out)
    before = {path.name: path.read_bytes() for path in out.glob("*.jpg")}
    (out / "ship").mkdir()
    (out / "north_00003.jpg").rename(out / "ship" / "north_00003.jpg")  # sorted meanwhile
    (out / "north_00002.jpg").unlink()
    result = rivereye("collect", other, "--model", bundle, "--out", out)
    assert result.returncode == 0, result.stderr
    assert [row["file"] for row in table(out)] == [f"north_{number:05d}.jpg" for number in (1, 2, 3, 4)]
    assert pictures(out) == ["north_00001.jpg", "north_00004.jpg"]
    assert (out / "north_00001.jpg").read_bytes() == before["north_00001.jpg"]
    assert table(out)[-1]["media_time"] == "2.0"
    again = rivereye("collect", other, "--model", bundle, "--out", out)
    assert "4 frames of north looked at, 0 kept; nothing new was worth a label" in again.stderr


def test_numbers_go_on_after_pictures_that_no_table_knows(tmp_path: Path) -> None:
    (tmp_path / ".set-aside").mkdir()
    (tmp_path / ".set-aside" / "north_00041.jpg").touch()
    (tmp_path / "north_00007.jpg").touch()
    (tmp_path / "north_east_00099.jpg").touch()
    with Collection(tmp_path, "north") as collection:
        names = [collection.add(grey(DARK), of_day(None), ("changed",)) for _ in range(2)]
    assert names == ["north_00042.jpg", "north_00043.jpg"]


def test_two_who_collect_into_one_folder_replace_nothing(tmp_path: Path) -> None:
    with Collection(tmp_path, "north") as one, Collection(tmp_path, "north") as other:
        names = [each.add(grey(DARK), of_day(None), ("changed",)) for _ in range(3) for each in (one, other)]
    assert len(set(names)) == 6
    assert [row["file"] for row in table(tmp_path)] == names
    assert pictures(tmp_path) == sorted(names)


def test_a_table_cut_by_a_kill_is_gone_on_with(clip: Path, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / TABLE).write_text(",".join(COLUMNS) + "\nnorth_00004.jpg,12.0,,0.4", encoding="utf-8")
    result = rivereye("collect", clip, "--model", bundle, "--out", tmp_path)
    assert result.returncode == 0, result.stderr
    lines = (tmp_path / TABLE).read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in lines] == ["file"] + [f"north_{n:05d}.jpg" for n in (4, 5, 6, 7)]


def test_what_is_unlike_the_training_is_kept(clip: Path, bundle: Path, tmp_path: Path) -> None:
    """The card says how the training pictures looked; a card that does not is fine."""
    folder = write_bundle(tmp_path / "bundle")
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    assert card["looks"] is None
    card["looks"] = dict.fromkeys(LOOKS, (0, 150))
    (folder / CARD).write_text(json.dumps(card), encoding="utf-8")
    result = rivereye("collect", clip, "--model", folder, "--out", tmp_path / "out")
    assert [row["reasons"] for row in table(tmp_path / "out")] == [
        "changed",
        "flipped changed unlike",
        "uncertain flipped changed",
    ]
    assert "1 unlike" in result.stderr


def test_broken_pictures_are_skipped_and_counted(bundle: Path, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "north", [DARK, BRIGHT, BRIGHT, 110])
    write_corrupt(folder / "1.png", "truncated")
    result = rivereye("collect", folder, "--model", bundle, "--out", tmp_path / "out")
    assert result.returncode == 0, result.stderr
    assert [(row["file"], row["media_time"]) for row in table(tmp_path / "out")] == [
        ("north_00001.jpg", ""),
        ("north_00002.jpg", ""),
        ("north_00003.jpg", ""),
    ]
    assert "4 frames of north looked at (1 of them unreadable, too dark, or otherwise blind), 3 kept" in result.stderr


def test_what_shows_nothing_is_not_kept(bundle: Path, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "north", [BRIGHT])
    save(grey(200), folder / "1.png")
    save(grey(3), folder / "2.png")
    result = rivereye("collect", folder, "--model", bundle, "--out", tmp_path / "out")
    assert pictures(tmp_path / "out") == ["north_00001.jpg"]
    assert "3 frames of north looked at (2 of them unreadable, too dark, or otherwise blind), 1 kept" in result.stderr


@pytest.mark.timeout(120)
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_what_was_kept_outlives_a_signal(bundle: Path, tmp_path: Path, by: signal.Signals) -> None:
    levels = [DARK + 4 * (index % 50) for index in range(4000)]
    long = write_clip(tmp_path / "long.mp4", levels, FPS, size=(320, 240))
    out = tmp_path / "out"
    with start("collect", long, "--model", bundle, "--out", out, "--every", "0", "--limit", "100000") as process:
        while not (out / TABLE).exists() or (out / TABLE).read_bytes().count(b"\n") < 20:
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.send_signal(by)
        _, said = process.communicate(timeout=60)
    rows = table(out)
    assert len(rows) >= 19
    for row in rows:
        assert read_picture(out / row["file"]).shape == (240, 320, 3)
    if by is signal.SIGKILL:
        return
    assert process.returncode == 1
    assert "Traceback" not in said
    assert "interrupted: " in said
    assert f"rivereye label {out}" in said
    assert not [path.name for path in out.iterdir() if path.name.startswith(".")]


@pytest.mark.timeout(120)
def test_a_camera_is_watched_until_ctrl_c(bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with (
        camera(transport_stream(tmp_path / "live.ts", 60), 60) as url,
        start("collect", url, "--model", bundle, "--out", out, "--every", "0.2") as process,
    ):
        deadline = time.monotonic() + 60
        while not pictures(out) and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    (row,) = table(out)
    assert row["file"] == f"127.0.0.1-north_{row['time'][:10]}_00001.jpg"
    assert row["time"].endswith("+00:00")
    assert float(row["media_time"]) >= 0
    assert "of 127.0.0.1-north looked at, 1 kept" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--out", "file"], "cannot collect into file"),
        (["--out", "file/deep"], "cannot collect into file/deep"),
        (["--out", "foreign"], "is no table of `rivereye collect`: its columns are a,b; choose another folder"),
        (["--out", "out", "--every", "inf"], "--every inf is no number of seconds"),
    ],
)
def test_what_cannot_be_done_is_told(
    options: list[str], said: str, clip: Path, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / TABLE).write_text("a,b\n1,2\n", encoding="utf-8")
    result = rivereye("collect", clip, "--model", bundle, *options)
    assert result.returncode == 2, result.stderr
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_folder_is_not_collected_into_itself(bundle: Path, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "north", [DARK, BRIGHT])
    result = rivereye("collect", folder, "--model", bundle, "--out", tmp_path / "north" / ".." / "north")
    assert result.returncode == 2
    assert "is where the source's own pictures lie" in result.stderr
    assert len(list(folder.iterdir())) == 2


@pytest.mark.timeout(120)
def test_a_full_disk_is_told_and_leaves_whole_pictures(bundle: Path, tmp_path: Path) -> None:
    """Of each file no more than so many bytes can be written; a picture of this size needs more."""
    folder = tmp_path / "north"
    folder.mkdir()
    noise = np.random.PCG64(1).random_raw(200 * 200 * 3).astype(np.uint8).reshape(200, 200, 3)
    write_pictures(folder, [DARK])
    save(noise, folder / "1.png")
    with start("collect", folder, "--model", bundle, "--out", tmp_path / "out", limit=10_000) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 2, said
    assert "what was collected until now is kept" in said
    assert "Traceback" not in said
    assert pictures(tmp_path / "out") == [row["file"] for row in table(tmp_path / "out")] == ["north_00001.jpg"]


def test_the_sentence_at_the_end() -> None:
    tally = Tally(live=False, looked=1)
    assert sentence(tally, "north", Path("o")) == "1 frame of north looked at, 0 kept; nothing new was worth a label"
    tally = Tally(live=True, looked=9, kept=2, unreadable=1, interrupted=True)
    tally.reasons.update(["unlike", "uncertain"])
    assert sentence(tally, "north", Path("o")) == (
        "interrupted: 9 frames of north looked at (1 of them unreadable, too dark, or otherwise blind), 2 kept: 1 uncertain, 1 unlike; "
        "now sort them: rivereye label o"
    )
