"""The page: whole, of one file, in a real browser, and harmless whatever clips and models are called."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request

from stream.bench.charts import decades, ticks
from stream.bench.figure import Figure
from stream.bench.page import page
from stream.bench.plots import plots, throughput_plot
from stream.bench.report import Report
from tests.browsers import chromium, needs_chromium
from tests.stream.bench.samples import CLIPS, Noted, figure, sample_capacity, sample_clip, sample_report
from tests.stream.bench.test_table import NOTHING

HOSTILE = "</title><script>alert('river')</script><img src=x onerror=alert(1)>\x00\ud800"
CHARTS = {
    "recorded": ["The pipeline beside decoding alone"],
    "capacity": ["p99 of latency against cameras", "Looks that came late, or never"],
    "sweep": ["Throughput against the size of a batch"],
    "latencies": ["How latencies are distributed"],
    "stages": ["Where the time of a frame goes"],
    "tried": ["Settings that were tried"],
}
RIGHTS = """[...document.querySelectorAll("#sweep ~ .wide")][0].querySelectorAll("tbody td:nth-child(4)").values().map(cell => {
  const range = document.createRange(); range.selectNode(cell.firstChild); return Math.round(range.getBoundingClientRect().right); }).toArray()"""
"""Where the numbers in the column of batch sizes end."""
BESIDE = """[...document.querySelectorAll(".wide")].filter(each => each.scrollWidth > each.clientWidth).map(each => each.innerText)"""
in_browser = needs_chromium


def hostile() -> Report:
    """Names as bad as can be, wherever a name may stand."""
    figures = [
        Figure.model_validate(each.model_dump() | {"labels": dict.fromkeys(each.labels, HOSTILE)})
        for each in sample_report().figures
        if each.name != "stage_ms"
    ]
    figures += [
        figure("stage_ms", 2.0, "ms", {"clip": HOSTILE, "stage": HOSTILE}),
        figure("new", 2.0, HOSTILE, {HOSTILE: HOSTILE}),
    ]
    plain = sample_report()
    return sample_report(
        figures=figures,
        clips=(sample_clip(HOSTILE),),
        command=f"rivereye bench '{HOSTILE}'",
        model=plain.model.model_copy(update={"name": HOSTILE}),
        machine=plain.machine.model_copy(update={"processor": HOSTILE, "versions": {HOSTILE: HOSTILE}}),
        latencies=tuple(
            each.model_copy(update={"name": HOSTILE, "labels": {HOSTILE: HOSTILE}}) for each in plain.latencies
        ),
        tried=tuple(
            each.model_copy(update={"hwaccel": HOSTILE, "provider": f"{each.batch}{HOSTILE}"}) for each in plain.tried
        ),
        capacity=sample_capacity(clip=HOSTILE),
        left_out={HOSTILE: HOSTILE},
    )


def test_all_charts_are_drawn() -> None:
    assert {key: [each.title for each in found] for key, found in plots(sample_report()).items()} == CHARTS


def test_it_asks_for_nothing_and_runs_nothing() -> None:
    text = page(sample_report())
    assert not re.findall(r"<script|<link|<iframe|@import|url\(|https?:|\bsrc=|\bhref=|\son\w+=", text)


def test_no_two_things_have_the_same_id() -> None:
    ids = re.findall(r'\bid="([^"]*)"', page(sample_report()))
    assert len(ids) == len(set(ids)) > 5


@pytest.mark.parametrize(
    ("part", "gone"),
    [
        ("capacity", "capacity"),
        ("latencies", "latencies"),
        ("tried", "tried"),
        ("model_fps", "sweep"),
        ("stage_ms", "stages"),
        ("pipeline_fps", "recorded"),
    ],
)
def test_what_was_not_measured_is_not_drawn_empty(part: str, gone: str) -> None:
    report = sample_report()
    figures = tuple(each for each in report.figures if each.name != part)
    left = sample_report(**{"figures": figures} | ({part: NOTHING[part]} if part in NOTHING else {}))
    assert set(plots(left)) == set(CHARTS) - {gone}
    text = page(left)
    for key, titles in CHARTS.items():
        assert [title in text for title in titles] == [key != gone] * len(titles)


@pytest.mark.parametrize(
    "changes",
    [
        NOTHING,
        {"clips": (), "left_out": {}},
        {"capacity": sample_capacity(attempts=(), cameras=0)},
        {"capacity": sample_capacity(attempts=sample_capacity().attempts[3:4], cameras=0)},
        {"capacity": sample_capacity(attempts=sample_capacity().attempts[:1], cameras=1)},
        {"tried": sample_report().tried[:1]},
        {"figures": (figure("model_fps", 9.0, "pictures/s", {}, "higher"),)},
        {"figures": (Figure.of("stage_ms", [0.0], "ms", "lower", {"clip": "a", "stage": "post"}),)},
        {"figures": (Figure.of("pipeline_fps", [0.0], "frames/s", "higher", {"clip": "a", "gate": "on"}),)},
        {"figures": (Figure.of("server_fps", [0.0], "pictures/s", "higher", {"p99_ms": "200"}),)},
        {"latencies": (sample_report().latencies[0].model_copy(update={"percentiles": {"50": 100.0}}),)},
        {"latencies": (sample_report().latencies[0].model_copy(update={"percentiles": {}}),)},
        {"latencies": (sample_report().latencies[0].model_copy(update={"percentiles": {"1": 0.0, "50": 0.0}}),)},
    ],
)
def test_little_is_drawn_too(changes: dict[str, Any]) -> None:
    text = page(sample_report(**changes))
    assert text.count("<svg") == text.count("</svg>")
    assert "NaN" not in text
    assert "How to read it" in text


def test_more_pictures_a_second_are_higher_up() -> None:
    report = sample_report()
    found = re.findall(r'cy="([\d.]+)"', throughput_plot(report).svg)
    heights = [-float(each) for each in found]
    values = [each.value for each in report.named("model_fps")]
    assert len(heights) == len(values)
    assert sorted(range(len(values)), key=values.__getitem__) == sorted(range(len(heights)), key=heights.__getitem__)


def test_a_mouse_is_told_value_and_spread() -> None:
    (each,) = sample_report().named("pipeline_fps", clip="busy", gate="on")
    told = re.findall(r"<title>([^<]*)</title>", plots(sample_report())["recorded"][0].svg)
    assert [text for text in told if text.startswith("busy, whole pipeline, with the gate: ") and "50." in text]
    assert each.stable


@pytest.mark.parametrize(
    ("top", "expected"),
    [(407, [0, 100, 200, 300, 400, 500]), (1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (0, [0, 0.2, 0.4, 0.6, 0.8, 1])],
)
def test_scales_go_in_steps_that_are_easy_to_read(top: float, expected: list[float]) -> None:
    assert ticks(top) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (8.7, 280, ["5", "10", "20", "50", "100", "200", "500"]),
        (100, 100, ["100", "200"]),
        (0.03, 0.04, ["0.02", "0.05"]),
    ],
)
def test_logarithmic_scales_hold_what_they_shall(low: float, high: float, expected: list[str]) -> None:
    assert [each["label"] for each in decades(low, high)] == expected


def test_names_are_escaped() -> None:
    text = page(hostile())
    assert not re.findall(r"<script|<img", text)
    assert "&lt;script&gt;alert(" in text
    text.encode("utf-8")


Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Opens the page of a report from disk; at the end it may not have asked for anything else, nor have complained."""
    complaints: list[str] = []
    pages: list[Page] = []

    def opening(report: Report, width: int = 1100, **options: Any) -> Page:
        path = tmp_path / "bench.html"
        path.write_text(page(report), encoding="utf-8")

        def look(request: Request) -> None:
            if request.url != path.as_uri():
                complaints.append(f"asks {request.url}")

        tab = browser.new_context(viewport={"width": width, "height": 800}, **options).new_page()
        tab.on("request", look)
        tab.on("console", lambda message: complaints.append(f"logs {message.text}"))
        tab.on("pageerror", lambda error: complaints.append(f"fails with {error}"))
        tab.on("dialog", lambda dialog: complaints.append(f"asks {dialog.message}"))
        tab.goto(path.as_uri())
        pages.append(tab)
        return tab

    yield opening
    for each in pages:
        each.context.close()
    assert complaints == []


