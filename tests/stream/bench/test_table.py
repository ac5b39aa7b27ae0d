"""The table in the terminal: what it says, that it fits, and what it leaves out."""

import io
from typing import Any

import pytest
from rich.console import Console

from stream.bench.figure import Figure
from stream.bench.report import Report
from stream.bench.sections import sections
from stream.bench.table import show
from stream.bench.words import Cell, cell, number
from tests.stream.bench.samples import Noted, figure, sample_capacity, sample_clip, sample_machine, sample_report

NOTHING: dict[str, Any] = {
    "figures": (),
    "latencies": (),
    "capacity": None,
    "accuracy": (),
    "tried": (),
    "left_out": {"capacity": "not asked for"},
}


def printed(report: Report, width: int = 80) -> str:
    """As where it is piped."""
    file = io.StringIO()
    show(report, Console(file=file, width=width))
    return file.getvalue()


@pytest.mark.parametrize("width", [80, 100, 160])
def test_it_fits_and_has_no_colours_where_nobody_can_see_them(width: int) -> None:
    lines = printed(sample_report(), width).splitlines()
    tables = [line for line in lines[3:] if not line.startswith("Chosen")]
    assert max(map(len, tables)) <= width
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize(
    "said",
    [
        "AMD EPYC 7B13 (avx2, fma, f16c): 2 of 64 cores",
        "7.8 GiB of memory, no GPU",
        "vgg16-river: int8 on cpu, batch 4, 2 threads, decoder none",
        "Carried: 5 cameras (clip busy) at 5 looks a second each",
        "Due are looks whose frames were due in the measured time",
        "Fastest: int8 on",
        "Chosen: cpu int8, batch 8, 2 threads, decoder none",
        "no sensor: /sys/class/powercap is empty",
        "no rate kept p99 within 15 ms",
    ],
)
def test_it_says(said: str) -> None:
    assert said in " ".join(printed(sample_report()).split())


def test_no_figure_is_lost() -> None:
    report = sample_report()
    text = printed(report, 200)
    assert [each.shown for each in report.figures if cell(each).text not in text] == []


def test_spreads_are_shown() -> None:
    for each in sample_report().named("pipeline_fps"):
        assert f"{cell(each).text} ({cell(each).spread})" in printed(sample_report())


def test_the_fastest_row_of_the_model_is_marked() -> None:
    report = sample_report()
    best = max(report.named("model_fps"), key=lambda each: each.value)
    (row,) = [line.split() for line in printed(report).splitlines() if line.rstrip().endswith(" best")]
    assert row[:4] == [best.labels[key] for key in ("provider", "precision", "threads", "batch")]


def test_stages_come_in_the_order_of_a_frame_and_their_shares_make_a_whole() -> None:
    report = sample_report(figures=sample_report().figures[::-1])
    (stages,) = [each for each in sections(report) if each.key == "stages"]
    assert [row.cells[1].text for row in stages.rows][:7] == [
        "decode",
        "colour",
        "resize",
        "quality",
        "queue",
        "inference",
        "post",
    ]
    assert sum(row.cells[-1].share or 0 for row in stages.rows[:7]) == pytest.approx(1)


@pytest.mark.parametrize("stable", [True, False])
def test_what_is_not_stable_is_marked_and_explained(stable: bool) -> None:
    fps = figure("decode_fps", 210.0, "frames/s", {"clip": "water"}, "higher", stable)
    text = printed(sample_report(**NOTHING | {"figures": (fps,)}))
    assert (f"~{number(fps.value)}" in text) is not stable
    assert ("not stable" in text) is not stable


def test_of_what_was_not_measured_there_is_a_reason_and_no_table() -> None:
    text = printed(sample_report(**NOTHING))
    assert "not asked for" in text
    assert [each.key for each in sections(sample_report(**NOTHING))] == ["absent"]
    assert "None was chosen" not in text


def test_a_figure_that_nobody_has_a_table_for_is_shown_all_the_same() -> None:
    new = figure("swap_in_mb", 12.0, "MB", {"clip": "busy"})
    text = printed(sample_report(figures=(new,)), 120)
    assert "swap_in_mb{clip=busy}" in text


def test_capacity_figures_without_their_record_are_not_lost() -> None:
    assert "capacity_cameras{fps=5" in printed(sample_report(capacity=None), 120)


def test_what_ended_the_search_is_said() -> None:
    assert "no more than 8 were asked for" in printed(
        sample_report(capacity=sample_capacity(limit="no more than 8 were asked for"))
    ).replace("\n", " ")


def test_names_move_no_cursor_and_are_no_markup() -> None:
    name = "\x1b[2J[red]river[/red]\x07"
    fps = figure("decode_fps", 210.0, "frames/s", {"clip": name}, "higher")
    file = io.StringIO()
    report = sample_report(figures=(fps,), clips=(sample_clip(name),), left_out={name: name})
    show(report, Console(file=file, width=120, force_terminal=False))
    assert "?[2J[red]river[/red]?" in file.getvalue()
    assert not {"\x1b", "\x07"} & set(file.getvalue())


def test_notes_are_said_before_the_figures() -> None:
    report = Noted.sample()
    lines = printed(report).splitlines()
    assert lines[3:5] == [report.notes[0], "clip ?[2J</p><script> is [red]damaged[/red]"]


def test_a_terminal_without_unicode_gets_plain_letters() -> None:
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding="ascii") as file:
        show(sample_report(), Console(file=file, width=80))
        file.flush()
        text = raw.getvalue().decode("ascii")
    assert "####" in text


def test_a_machine_may_keep_its_name_to_itself_and_have_a_gpu() -> None:
    machine = sample_machine(processor="", gpus=({"name": "Orin", "memory_mb": 8192, "driver": "540.3"},))
    text = printed(sample_report(machine=machine))
    assert text.startswith("a processor without a name (")
    assert "Orin with 8 GiB, driver 540.3" in text


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([51.04, 52.13, 52.9], Cell("52.1", "51.0 to 52.9")),
        ([1234.5, 1240.0, 1251.2], Cell("1240", "1234 to 1251")),
        ([0.0411, 0.0412, 0.0433], Cell("0.041", "0.041 to 0.043")),
        ([4.0, 5.0, 6.0], Cell("5", "4 to 6")),
        ([52.13], Cell("52.1")),
        ([0.0, 0.0], Cell("0")),
        ([99.6, 100.4, 101.2], Cell("100", "100 to 101")),
    ],
)
def test_a_figure_in_words(samples: list[float], expected: Cell) -> None:
    assert cell(Figure.of("some_fps", samples, "frames/s", "higher")) == expected
