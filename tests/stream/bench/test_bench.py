"""`rivereye bench` as a user calls it: what it writes, what it refuses, and what becomes of what it tuned."""

import json
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import jsonschema
import pytest

from models.errors import DataError
from stream.bench.figure import Selector
from stream.bench.recorded import FLOOR, PIPELINE
from stream.bench.report import BENCH, Report, read_report
from stream.bench.yardstick import KINDS as YARDSTICK
from stream.records import schema
from tests.factories import BRIGHT, DARK, rivereye, start, write_bundle, write_clip, write_picture

FAST = ("--duration", "0.01", "--repeats", "3", "--trials", "3", "--batch", "1", "--batch", "4", "--threads", "1")
EXPECTED = (
    "machine_matmul_gflops",
    "model_fps{provider=cpu,precision=fp32,batch=4,threads=1}",
    "single_stream_p90_ms",
    "multi_stream_p99_ms",
    "offline_fps",
    "server_fps{p99_ms=200}",
    "stage_ms{stage=inference,clip=river}",
    "decode_fps{clip=river}",
    "pipeline_fps{clip=river,gate=off}",
    "pipeline_fps{clip=river,gate=on}",
    "pipeline_to_decode{clip=river,gate=off}",
    "command_first_detection_s{clip=river}",
    "accuracy_percent{precision=fp32}",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip, a model and labelled pictures."""
    place = tmp_path_factory.mktemp("bench")
    write_clip(place / "river.mp4", [90 + 4 * (each % 5) for each in range(25)])
    write_bundle(place / "model")
    for name, level in (("ship", BRIGHT), ("bank", DARK)):
        (place / "data" / name).mkdir(parents=True)
        write_picture(place / "data" / name / "a.png", level)
    return place


@pytest.fixture(scope="module")
def measured(place: Path) -> Path:
    """The folder of a whole benchmark."""
    done = rivereye(
        "bench", place / "model", "--clip", place / "river.mp4", "--data", place / "data", *FAST, "--out", place / "out",
        "--require", "pipeline_fps>0.001", timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for wanted in ("Recorded video, end to end", "The model alone", "What is absent, and why"):
        assert wanted in done.stdout
        assert wanted not in done.stderr
    for wanted in ("measuring: everything in turn", "bench.html"):
        assert wanted in done.stderr
    return place / "out"


def test_everything_is_measured_and_fits_the_published_schema(measured: Path) -> None:
    content = json.loads((measured / BENCH).read_text(encoding="utf-8"))
    jsonschema.validate(content, json.loads(schema("bench")))
    report = read_report(measured)
    for name in EXPECTED:
        (figure,) = Selector.read(name).among(report.figures)
        assert figure.value > 0
        assert figure.low <= figure.value <= figure.high
    assert {each.name for each in report.latencies} == {"single_stream", "multi_stream", "server"}
    (clip,) = report.clips
    assert (clip.frames, clip.fps, clip.made_from_seed) == (25, 10.0, None)
    assert report.accuracy[0].n == 2
    assert report.machine.absent


def test_what_a_machine_lacks_is_absent_with_its_reason(measured: Path) -> None:
    report = read_report(measured)
    for provider in ("cuda", "tensorrt", "openvino"):
        rows = [each for each in report.figures if each.labels.get("provider") == provider]
        assert bool(rows) == (provider in report.machine.providers)
        assert (provider in report.machine.absent) == (provider not in report.machine.providers)


def test_the_page_is_one_file_that_needs_no_network(measured: Path) -> None:
    page = (measured / "bench.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert not [
        word
        for word in ("src=", "http://", "https://", "@import", "<script")
        if word in page.replace("http://www.w3.org", "")
    ]


def test_whoever_has_seen_enough_of_the_table_loses_nothing(place: Path, tmp_path: Path) -> None:
    """As `rivereye bench ... | head -1`."""
    with start(
        "bench", place / "model", "--clip", place / "river.mp4", *FAST[:6], "--batch", "1", "--threads", "1",
        "--only", "pipeline", "--out", tmp_path / "out", "--require", "pipeline_fps>=1e9",
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait(120) == 3  # the limit is judged all the same
    assert "required >= 1e+09" in " ".join(said.split())
    assert read_report(tmp_path / "out").figures
    assert (tmp_path / "out" / "bench.html").is_file()


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (["pipeline_fps>=1e9"], "required >= 1e+09"),
        (["pipeline_fps>=1e9", "decode_fps{clip=river}<0"], "3 limits are not met: pipeline_fps"),
        (["decode_fps<0", "pipeline_fps{gate=on}>=1e9"], "pipeline_fps{clip=river,gate=on} is"),
    ],
)
def test_a_limit_that_is_not_met_is_an_exit_code(place: Path, tmp_path: Path, limits: list[str], said: str) -> None:
    done = rivereye(
        "bench", place / "model", "--clip", place / "river.mp4", *FAST[:6], "--batch", "1", "--threads", "1",
        "--only", "pipeline", "--out", tmp_path / "out", *(word for each in limits for word in ("--require", each)), timeout=300,
    )  # fmt: skip
    assert done.returncode == 3
    assert said in " ".join(done.stderr.split())
    report = read_report(tmp_path / "out")
    assert report.model.batch == 1  # all is kept all the same
    assert report.left_out == dict.fromkeys(("model", "scenarios", "stages", "command"), "not asked for")
    assert {each.name for each in report.figures} == {*YARDSTICK, *FLOOR, *PIPELINE}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--require", "pipelines>1"], "there is no figure 'pipelines'; there are"),
        (["--require", "pipeline_fps"], "no requirement: 'pipeline_fps'"),
        (["--require", "capacity_cameras>=1"], "is measured with --capacity only"),
        (["--require", "flips<=1"], "is measured with --data only"),
        (["--require", "decode_fps{clip=other}>=1"], "no decode_fps will be measured with clip=other; there is river"),
        (
            ["--require", "model_fps{precision=int8}>=1"],
            "no model_fps will be measured with precision=int8; there is fp32",
        ),
        (
            ["--require", "pipeline_fps{gate=ajar}>=1"],
            "no pipeline_fps will be measured with gate=ajar; there is off, on",
        ),
        (["--require", "pipeline_fps{weather=fair}>=1"], "pipeline_fps has no label 'weather'; it has clip, gate"),
        (["--only", "pipeline", "--require", "model_fps>1"], "model_fps is not measured with --only pipeline"),
        (["--require", "decode_fps{gate=on}>=1"], "decode_fps has no label 'gate'; it has clip"),
        (["--require", "server_fps{p99_ms=50}>=1"], "no server_fps will be measured with p99_ms=50; there is 200"),
        (["--batch", "2", "--require", "model_fps{batch=4}>=1"], "will be measured with batch=4; there is 2"),
        (["--only", "everything"], "--only everything: there is no such part; there are model"),
        (["--clip", "."], "--clip .: a folder"),
        (["--p99", "soon"], "--p99 soon: no time; give one such as 200ms, or 1s"),
        (["--views", "9x9"], "unknown views '9x9'"),
        (["--precision", "int3"], "has no precision 'int3'"),
        (["--provider", "gpu"], "unknown provider 'gpu'"),
        (["--data", "nowhere"], "--data nowhere: no such folder"),
        (["--out", "."], "exists and was kept; give --overwrite"),
    ],
)
def test_mistakes_are_told_before_anything_is_measured(
    place: Path, tmp_path: Path, options: list[str], said: str
) -> None:
    began = time.monotonic()
    done = rivereye(
        "bench", place / "model", "--clip", place / "river.mp4", "--out", tmp_path / "out", *options, timeout=60
    )
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert not (tmp_path / "out").exists()
    assert time.monotonic() - began < 30


def test_a_benchmark_that_is_there_is_kept(place: Path, measured: Path) -> None:
    before = (measured / BENCH).read_bytes()
    done = rivereye("bench", place / "model", "--clip", place / "river.mp4", *FAST, "--out", measured)
    assert done.returncode == 2
    assert "give --overwrite" in " ".join(done.stderr.split())
    assert (measured / BENCH).read_bytes() == before


def test_ctrl_c_leaves_nothing_half(place: Path, tmp_path: Path) -> None:
    with start("bench", place / "model", "--clip", place / "river.mp4", "--out", tmp_path / "out") as process:
        time.sleep(5)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 1
    assert not list(tmp_path.iterdir())


def test_what_was_tuned_is_picked_up(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    clip = place / "river.mp4"
    done = rivereye("bench", "--tune", place / "model", "--clip", clip, *FAST, "--out", tmp_path / "out", timeout=300)
    assert done.returncode == 0, done.stderr
    report = read_report(tmp_path / "out")
    (chosen,) = [each for each in report.tried if each.chosen]
    assert report.model.tuned
    assert (report.model.batch, report.model.threads) == (chosen.batch, chosen.threads)
    assert len(report.tried) >= 2
    for options, told in (((), True), (("--no-tuned",), False)):
        watched = rivereye(
            "stream", clip, "--model", place / "model", "--output", tmp_path / "d.jsonl", "--overwrite", *options
        )
        assert watched.returncode == 0
        assert ("tuned for this machine" in watched.stderr) == told
    assert f"batch {chosen.batch}" in rivereye("stream", clip, "--model", place / "model").stderr


def with_speed(measured: Path, path: Path, factors: Mapping[str, float]) -> Path:
    """The same benchmark of a machine, or a version, that differs in these figures."""
    report = read_report(measured)
    figures = []
    for each in report.figures:
        samples = [100.0, 101.0, 99.0, 100.5, 99.5]
        factor = factors.get(each.name, 1.0)
        changed = {
            "samples": tuple(factor * one for one in samples),
            "value": 100 * factor,
            "low": 99 * factor,
            "high": 101 * factor,
        }
        figures.append(each.model_copy(update=changed))
    path.write_text(
        report.model_copy(update={"figures": tuple(figures)}).model_dump_json(by_alias=True), encoding="utf-8"
    )
    return path


def test_two_benchmarks_are_compared(measured: Path, tmp_path: Path) -> None:
    before = with_speed(measured, tmp_path / "a.json", {})
    after = with_speed(measured, tmp_path / "b.json", {"pipeline_fps": 0.9})
    same = rivereye("bench", "compare", before, before)
    assert same.returncode == 0
    assert "pipeline_fps" not in same.stdout
    assert "are the same" in same.stdout
    done = rivereye("bench", "compare", before, after, "--json")
    assert done.returncode == 0
    worse = [each for each in json.loads(done.stdout)["figures"] if each["verdict"] == "worse"]
    assert {each["a"]["name"] for each in worse} == {"pipeline_fps"}
    assert rivereye("bench", "compare", before, tmp_path / "gone.json").returncode == 1


def test_help_teaches(place: Path) -> None:
    told = " ".join(rivereye("bench", "--help").stdout.split())
    for each in (
        "Usage: rivereye bench [OPTIONS] [MODEL]",
        "--capacity",
        "--require",
        "--only",
        "--tune",
        "--data",
        "bench compare",
        "bench clips",
    ):
        assert each in told


def test_the_report_is_read_as_it_was_written(measured: Path) -> None:
    report = read_report(measured / BENCH)
    assert Report.model_validate_json(report.model_dump_json(by_alias=True)) == report


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["compar", "a", "b"], "is `rivereye bench compare` meant?"),
        (["clip", "x"], "is `rivereye bench clips` meant?"),
        (["vgg17-river"], "no model bundle at vgg17-river"),
        (["rum"], "no model bundle at rum"),
        (["--flop"], "Usage: rivereye bench [OPTIONS] [MODEL] Try 'rivereye bench --help' for help."),
    ],
)
def test_a_mistyped_command_is_no_model(typed: list[str], said: str) -> None:
    done = rivereye("bench", *typed)
    assert done.returncode in (1, 2)
    assert said in " ".join(done.stderr.split())


def test_a_folder_that_is_named_like_a_command_is_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_bundle(tmp_path / "clip")
    monkeypatch.chdir(tmp_path)
    done = rivereye("bench", "clip", "--clip", "gone.mp4", "--out", "out")
    assert done.returncode == 2
    assert "'--clip': path 'gone.mp4' does not exist." in " ".join(done.stderr.split())


def test_a_short_look_says_how_long_it_takes_and_needs_no_clip(place: Path, tmp_path: Path) -> None:
    began = time.monotonic()
    done = rivereye("bench", place / "model", "--only", "model", *FAST, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "this takes about 10 seconds, and longer where figures are not stable" in done.stderr
    assert time.monotonic() - began < 30  # to make three clips takes longer
    report = read_report(tmp_path / "out")
    assert report.clips == ()
    assert {each.name.partition("_")[0] for each in report.figures} == {"machine", "model"}
    assert "\x1b" not in done.stderr + done.stdout


def test_one_setting_alone_is_not_tuned(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    done = rivereye(
        "bench", "--tune", place / "model", "--clip", place / "river.mp4", *FAST[:6], "--batch", "2", "--threads", "1",
        "--only", "command", "--out", tmp_path / "out", timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "one setting only to choose from" in done.stderr
    assert not (tmp_path / "config").exists()
    report = read_report(tmp_path / "out")
    assert any("one setting only" in note for note in report.notes)
    assert not report.model.tuned
    assert [each.chosen for each in report.tried] == [False]
    assert "model" not in report.left_out  # it was measured, for tuning


def test_a_report_of_another_schema_is_named(measured: Path, tmp_path: Path) -> None:
    content = json.loads((measured / BENCH).read_text(encoding="utf-8")) | {"schema": "rivereye/bench/9"}
    (tmp_path / BENCH).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(DataError, match=r"its schema is rivereye/bench/9, and this version reads rivereye/bench/1"):
        read_report(tmp_path)
