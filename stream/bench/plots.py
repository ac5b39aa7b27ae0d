"""Figures of a benchmark as charts. What they are drawn from is what bench.json holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10
from typing import Any

import pygal
from markupsafe import Markup

from stream.bench.charts import decades, highest, logarithmic, lying, mark, options, ticks, told_as, upright
from stream.bench.report import Capacity, Report
from stream.bench.speeds import order
from stream.bench.svg import inline, looks
from stream.bench.words import apart, distinct, distributions, number, one, plain, setting

LIMIT = "limit"
"""Class of a limit's line."""
OPEN = "open"
"""Class of dots that stand for what has no value."""
NO_ANSWER = "no answer: more than 1 in 100 looks never came, so there is no p99"


@dataclass(frozen=True, slots=True)
class Plot:
    """`legend`: of what is drawn the name, the classes, and the shape (`line`, `box` or `dot`)."""

    title: str
    svg: Markup
    legend: tuple[tuple[str, str, str], ...]


def plots(report: Report) -> dict[str, list[Plot]]:
    """By the key of the section that they belong to; a chart of nothing is not drawn."""
    drawn = {
        "recorded": [pipeline_plot(report)] if report.named("pipeline_fps") else [],
        "capacity": capacity_plots(report.capacity) if report.capacity and report.capacity.attempts else [],
        "sweep": [throughput_plot(report)] if report.named("model_fps") else [],
        "latencies": [latency_plot(report)]
        if any(ms > 0 for each in report.latencies for ms in each.percentiles.values())
        else [],
        "stages": [stages_plot(report)] if report.named("stage_ms") else [],
        "tried": [tried_plot(report)] if report.tried else [],
    }
    return {key: found for key, found in drawn.items() if found}


def throughput_plot(report: Report) -> Plot:
    """Pictures a second against the size of a batch; whiskers reach from the smallest to the largest sample."""
    figures = report.named("model_fps")
    batches = sorted({each.labels.get("batch", "?") for each in figures}, key=lambda each: (len(each), each))
    chart = pygal.Line(**upright("pictures a batch", "pictures a second", batches, highest(figures)))
    pairs = distinct(figures, "provider", "precision")
    threads = [count for (count,) in distinct(figures, "threads")]
    legend = []
    for provider, precision, count in distinct(figures, "provider", "precision", "threads"):
        name = f"{precision} on {provider}, threads {count}"
        which = {"provider": provider, "precision": precision, "threads": count}
        chart.add(plain(name), [mark(one(report, "model_fps", **which, batch=batch), name) for batch in batches])
        legend.append((name, looks(pairs.index((provider, precision)), threads.index(count)), "line"))
    return _plot(chart, "Throughput against the size of a batch", legend)


def latency_plot(report: Report) -> Plot:
    """Milliseconds by percentile, a line a scenario."""
    curves = distributions(report)
    at = sorted({each for _, latencies in curves for each in latencies.percentiles}, key=float)
    values = [value for _, latencies in curves for value in latencies.percentiles.values() if value > 0]
    scale = logarithmic("percent of answers that came within", "milliseconds, logarithmic", min(values), max(values))
    chart = pygal.Line(**scale, x_labels=at)
    legend = []
    for index, (name, latencies) in enumerate(curves):
        points = [_logarithm(latencies.percentiles.get(each), f"{name}, {each} %") for each in at]
        chart.add(plain(name), points)
        legend.append((name, looks(index), "line"))
    return _plot(chart, "How latencies are distributed", legend)


def stages_plot(report: Report) -> Plot:
    """Milliseconds a frame of each stage, one after another, a bar a clip."""
    figures = report.named("stage_ms")
    clips = [clip for (clip,) in distinct(figures, "clip")][::-1]  # the first one is drawn at the bottom
    stages = sorted((stage for (stage,) in distinct(figures, "stage")), key=order)
    wholes = {clip: sum(each.value for each in report.named("stage_ms", clip=clip)) for clip in clips}
    chart = pygal.HorizontalStackedBar(**lying(clips, "milliseconds a frame", max(wholes.values())))
    legend = []
    for index, stage in enumerate(stages):
        found = [one(report, "stage_ms", clip=clip, stage=stage) for clip in clips]
        chart.add(
            plain(stage),
            [
                None
                if each is None
                else told_as(each.value, f"{clip}, {stage}: {number(each.value)} ms of {number(wholes[clip])}")
                for clip, each in zip(clips, found, strict=True)
            ],
        )
        legend.append((stage, looks(index), "box"))
    return _plot(chart, "Where the time of a frame goes", legend)


