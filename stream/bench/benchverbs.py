"""`rivereye bench` and what belongs to it, as the command line has them."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import typer
from rich.console import Console

from models.bundle import DEFAULT
from models.errors import UsageError
from stream.bench.group import RUN, Group, Run
from stream.options import Precision, Provider, console

MEASURED, LONG, CAMERAS, PLACES = "What is measured", "How long", "Cameras (--capacity)", "What comes of it"
Value = TypeVar("Value", int, str)
MILLISECONDS = re.compile(r"\s*([0-9.]+)\s*(ms|s)?\s*")


app = typer.Typer(
    cls=Group,
    rich_markup_mode="rich",
    help="Measure what this machine carries: frames a second, cameras, delays, accuracy. Also: bench compare, bench clips.",
)


@app.command(RUN, cls=Run)
def run(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="Folder of a bundle, or the name of a released model.")
    ] = DEFAULT,
    clip: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            help="Video to measure with; may be given again. By itself three are made (see `rivereye bench clips`).",
            rich_help_panel=MEASURED,
        ),
    ] = None,
    precision: Precision = None,
    provider: Provider = "auto",
    views: Annotated[
        str, typer.Option(help="As of `rivereye stream`: whole, or 2x3.", rich_help_panel=MEASURED)
    ] = "whole",
    batch: Annotated[
        list[int] | None,
        typer.Option(
            min=1,
            max=256,
            help="Batch of the model; may be given again. One alone is that of everything.",
            rich_help_panel=MEASURED,
        ),
    ] = None,
    threads: Annotated[
        list[int] | None,
        typer.Option(min=1, max=256, help="Threads of the model; likewise.", rich_help_panel=MEASURED),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="This part alone: model, scenarios, pipeline, stages or command; may be given again. By itself all; the quickest is --only pipeline.",
            rich_help_panel=MEASURED,
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of labelled pictures (sub-folder ship, and others): accuracy beside speed.",
            rich_help_panel=MEASURED,
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Another model, in each of its precisions: how many times as fast the first one is, and with --data how often each is right.",
            rich_help_panel=MEASURED,
        ),
    ] = None,
    capacity: Annotated[
        bool, typer.Option("--capacity", help="Find the most live cameras that are carried.", rich_help_panel=CAMERAS)
    ] = False,
    fps: Annotated[float, typer.Option(min=0.1, help="Looks a second at each camera.", rich_help_panel=CAMERAS)] = 5.0,
    p99: Annotated[
        str,
        typer.Option(
            help="99 % of looks have to be there so soon after their frame was due at the camera; 200ms, or 1s.",
            rich_help_panel=CAMERAS,
        ),
    ] = "200ms",
    seconds: Annotated[float, typer.Option(min=1, help="Length of each attempt.", rich_help_panel=CAMERAS)] = 20.0,
    most: Annotated[int, typer.Option(min=1, max=512, help="No more cameras than this.", rich_help_panel=CAMERAS)] = 64,
    duration: Annotated[float, typer.Option(min=0.01, help="Seconds of one sample.", rich_help_panel=LONG)] = 1.0,
    repeats: Annotated[
        int,
        typer.Option(
            min=3,
            max=100,
            help="Samples of each figure, taken in turn with all others, after one to warm up.",
            rich_help_panel=LONG,
        ),
    ] = 5,
    trials: Annotated[
        int, typer.Option(min=3, max=1000, help="So many at most of a figure that is not stable.", rich_help_panel=LONG)
    ] = 10,
    stability: Annotated[
        float,
        typer.Option(
            min=0.001,
            max=1,
            help="A figure is stable when its last three samples are within this share of their mean.",
            rich_help_panel=LONG,
        ),
    ] = 0.1,
    seed: Annotated[int, typer.Option(min=0, help="Of clips, arrivals and orders.", rich_help_panel=LONG)] = 0,
    tune: Annotated[
        bool,
        typer.Option(
            "--tune",
            help="Find the fastest settings for this machine; `rivereye stream` picks them up.",
            rich_help_panel=PLACES,
        ),
    ] = False,
    require: Annotated[
        list[str] | None,
        typer.Option(
            help="A limit, such as 'pipeline_fps>=100' or 'pipeline_fps{clip=quiet}>=150'; exit code 3 where it is not met.",
            rich_help_panel=PLACES,
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for bench.json and bench.html.", rich_help_panel=PLACES)] = Path(
        "bench"
    ),
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a benchmark that is there.", rich_help_panel=PLACES)
    ] = False,
) -> None:
    """Measure what this machine carries with a model: frames a second, cameras, delays.

    Measured are the model alone (each provider, precision, batch and number of threads), each step of a frame's way, recorded video from end to end beside nothing but its decoding, and MLPerf's scenarios; with --capacity the most live cameras, with --data the accuracy of each precision. It takes some minutes, and wants the machine for itself.

    `rivereye bench compare A B` says what differs between two benchmarks, and `rivereye bench clips FOLDER` makes the clips.
    """
    from models.classifier import Choice
    from stream.bench.bench import bench
    from stream.bench.demands import PARTS, check_names
    from stream.bench.figure import Requirement
    from stream.bench.report import Plan
    from stream.bench.wanted import Wanted
    from stream.looking.views import views_named

    views_named(views)
    requirements = [Requirement.read(each) for each in require or []]
    if unknown := [each for each in only or () if each not in PARTS]:
        raise UsageError(f"--only {unknown[0]}: there is no such part; there are {', '.join(PARTS)}")
    check_names(requirements, capacity, data is not None, tuple(only or ()), against is not None)
    plan = Plan(
        duration=duration, repeats=repeats, trials=max(trials, repeats), stability=stability, seed=seed, views=views
    )
    wanted = Wanted(
        Choice(model, precision, provider), plan, tuple(clip or ()), _once(batch), _once(threads), capacity, fps, _milliseconds(p99), seconds, most, tune, _once(only)
    )  # fmt: skip
    bench(wanted, data, against, requirements, out, overwrite, console)


@app.command("compare")
def compare(
    first: Annotated[Path, typer.Argument(help="bench.json, or its folder.")],
    second: Annotated[Path, typer.Argument(help="The same of another run.")],
    everything: Annotated[bool, typer.Option("--all", help="Show also what is the same.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object to standard output instead.")] = False,
    fail_on: Annotated[
        Literal["worse", "different"] | None,
        typer.Option(
            help="Exit code 3 where a figure is worse in the second by more than the noise, or different in any way (also missing in one); not where the machine itself explains it."
        ),
    ] = None,
) -> None:
    """Say what differs between two benchmarks, and whether by more than the noise."""
    from stream.bench.compare import compare as begin

    begin(first, second, as_json, Console(), everything, fail_on)


@app.command("clips")
def clips(
    folder: Annotated[Path, typer.Argument(help="For water.mp4, quiet.mp4 and busy.mp4.")],
    seconds: Annotated[float, typer.Option(min=1, help="Length of each.")] = 10.0,
    seed: Annotated[int, typer.Option(min=0, help="Of all that is drawn by chance.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")] = False,
) -> None:
    """Make the clips that are measured with: H.264, 1080p, 25 frames a second; moving water, a quiet scene, a busy one."""
    from stream.bench.clips import make_clips

    make_clips(folder, seed, seconds, overwrite, console)


def _once(values: Sequence[Value] | None) -> tuple[Value, ...]:
    """In the order given."""
    return tuple(dict.fromkeys(values or ()))


def _milliseconds(text: str) -> float:
    match = MILLISECONDS.fullmatch(text)
    try:
        value = float(match[1]) * (1000 if match[2] == "s" else 1) if match else 0.0
    except ValueError:
        value = 0.0
    if value <= 0:
        raise UsageError(f"--p99 {text}: no time; give one such as 200ms, or 1s")
    return value
