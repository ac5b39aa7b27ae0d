"""What a benchmark came to, as a page for people: one file that opens without a network connection."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from stream.bench.plots import plots
from stream.bench.report import Clip, Report
from stream.bench.sections import sections
from stream.bench.words import UNSTABLE, cell, found, named, notes, one, plain, spread_note, unstable, unstable_note

TEMPLATE = "page.html.j2"


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure in large letters. `more`: said below it in small ones."""

    name: str
    value: str
    more: str


def page(report: Report) -> str:
    """The whole page, as HTML. Letters that cannot be printed, in names of files, have become `?`."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    return environment.get_template(TEMPLATE).render(
        report=report,
        processor=named(report.machine),
        lines=found(report),
        notes=notes(report),
        tiles=list(_tiles(report)),
        sections=sections(report),
        plots=plots(report),
        clips=[(clip.name, _of(clip), clip.sha256) for clip in report.clips],
        mark=UNSTABLE,
        spread=spread_note(report.plan),
        unstable=unstable_note(report.plan) if unstable(report) else None,
    )


def _printable(value: Any) -> Any:
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _tiles(report: Report) -> Iterator[Tile]:
    if report.capacity is not None:
        capacity = report.capacity
        more = f"{capacity.fps:g} looks a second each, 99 of 100 within {capacity.limit_ms:g} ms; clip {capacity.clip}"
        yield Tile("cameras at once", str(capacity.cameras), more)
    whole = report.named("pipeline_fps", gate="off") or report.named("pipeline_fps")
    if whole:
        slowest = min(whole, key=lambda each: each.value)
        clip = slowest.labels.get("clip", "")
        floor = one(report, "decode_fps", clip=clip)
        beside = f"; decoding alone {cell(floor).text}" if floor is not None else ""
        yield Tile("frames/s of recorded video", cell(slowest).text, f"the slowest clip: {clip}{beside}")
    for name, title, unit, what in (
        ("command_first_detection_s", "first detection", "s", "after the start"),
        ("command_peak_mb", "peak memory", "MB", "of the whole command"),
    ):
        figures = report.named(name)
        if figures:
            most = max(figures, key=lambda each: each.value)
            yield Tile(title, f"{cell(most).text} {unit}", f"{what}; clip {most.labels.get('clip', '')}")


def _of(clip: Clip) -> str:
    origin = "given" if clip.made_from_seed is None else f"made from seed {clip.made_from_seed}"
    size = f"{clip.width} x {clip.height} at {clip.fps:g} frames/s"
    return f"{size}, {clip.frames} frames, {clip.codec}, {clip.megabits_a_second:.1f} Mbit/s, {origin}"
