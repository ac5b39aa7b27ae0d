"""Tables of the model alone, and of the stages around it."""

from stream.bench.report import Report
from stream.bench.words import Cell, Row, Section, best, cell, distinct, distributions, grouped, number, one

STAGES = ("decode", "colour", "resize", "quality", "queue", "inference", "post", "sinks")
"""In the order in which a frame passes them."""
SWEEP = ("model_fps", "model_p50_ms", "model_p99_ms")
SCENARIOS = ("single_stream_p90_ms", "multi_stream_p99_ms", "server_fps", "offline_fps")
BESIDE = ("against_fps", "model_to_against", "against_accuracy_percent")
LISTED = ("50", "90", "95", "99", "99.9")


def sweep(report: Report) -> Section:
    keys = ("provider", "precision", "threads", "batch")
    fastest = best(report)
    rows: list[Row] = []
    for labels in distinct(report.named("model_fps"), *keys):
        which = dict(zip(keys, labels, strict=True))
        figures = [one(report, name, **which) for name in SWEEP]
        begins = bool(rows) and [each.text for each in rows[-1].cells[:3]] != list(labels[:3])
        rows.append(
            Row(
                (*map(Cell, labels), *map(cell, figures), Cell("best" if figures[0] is fastest else "")),
                strong=figures[0] is fastest,
                begins=begins,
            )
        )
    return Section(
        "sweep",
        "The model alone",
        "Pictures are ready in memory. p50 and p99 are of a whole batch." + _fastest(rows),
        (*keys, "pictures/s", "p50 ms", "p99 ms", ""),
        tuple(rows),
        names=2,
        main=4,
    )


def _fastest(rows: list[Row]) -> str:
    found = next((each for each in rows if each.strong), None)
    if found is None:
        return ""
    provider, precision, threads, batch, fps = (each.text for each in found.cells[:5])
    return f" Fastest: {precision} on {provider}, batch {batch}, threads {threads}, with {fps} pictures/s."


def scenarios(report: Report) -> Section:
    found = [each for name in SCENARIOS for each in report.named(name)]
    limits = list(dict.fromkeys(each.labels.get("p99_ms", "") for each in report.named("server_fps")))
    within = f", within {limits[0]} ms" if len(limits) == 1 and limits[0] else ""
    return Section(
        "scenarios",
        "MLPerf's scenarios",
        f"Single stream: one picture after another. Multi-stream: 8 at once. Server: arrivals at random, 99 of 100 answered in time{within}. Offline: all at once. The last two are in pictures a second.",
        ("provider", "precision", "single p90 ms", "multi p99 ms", "server /s", "offline /s"),
        tuple(
            Row((Cell(a), Cell(b), *(cell(one(report, name, provider=a, precision=b)) for name in SCENARIOS)))
            for a, b in distinct(found, "provider", "precision")
        ),
        names=2,
    )


def latencies(report: Report) -> Section:
    rows = tuple(
        Row((Cell(name), Cell(str(each.n)), *(Cell(_percentile(each.percentiles, at)) for at in LISTED)))
        for name, each in distributions(report)
    )
    said = "Milliseconds within which so many percent of answers came."
    return Section("latencies", "Latencies", said, ("", "answers", *(f"{at} %" for at in LISTED)), rows)


def _percentile(percentiles: dict[str, float], at: str) -> str:
    return number(percentiles[at]) if at in percentiles else "-"


def stages(report: Report) -> Section:
    rows: list[Row] = []
    cpu = bool(report.named("stage_cpu_ms"))
    for (clip,) in distinct(report.named("stage_ms"), "clip"):
        found = sorted(report.named("stage_ms", clip=clip), key=lambda each: order(each.labels.get("stage", "")))
        whole = sum(each.value for each in found)
        group = []
        for each in found:
            share = each.value / whole if whole else 0.0
            stage = each.labels.get("stage", "-")
            processor = [cell(one(report, "stage_cpu_ms", clip=clip, stage=stage))] if cpu else []
            times = (cell(each), *processor, Cell(f"{100 * share:.1f} %", share=share))
            group.append(Row((Cell(clip), Cell(stage), *times)))
        rows += grouped(group)
    said = "Each stage by itself, on one frame after another; shares are of their sum, not of the pipeline, in which some run side by side."
    columns = ("clip", "stage", "ms a frame", *(["CPU ms a frame"] if cpu else []), "share")
    return Section("stages", "Where the time goes", said, columns, tuple(rows), names=2, main=2)


def order(stage: str) -> int:
    """Of a stage among its like; unknown ones come last."""
    return STAGES.index(stage) if stage in STAGES else len(STAGES)


def accuracy(report: Report) -> Section:
    rows = []
    for each in report.accuracy:
        right = Cell(f"{100 * each.accuracy:.2f} %", f"{100 * each.low:.2f} to {100 * each.high:.2f}")
        flips = "-" if each.flips is None else str(each.flips)
        speeds = report.named("model_fps", precision=each.precision)
        fastest = max(speeds, key=lambda figure: figure.value, default=None)
        rows.append(Row((Cell(each.precision), right, Cell(f"{each.right} of {each.n}"), Cell(flips), cell(fastest))))
    against = ", ".join(dict.fromkeys(each.against for each in report.accuracy))
    said = f"The model may have learnt from these pictures. Flips are decisions other than those of {against}. Intervals hold in 95 % of cases. Speed is the best of the model alone."
    return Section(
        "accuracy", "Accuracy beside speed", said, ("precision", "right", "", "flips", "pictures/s"), tuple(rows)
    )


def beside(report: Report) -> Section:
    keys = ("model", "precision")
    return Section(
        "against",
        "Beside another model",
        f"In the same rounds, with the same provider, batch and threads. The ratio is of {report.model.name}'s pictures a second to the other's.",
        (*keys, "pictures/s", "ratio", *(["right %"] if report.named(BESIDE[-1]) else [])),
        tuple(
            Row(
                (
                    Cell(a),
                    Cell(b),
                    *(cell(found) for name in BESIDE if (found := one(report, name, model=a, precision=b))),
                )
            )
            for a, b in distinct(report.named(BESIDE[0]), *keys)
        ),
        names=2,
        main=3,
    )