@in_browser
@pytest.mark.timeout(180)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 390, 800, 1280])
def test_charts_and_tables_are_there_at_any_width(opened: Opener, scheme: str, width: int) -> None:
    tab = opened(sample_report(), width, color_scheme=scheme)
    figures = tab.locator("figure > svg.chart")
    assert figures.count() == sum(map(len, CHARTS.values()))
    for index in range(figures.count()):
        box = figures.nth(index).bounding_box()
        assert box is not None
        assert box["width"] > 300
        assert box["height"] > 50
        assert box["x"] + box["width"] <= width
    for clip in CLIPS:
        assert tab.locator("#stages ~ .wide").get_by_text(clip, exact=True).first.is_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.evaluate(BESIDE) == [], "what runs off the side"
    if width > 640:  # narrower ones have a value with its name below the other
        rights = tab.evaluate(RIGHTS)
        assert len(rights) > 10
        assert len(set(rights)) == 1, "numbers stand below each other"


@in_browser
@pytest.mark.timeout(180)
def test_on_a_phone_each_value_has_its_name(opened: Opener) -> None:
    tab = opened(sample_report(), 390)
    cells = tab.locator("#sweep ~ .wide").first.locator("tbody tr").first.locator("th, td")
    named = cells.evaluate_all(
        "cells => cells.map(each => [getComputedStyle(each, '::before').content, each.innerText])"
    )
    assert [name for name, _ in named][:5] == [
        f'"{each} "' for each in ("provider", "precision", "threads", "batch", "pictures/s")
    ]
    assert tab.locator("thead").first.is_hidden()
    empty = tab.locator("[data-empty]")
    assert empty.count() > 0
    assert not any(empty.nth(index).is_visible() for index in range(empty.count()))


