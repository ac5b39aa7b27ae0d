"""`rivereye adapt`: what a camera always shows is learnt, and counts as a ship no more."""

import signal
from pathlib import Path

import pytest

from stream.adapt import _learn
from stream.looking.background import FEWEST, Learner, read_background
from stream.looking.views import Views
from stream.sinks.videofile import VideoFile
from tests.factories import (
    BRIGHT,
    DARK,
    lines_of,
    make_detection,
    patched,
    rivereye,
    start,
    write_corrupt,
    write_pictures,
)
from tests.faults.test_live import camera, transport_stream

pytestmark = pytest.mark.timeout(120)
JETTY, SHIP = (192, 103, 320, 240), (0, 0, 128, 137)
"""The last and the first of 2 rows of 3 parts of a frame of 320 x 240; the ship is in sight in frames 60 to 79."""
FPS = 10


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip in which a bright jetty is always there, and a ship for 2 s."""
    path = tmp_path_factory.mktemp("harbour") / "harbour.mp4"
    with VideoFile(path, FPS) as video:
        for index in range(100):
            picture = patched(JETTY, 150 + index % 2, (320, 240))
            if 60 <= index < 80:
                left, top, right, bottom = SHIP
                picture[top:bottom, left:right] = BRIGHT
            video.write(picture, index / FPS)
    return path


def states(*options: str | Path) -> str:
    done = rivereye("stream", *options, "--views", "2x3")
    assert done.returncode == 0, done.stderr
    return "".join("s" if each["state"] == "ship" else "-" for each in lines_of(done.stdout))


def test_what_is_always_there_counts_no_more_and_a_ship_does(harbour: Path, bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "harbour.json"
    assert states(harbour, "--model", bundle) == "s" * 100
    done = rivereye("adapt", harbour, "--model", bundle, "--views", "2x3", "--every", "0.1", "--out", file)
    assert done.returncode == 0, done.stderr
    assert f"take it with rivereye stream --views 2x3 --background {file}" in " ".join(done.stderr.split())
    assert states(harbour, "--model", bundle, "--background", file) == "-" * 60 + "s" * 20 + "-" * 20
    background = read_background(file)
    assert [view.looks for view in background.views] == [100] * 7
    lowered = [background.lowered(number, 0.5) > 0 for number in range(7)]
    assert lowered == [False] * 6 + [True]


def test_records_say_what_the_network_said(harbour: Path, bundle: Path, tmp_path: Path) -> None:
    rivereye("adapt", harbour, "--model", bundle, "--views", "2x3", "--every", "0.1", "--out", tmp_path / "a.json")
    done = rivereye(
        *("stream", harbour, "--model", bundle, "--views", "2x3", "--background", tmp_path / "a.json", "--end", "1")
    )
    for each in lines_of(done.stdout):
        jetty = each["views"][-1]
        assert jetty["confidence"] < 0.5 < jetty["raw"]
        assert [view["raw"] for view in each["views"][:-1]] == [view["confidence"] for view in each["views"][:-1]]


def test_a_view_can_be_kept_as_it_is(harbour: Path, bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    rivereye(
        *("adapt", harbour, "--model", bundle, "--views", "2x3", "--every", "0.1", "--out", file, "--keep", "6"),
    )
    assert states(harbour, "--model", bundle, "--background", file) == "s" * 100


def test_it_learns_from_records_as_from_the_source(harbour: Path, bundle: Path, tmp_path: Path) -> None:
    """Without looking again: from what `stream` wrote, rotated or not."""
    rivereye("stream", harbour, "--model", bundle, "--views", "2x3", "--output", tmp_path / "all.jsonl")
    lines = (tmp_path / "all.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "1.jsonl").write_text("".join(lines[:30]), encoding="utf-8")
    (tmp_path / "2.jsonl").write_text("".join(lines[30:]), encoding="utf-8")
    sources: list[tuple[str | Path, ...]] = [
        (harbour,),
        (tmp_path / "all.jsonl",),
        (tmp_path / "1.jsonl", tmp_path / "2.jsonl"),
    ]
    found = []
    for number, each in enumerate(sources):
        out = tmp_path / f"{number}.json"
        done = rivereye("adapt", *each, "--model", bundle, "--views", "2x3", "--every", "0", "--out", out)
        assert done.returncode == 0, done.stderr
        found.append(read_background(out))
    assert found[0].views[0].looks == 100
    assert [[view.looks for view in each.views] for each in found[1:]] == [[100] * 7] * 2
    for one, *others in zip(*(each.views for each in found), strict=True):
        for other in others:
            assert one.usual == pytest.approx(other.usual, abs=0.051)


def test_what_was_learnt_with_a_background_is_learnt_from_the_bare_answer(
    harbour: Path, bundle: Path, tmp_path: Path
) -> None:
    """Or the second learning would undo the first."""
    for out, options in (("1.json", ()), ("2.json", ("--background", tmp_path / "1.json"))):
        rivereye("stream", harbour, "--model", bundle, "--views", "2x3", *options, "--output", tmp_path / f"{out}l")
        rivereye("adapt", tmp_path / f"{out}l", "--model", bundle, "--views", "2x3", "--out", tmp_path / out)
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()


def test_repeated_answers_are_no_looks() -> None:
    learner = Learner(Views(), "0" * 64)
    detection = make_detection(1.0, 0.9)
    (view,) = detection.views
    repeated = detection.model_copy(update={"views": (view.model_copy(update={"inferred": False}),)})
    for each in (detection, repeated, make_detection(1.0, None)):
        _learn(learner, each, Views(), "0" * 64)
    assert learner.background().views[0].looks == 1


def test_few_looks_say_nothing(bundle: Path, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "north", [BRIGHT] * (FEWEST - 1))
    done = rivereye("adapt", folder, "--model", bundle, "--out", tmp_path / "a.json")
    assert done.returncode == 0, done.stderr
    assert "too few looks" in done.stderr
    assert read_background(tmp_path / "a.json").views[0].usual is None


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["a.jsonl", "b.mp4"], 2, "give one source, or only files of detections"),
        (["several.jsonl"], 2, "north, south are several cameras, and each has a background of its own"),
        (["a.jsonl", "--views", "2x3"], 2, "these detections have 1 views a frame, --views has 7"),
        (["foreign.jsonl"], 2, "these detections are of another model"),
        (["missing.jsonl"], 1, "cannot read missing.jsonl"),
        (["empty.jsonl"], 1, "nothing to learn from in empty.jsonl"),
        (["missing.mp4"], 1, "no source at missing.mp4"),
        (["a.jsonl", "--keep", "9"], 2, "no view '9' to keep as it is; there are 0"),
    ],
)
def test_what_cannot_be_learnt_is_told(
    arguments: list[str], code: int, said: str, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_pictures(Path("north"), [DARK, BRIGHT])
    line = rivereye("stream", "north", "--model", bundle).stdout.splitlines(keepends=True)[0]
    Path("a.jsonl").write_text(line, encoding="utf-8")
    Path("several.jsonl").write_text(line + line.replace('"north"', '"south"'), encoding="utf-8")
    Path("foreign.jsonl").write_text(make_detection(0.0, 0.5).model_dump_json(by_alias=True) + "\n", encoding="utf-8")
    Path("empty.jsonl").touch()
    done = rivereye("adapt", *arguments, "--model", bundle, "--out", "out.json")
    assert done.returncode == code, done.stderr
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not Path("out.json").exists()


def test_blind_frames_teach_nothing(bundle: Path, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "north", [BRIGHT] * 3)
    write_corrupt(folder / "1.png", "text")
    done = rivereye("adapt", folder, "--model", bundle, "--out", tmp_path / "a.json")
    assert done.returncode == 0, done.stderr
    assert read_background(tmp_path / "a.json").views[0].looks == 2


def test_what_is_there_is_kept(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("mine", encoding="utf-8")
    folder = write_pictures(tmp_path / "north", [BRIGHT])
    done = rivereye("adapt", folder, "--model", bundle, "--out", tmp_path / "a.json")
    assert done.returncode == 2
    assert "exists and was kept" in done.stderr
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == "mine"
    assert rivereye("adapt", folder, "--model", bundle, "--out", tmp_path / "a.json", "--overwrite").returncode == 0


def test_seconds_end_the_lesson_at_a_camera(bundle: Path, tmp_path: Path) -> None:
    with camera(transport_stream(tmp_path / "live.ts", 60), 60) as url:
        done = rivereye("adapt", url, "--model", bundle, "--every", "0", "--seconds", "4", "--out", tmp_path / "a.json")
    assert done.returncode == 0, done.stderr
    assert 5 <= read_background(tmp_path / "a.json").views[0].looks <= 45


def test_ctrl_c_keeps_what_was_learnt(bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.json"
    with (
        camera(transport_stream(tmp_path / "live.ts", 60), 60) as url,
        start("adapt", url, "--model", bundle, "--every", "0", "--out", out) as process,
    ):
        assert process.stderr is not None
        with pytest.raises(Exception, match="timed out"):
            process.communicate(timeout=8)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert "interrupted; what was learnt until now is kept" in said
    assert read_background(out).views[0].looks > 0
