"""Which labels figures will have, and whether limits speak of these."""

from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from models.classifier import Choice
from models.errors import GateNotMet, UsageError
from stream.bench.demands import NAMES, check_labels, check_met
from stream.bench.figure import Figure, Requirement
from stream.bench.labels import Labels, labels
from stream.bench.report import Plan
from stream.bench.used import used
from stream.bench.wanted import Wanted

PLAN = Plan(duration=1, repeats=5, trials=10, stability=0.1, seed=0, views="whole")
FIGURES = [
    Figure.of("pipeline_fps", [40.0], "frames/s", "higher", {"clip": "busy", "gate": "off"}),
    Figure.of("decode_fps", [200.0], "frames/s", "higher", {"clip": "busy"}),
]


def known(bundle: Path, **wanted: Any) -> dict[str, Labels]:
    asked = Wanted(Choice(str(bundle)), PLAN, **wanted)
    opened = asked.choice.bundle()
    return labels(asked, opened, used(asked.choice, opened, asked.batches, asked.threads, Console(quiet=True)))


def test_every_figure_has_labels_that_are_known(bundle: Path) -> None:
    assert set(known(bundle)) == NAMES


@pytest.mark.parametrize(
    ("wanted", "name", "label", "values"),
    [
        ({}, "pipeline_fps", "clip", {"water", "quiet", "busy"}),
        ({}, "stage_ms", "clip", {"busy"}),
        ({"clips": [Path("a/north.mp4"), Path("b/north.mp4")]}, "decode_fps", "clip", {"north", "north-2"}),
        ({"clips": [Path("a/north.mp4"), Path("b/north.mp4")]}, "command_cpu_s", "clip", {"north"}),
        ({"batches": [3]}, "model_fps", "batch", {"3"}),
        ({"threads": [1]}, "model_fps", "threads", {"1"}),
        ({"fps": 2.5, "limit_ms": 1000.0}, "capacity_cameras", "fps", {"2.5"}),
        ({"fps": 2.5, "limit_ms": 1000.0}, "capacity_cameras", "p99_ms", {"1000"}),
        ({}, "accuracy_percent", "precision", {"fp32"}),
    ],
)
def test_values_are_those_that_will_be_measured(
    bundle: Path, wanted: dict[str, Any], name: str, label: str, values: set[str]
) -> None:
    assert set(known(bundle, **wanted)[name][label]) == values


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pipeline_fps{clip=busy,gate=on}>=1", None),
        ("machine_matmul_gflops>=1", None),
        ("machine_matmul_gflops{clip=busy}>=1", "has no label 'clip'; it has none"),
        ("stage_ms{stage=sleep}<=1", "with stage=sleep; there is colour, decode"),
        ("command_cpu_s{clip=quiet}<=1", "with clip=quiet; there is busy"),
    ],
)
def test_limits_on_what_will_not_be_measured_are_refused(bundle: Path, text: str, said: str | None) -> None:
    requirements = [Requirement.read(text)]
    if said is None:
        check_labels(requirements, known(bundle))
    else:
        with pytest.raises(UsageError, match=said):
            check_labels(requirements, known(bundle))


@pytest.mark.parametrize(
    ("limits", "error", "lines"),
    [
        (["pipeline_fps>=40", "decode_fps>1"], None, 0),
        (["pipeline_fps>=41"], GateNotMet, 1),
        (["pipeline_fps>=41", "decode_fps<1"], GateNotMet, 3),
        (["pipeline_fps>=41", "model_fps>=1", "decode_fps<1"], GateNotMet, 4),
        (["pipeline_fps>=40", "model_fps>=1"], UsageError, 1),
    ],
)
def test_all_limits_that_are_not_met_are_told_each_on_its_line(
    limits: list[str], error: type[Exception] | None, lines: int
) -> None:
    requirements = [Requirement.read(each) for each in limits]
    if error is None:
        check_met(requirements, FIGURES)
        return
    with pytest.raises(error) as raised:
        check_met(requirements, FIGURES)
    told = str(raised.value).splitlines()
    assert len(told) == lines
    assert lines == 1 or told[0] == f"{lines - 1} limits are not met:"
