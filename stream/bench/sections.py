"""What people are shown of a benchmark, as tables of words: the terminal and the page print the same ones."""

from stream.bench.report import Attempt, Report
from stream.bench.speeds import BESIDE, SCENARIOS, SWEEP, accuracy, beside, latencies, scenarios, stages, sweep
from stream.bench.words import (
    Cell,
    Row,
    Section,
    carried,
    cell,
    distinct,
    grouped,
    number,
    one,
    setting,
)

PIPELINE = ("pipeline_fps", "pipeline_to_decode", "pipeline_cpu_ms", "pipeline_joule")
COMMAND = {
    "command_first_detection_s": "first detection s",
    "command_seconds": "whole s",
    "command_cpu_s": "CPU s",
    "command_peak_mb": "peak MB",
}
"""Columns, by the figure that they show."""
SHOWN = frozenset(
    (
        *PIPELINE,
        *COMMAND,
        *SWEEP,
        *SCENARIOS,
        *BESIDE,
        "decode_fps",
        "read_fps",
        "stage_ms",
        "stage_cpu_ms",
        "machine_matmul_gflops",
    )
)
BY_RECORD = {
    "accuracy_percent": "accuracy",
    "flips": "accuracy",
    "capacity_cameras": "capacity",
    "capacity_cores": "capacity",
    "capacity_memory_mb": "capacity",
}
"""Figures of which the report has a record that says more."""
DUE = (
    "Due are looks whose frames were due in the measured time: of each camera, which starts at a moment of its own, one more or "
    "fewer than by the clock."
)


def sections(report: Report) -> list[Section]:
    """The tables that have rows, what most people come for first."""
    made = (
        _recorded(report),
        _capacity(report),
        _command(report),
        sweep(report),
        scenarios(report),
        latencies(report),
        stages(report),
        accuracy(report),
        beside(report),
        _tried(report),
        _others(report),
        _absent(report),
    )
    return [each for each in made if each.rows]


def _recorded(report: Report) -> Section:
    clips = distinct([figure for name in ("decode_fps", *PIPELINE) for figure in report.named(name)], "clip")
    joule = bool(report.named("pipeline_joule"))
    names = PIPELINE if joule else PIPELINE[:-1]
    columns = ("clip", "", "frames/s", "ratio", "CPU ms a frame", "J a frame")
    rows: list[Row] = []
    for (clip,) in clips:
        floor = [
            Row((Cell(clip), Cell(title), cell(figure), *[Cell("")] * (len(names) - 1)))
            for title, name in (("decoding alone", "decode_fps"), ("and to BGR", "read_fps"))
            if (figure := one(report, name, clip=clip)) is not None
        ]
        whole = [
            Row(
                (Cell(clip), Cell(title), *(cell(one(report, name, clip=clip, gate=gate)) for name in names)),
                strong=True,
            )
            for title, gate in (("whole pipeline", "off"), ("with the gate", "on"))
            if one(report, "pipeline_fps", clip=clip, gate=gate) is not None
        ]
        rows += grouped([*whole, *floor])
    return Section(
        "recorded",
        "Recorded video, end to end",
        "A recording is worked off as fast as it goes, and no frame is left out. Decoding alone, measured in the same run, is what no pipeline can beat; the ratio is to it.",
        columns if joule else columns[:-1],
        tuple(rows),
        names=2,
        main=2,
    )


def _command(report: Report) -> Section:
    told = {name: title for name, title in COMMAND.items() if report.named(name)}
    return Section(
        "command",
        "The whole command",
        "rivereye stream as a process of its own, over the first 4 s of a clip, from its start on: loading the model is part of it.",
        ("clip", *told.values()),
        tuple(
            Row((Cell(clip), *(cell(one(report, name, clip=clip)) for name in told)))
            for (clip,) in distinct((each for name in told for each in report.named(name)), "clip")
        ),
    )


def _capacity(report: Report) -> Section:
    capacity = report.capacity
    return Section(
        "capacity",
        "Cameras at once",
        "" if capacity is None else f"Carried: {carried(report, capacity)} {DUE}",
        ("cameras", "carried", "due", "late %", "p50 ms", "p99 ms", "cores", "MB", "player late ms"),
        () if capacity is None else tuple(_attempt(each, capacity.cameras) for each in capacity.attempts),
        names=2,
    )


def _attempt(each: Attempt, most: int) -> Row:
    p50, p99 = ("none" if value is None else number(value) for value in (each.p50_ms, each.p99_ms))
    values = (f"{100 * each.late:.2f}", p50, p99, f"{each.cores:.2f}", f"{each.memory_mb:.0f}")
    cells = (str(each.cameras), "yes" if each.carried else "no", str(each.due), *values, f"{each.camera_late_ms:.1f}")
    return Row(tuple(Cell(text) for text in cells), strong=each.carried and each.cameras == most)


def _tried(report: Report) -> Section:
    ordered = sorted(report.tried, key=lambda each: -each.fps.value)
    chosen = next((each for each in ordered if each.chosen), None)
    return Section(
        "tried",
        "Settings for this machine",
        "None was chosen." if chosen is None else f"Chosen: {setting(chosen)}.",
        ("provider", "precision", "batch", "threads", "decoder", "frames/s"),
        tuple(
            Row((*map(Cell, (a.provider, a.precision, str(a.batch), str(a.threads), a.hwaccel)), cell(a.fps)), a.chosen)
            for a in ordered
        ),
        names=2,
    )


def _others(report: Report) -> Section:
    """What later versions measure, and nobody has a table for."""
    found = [
        each
        for each in report.figures
        if each.name not in SHOWN and not (each.name in BY_RECORD and getattr(report, BY_RECORD[each.name]))
    ]
    rows = tuple(Row((Cell(each.shown), cell(each), Cell(each.unit))) for each in found)
    return Section("others", "Other figures", "", ("figure", "value", "unit"), rows)


def _absent(report: Report) -> Section:
    why = {**report.left_out, **report.machine.absent}
    rows = tuple(Row((Cell(name), Cell(reason))) for name, reason in why.items())
    return Section("absent", "What is absent, and why", "", ("", "why"), rows, names=2)
