"""Figures, how they are named, and limits on them."""

import pytest

from models.errors import UsageError
from stream.bench.figure import Figure, Requirement, Selector

QUIET = Figure.of("pipeline_fps", [150.0, 140.0, 160.0], "frames/s", "higher", {"clip": "quiet", "gate": "on"})
BUSY = Figure.of("pipeline_fps", [50.0, 49.0, 55.0], "frames/s", "higher", {"clip": "busy", "gate": "off"})
FLOOR = Figure.of("decode_fps", [200.0], "frames/s", "higher", {"clip": "busy"})
ALL = [QUIET, BUSY, FLOOR]


def test_the_median_stands_for_all_samples() -> None:
    assert (QUIET.value, QUIET.low, QUIET.high) == (150.0, 140.0, 160.0)
    assert QUIET.shown == "pipeline_fps{clip=quiet,gate=on}"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("pipeline_fps", [QUIET, BUSY]),
        ("pipeline_fps{}", [QUIET, BUSY]),
        ("pipeline_fps{clip=busy}", [BUSY]),
        (' pipeline_fps { gate="on" , clip = quiet } ', [QUIET]),
        ("pipeline_fps{clip=water}", []),
        ("decode_fps", [FLOOR]),
        (QUIET.shown, [QUIET]),
    ],
)
def test_figures_are_named_as_in_prometheus(text: str, meant: list[Figure]) -> None:
    assert Selector.read(text).among(ALL) == meant


@pytest.mark.parametrize("text", ["", "Pipeline", "pipeline fps", "pipeline_fps{clip}", "pipeline_fps{a=b", "{a=b}"])
def test_what_names_no_figure(text: str) -> None:
    with pytest.raises(UsageError, match="no name of a figure"):
        Selector.read(text)


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("pipeline_fps>=50", []),
        ("pipeline_fps>50", ["pipeline_fps{clip=busy,gate=off} is 50 frames/s, required > 50"]),
        ("pipeline_fps{clip=quiet}>=150.5", ["pipeline_fps{clip=quiet,gate=on} is 150 frames/s, required >= 150.5"]),
        ("decode_fps <= 2e2", []),
        ("decode_fps<200", ["decode_fps{clip=busy} is 200 frames/s, required < 200"]),
        ("pipeline_fps>=1e3", ["pipeline_fps{clip=quiet,gate=on} is 150 frames/s, required >= 1000", "pipeline_fps{clip=busy,gate=off} is 50 frames/s, required >= 1000"]),
    ],
)  # fmt: skip
def test_every_figure_that_is_meant_has_to_keep_a_limit(text: str, broken: list[str]) -> None:
    assert Requirement.read(text).broken_by(ALL) == broken


@pytest.mark.parametrize(
    "text", ["", "pipeline_fps", ">=100", "pipeline_fps>=", "pipeline_fps=100", "pipeline_fps>=fast"]
)
def test_what_is_no_requirement(text: str) -> None:
    with pytest.raises(UsageError):
        Requirement.read(text)


def test_a_limit_on_what_was_not_measured_is_a_mistake() -> None:
    with pytest.raises(
        UsageError, match=r"no figure pipeline_fps with labels .*water.* there are decode_fps, pipeline_fps"
    ):
        Requirement.read("pipeline_fps{clip=water}>=1").broken_by(ALL)