@pytest.mark.parametrize("unanswered", [1, 7])
def test_an_attempt_without_answers_has_an_open_dot_at_the_upper_edge(unanswered: int) -> None:
    attempts = tuple(
        each.model_copy(update={"p99_ms": None}) if unanswered == 7 else each for each in sample_capacity().attempts
    )
    p99, late = plots(sample_report(capacity=sample_capacity(attempts=attempts)))["capacity"]
    every, without = (
        [float(each) for each in re.findall(r'<circle[^>]*cy="([\d.]+)"', part)]
        for part in (p99.svg, p99.svg.split(' open"><g')[1])  # they are the last ones drawn
    )
    assert without == [min(every)] * unanswered
    assert p99.svg.count("no answer: more than 1 in 100 looks never came") == unanswered
    assert [name for name, _, _ in p99.legend][-1] == "no answer"
    assert "open" not in late.svg
    assert "no answer" not in [name for name, _, _ in late.legend]


def test_notes_are_said_before_the_figures() -> None:
    text = page(Noted.sample())
    assert text.index("clip river.mp4 has 9 frames: too few") < text.index("<h2")
    assert "clip ?[2J&lt;/p&gt;&lt;script&gt; is [red]damaged[/red]" in text
    assert 'class="note"' not in page(sample_report())


def test_what_is_due_and_what_no_answer_means_is_explained() -> None:
    text = page(sample_report())
    assert "<dt>Due</dt>" in text
    assert "<dt>No answer</dt>" in text


@in_browser
@pytest.mark.timeout(180)
def test_colours_follow_light_and_dark(opened: Opener) -> None:
    colours = {}
    for scheme in ("light", "dark"):
        tab = opened(sample_report(), color_scheme=scheme)
        bars = tab.evaluate(
            "[...document.querySelectorAll('.series.s0 rect')].map(each => getComputedStyle(each).fill)"
        )
        assert len(set(bars)) == 1, "one chart restyles another"
        text = tab.evaluate("getComputedStyle(document.querySelector('.axis text')).fill")
        colours[scheme] = (bars[0], text, tab.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert all(light != dark for light, dark in zip(*colours.values(), strict=True))


@in_browser
@pytest.mark.timeout(180)
def test_hostile_names_do_nothing_in_a_browser(opened: Opener) -> None:
    tab = opened(hostile(), 360)
    assert tab.locator("script, img").count() == 0
    assert "<script>alert('river')</script>" in tab.title()
    assert tab.locator("figure > svg.chart").count() == sum(map(len, CHARTS.values()))


def test_drawing_leaves_python_as_it_was() -> None:
    """pygal hooks into imports in a way that makes each of them warn."""
    code = "import stream.bench.page, fractions, wave, sys; print([type(each).__name__ for each in sys.meta_path])"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "pygal" not in done.stdout.lower()
    assert "PluginImportFixer" not in done.stdout
