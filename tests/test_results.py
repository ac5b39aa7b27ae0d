"""The README's figures are those of the reports in `benchmarks/results`."""

import json

import jsonschema
import pytest

from benchmarks.results import BEGIN, BENCH, END, FOLDER, PEERS, README, figures, put_into, read_peers
from stream.bench.report import read_report
from stream.records import schema


def test_the_readme_says_what_was_measured() -> None:
    """`python -m benchmarks.results` puts it there."""
    text = README.read_text(encoding="utf-8")
    assert put_into(text, figures(read_report(BENCH), read_peers())) == text


def test_the_committed_reports_are_whole() -> None:
    jsonschema.validate(json.loads((BENCH / "bench.json").read_bytes()), json.loads(schema("bench")))
    assert (BENCH / "bench.html").read_text(encoding="utf-8").count("<svg") >= 5
    assert read_report(BENCH).capacity is not None
    assert len(read_peers(PEERS).peers) >= 5
    assert {path.name for path in FOLDER.iterdir()} == {"bench", "peers.json"}


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
