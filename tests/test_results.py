"""The figures of README and docs are those of the reports in `benchmarks/results`."""

import json
from pathlib import Path

import jsonschema
import pytest

from benchmarks.outcome import Planted, told
from benchmarks.results import (
    BEGIN,
    BENCH,
    DOCS,
    END,
    FOLDER,
    PEERS,
    README,
    figures,
    put_into,
    read_peers,
    read_planted,
)
from stream.bench.comparison import Comparison, compared
from stream.bench.figure import Figure
from stream.bench.report import read_report
from stream.bench.verdict import YARDSTICK
from stream.records import schema
from tests.stream.bench.pairs import figure, spread, write
from tests.stream.bench.samples import sample_report


def test_the_readme_says_what_was_measured() -> None:
    """`python -m benchmarks.results` puts it there."""
    text = README.read_text(encoding="utf-8")
    assert put_into(text, figures(read_report(BENCH), read_peers())) == text


def test_the_docs_say_whether_the_planted_slowdown_was_found() -> None:
    planted, text = read_planted(), DOCS.read_text(encoding="utf-8")
    assert put_into(text, "") != text, "there is a place for it"
    if planted is not None:
        assert put_into(text, told(planted)) == text


def test_the_committed_reports_are_whole() -> None:
    jsonschema.validate(json.loads((BENCH / "bench.json").read_bytes()), json.loads(schema("bench")))
    assert (BENCH / "bench.html").read_text(encoding="utf-8").count("<svg") >= 5
    assert read_report(BENCH).capacity is not None
    assert len(read_peers(PEERS).peers) >= 5
    assert {path.name for path in FOLDER.iterdir()} >= {"bench", "peers.json"}


def test_a_report_of_another_speed_reads_otherwise() -> None:
    report = read_report(BENCH)
    (before,) = report.named("command_first_detection_s")
    slower = before.model_copy(update={"value": before.value + 1})
    others = tuple(slower if each == before else each for each in report.figures)
    assert figures(report.model_copy(update={"figures": others}), read_peers()) != figures(report, read_peers())


def test_text_without_marks_is_left_alone() -> None:
    assert put_into(f"a {BEGIN} old {END} b", "new") == f"a {BEGIN}\nnew\n{END} b"
    with pytest.raises(ValueError, match="no <!-- figures: begin"):
        put_into(f"a {BEGIN} old", "new")


def test_accuracy_and_tuning_are_shown_where_they_were_measured() -> None:
    before = read_report(BENCH)
    sample = sample_report()
    lines = figures(before.model_copy(update={"accuracy": sample.accuracy, "tried": sample.tried}), read_peers())
    assert "right of 980 labelled pictures, which it may have learnt from, fp32 | 95.0% (93.5% to 96.2%) |" in lines
    assert "int8 | 94.8% (93.2% to 96.0%); 4 decided otherwise than by fp32 |" in lines
    assert "| fastest of 5 settings (`--tune`): int8 on cpu, batches of 8, 2 threads | 5" in lines
    bare = figures(before.model_copy(update={"accuracy": (), "tried": ()}), read_peers())
    assert "labelled" not in bare
    assert "--tune" not in bare


def test_of_several_precisions_the_fastest_is_named() -> None:
    report = read_report(BENCH)
    (*_, last) = report.named("model_fps")
    slow = last.model_copy(update={"labels": last.labels | {"precision": "fp32"}, "value": 1.0})
    text = figures(report.model_copy(update={"figures": (*report.figures, slow)}), read_peers())
    assert "| the model alone, int8, batches of " in text


def planted(folder: Path, machine: float, decode: float) -> Planted:
    """Of a slowdown that reached the whole pipeline and one batch size of two."""

    def measured(name: str, levels: tuple[float, ...]) -> Comparison:
        a, b = (
            read_report(write(folder / f"{name}{each}.json", made(*of)))
            for each, of in enumerate(((100.0,) * 5, levels))
        )
        return compared(a, b, folder / "a", folder / "b")

    def made(speed: float, single: float, batch: float, whole: float, floor: float) -> list[Figure]:
        return [
            figure(spread(speed), YARDSTICK, unit="GFLOP/s"),
            figure(spread(single), "model_fps", unit="pictures/s", batch=1),
            figure(spread(batch), "model_fps", unit="pictures/s", batch=4),
            figure(spread(whole), unit="frames/s", gate="off"),
            figure(spread(whole), unit="frames/s", gate="on"),
            figure(spread(floor), "decode_fps", unit="frames/s"),
            figure(spread(10), "stage_ms", "lower", "ms", stage="inference"),
            figure(spread(10), "stage_ms", "lower", "ms", stage="decode"),
        ]

    return Planted(
        share=0.1, same=measured("same", (100.0,) * 5), slower=measured("slower", (machine, 89, 99, 90, decode))
    )


@pytest.mark.parametrize(
    ("machine", "decode", "found", "false", "said"),
    [
        (
            100,
            100,
            2,
            0,
            "2 were found to be worse (`model_fps` -11.0 %, `pipeline_fps` -10.0 %); of those that it does not reach, 0 were",
        ),
        (100, 90, 2, 1, "1 were said to have changed (`decode_fps` -10.0 %), the machine itself being as fast."),
        (90, 93, 1, 0, "the machine itself being 10.0 % slower, and changes no larger than that not counted."),
        (
            80,
            90,
            0,
            0,
            "0 were found to be worse; of those that it does not reach, 0 were said to have changed, the machine",
        ),
    ],
)
def test_what_came_of_a_planted_slowdown(
    tmp_path: Path, machine: float, decode: float, found: int, false: int, said: str
) -> None:
    outcome = planted(tmp_path, machine, decode)
    assert len(outcome.touched) == 4
    assert (len(outcome.found), len(outcome.false), len(outcome.apart)) == (found, false, 0)
    text = told(outcome)
    assert said in text
    assert text.startswith(
        "Of 7 figures, 0 differed between the first two, the machine itself being as fast. Of 4 figures that"
    )
    path = tmp_path / "planted.json"
    path.write_text(outcome.model_dump_json(by_alias=True), encoding="utf-8")
    again = read_planted(path)
    assert again is not None
    assert told(again) == text


def test_without_an_outcome_nothing_is_said(tmp_path: Path) -> None:
    assert read_planted(tmp_path / "planted.json") is None