def pipeline_plot(report: Report) -> Plot:
    """Frames a second of the pipeline beside those of decoding alone."""
    bars: list[tuple[str, str, dict[str, str]]] = [
        ("decoding alone", "decode_fps", {}),
        ("decoding, and to BGR", "read_fps", {}),
        ("whole pipeline", "pipeline_fps", {"gate": "off"}),
        ("whole pipeline, with the gate", "pipeline_fps", {"gate": "on"}),
    ]
    figures = [each for _, name, labels in bars for each in report.named(name, **labels)]
    clips = [clip for (clip,) in distinct(figures, "clip")]
    chart = pygal.Bar(**upright("", "frames a second", clips, highest(figures)))
    legend = []
    for index, (title, name, labels) in enumerate(bars):
        if report.named(name, **labels):
            chart.add(title, [mark(one(report, name, clip=clip, **labels), f"{clip}, {title}") for clip in clips])
            legend.append((title, looks((2, 5, 0, 1)[index]), "box"))
    return _plot(chart, "The pipeline beside decoding alone", legend)


def capacity_plots(capacity: Capacity) -> list[Plot]:
    """p99 and the share that was late, against the number of cameras; a dot an attempt."""
    attempts = sorted(capacity.attempts, key=lambda each: each.cameras)
    known = [each.p99_ms for each in attempts if each.p99_ms]
    marks = decades(min([*known, capacity.limit_ms]), max([*known, capacity.limit_ms]))
    top = marks[-1]["value"]
    points = [
        _Point(each.cameras, log10(each.p99_ms), each.carried, f"p99 {number(each.p99_ms)} ms")
        if each.p99_ms
        else _Point(each.cameras, top, None, NO_ANSWER)
        for each in attempts
    ]
    up = "p99, milliseconds, logarithmic"
    p99 = _cameras("p99 of latency against cameras", up, points, marks, log10(capacity.limit_ms))
    shares = ticks(max(2.0, *(100 * each.late for each in attempts)))
    late = [_Point(each.cameras, 100 * each.late, each.carried, f"{100 * each.late:.2f} % late") for each in attempts]
    scale = [{"value": each, "label": f"{each:g}"} for each in shares]
    return [p99, _cameras("Looks that came late, or never", "late, percent of those due", late, scale, 1.0)]


@dataclass(frozen=True, slots=True)
class _Point:
    """An attempt, and where it stands. `carried`: None where it has no value, and stands at the upper edge."""

    cameras: int
    at: float
    carried: bool | None
    words: str


def _cameras(title: str, up: str, points: Sequence[_Point], marks: list[dict[str, Any]], limit: float) -> Plot:
    most = max(each.cameras for each in points)
    step = max(1, round(most / 8))
    chart = pygal.XY(
        **options(
            x_title="cameras",
            y_title=up,
            x_labels=[{"value": each, "label": str(each)} for each in range(0, most + 1, step)],
            xrange=(0, most),
            y_labels=marks,
            range=(marks[0]["value"], marks[-1]["value"]),
        )
    )
    chart.add("limit", [(0, limit), (most, limit)], show_dots=False)
    legend = [("limit", LIMIT, "line")]
    kinds = (("carried", True, looks(0)), ("not carried", False, looks(1)), ("no answer", None, f"{looks(1)} {OPEN}"))
    for name, carried, classes in kinds:
        found = [each for each in points if each.carried is carried]
        if found:
            chart.add(
                name,
                [told_as((each.cameras, each.at), f"cameras {each.cameras}: {each.words}") for each in found],
                stroke=False,
                dots_size=4.5,
            )
            legend.append((name, classes, "dot"))
    return _plot(chart, title, legend)


def tried_plot(report: Report) -> Plot:
    """Frames a second of each setting, the fastest on top."""
    ordered = sorted(report.tried, key=lambda each: each.fps.value)
    names = apart(ordered)
    chart = pygal.HorizontalStackedBar(**lying(names, "frames a second", highest([each.fps for each in ordered])))
    legend = []
    for name, chosen, colour in (("tried", False, 0), ("chosen", True, 1)):
        if any(each.chosen == chosen for each in ordered):
            chart.add(name, [mark(each.fps, setting(each)) if each.chosen == chosen else None for each in ordered])
            legend.append((name, looks(colour), "box"))
    return _plot(chart, "Settings that were tried", legend)


def _logarithm(ms: float | None, name: str) -> dict[str, Any] | None:
    return told_as(log10(ms), f"{name}: {number(ms)} ms") if ms else None


def _plot(chart: Any, title: str, legend: Sequence[tuple[str, str, str]]) -> Plot:
    return Plot(title, inline(chart, title, [classes for _, classes, _ in legend]), tuple(legend))
