"""Whether a planted slowdown was found, as data: `benchmarks/results/planted.json`, which `benchmarks.planted` writes."""

from typing import Annotated, Literal

from pydantic import Field

from stream.bench.comparison import Comparison
from stream.bench.report import Part
from stream.bench.verdict import ALONE, YARDSTICK, Compared

NETWORK = (
    "model_fps",
    "model_p50_ms",
    "model_p99_ms",
    "single_stream_p90_ms",
    "multi_stream_p99_ms",
    "server_fps",
    "offline_fps",
    "pipeline_fps",
    "pipeline_to_decode",
    "command_seconds",
    "capacity_cameras",
)
"""Figures that hang on how long the network takes. Its sleep takes no processor time, so that those of processor time do not."""
STAGE = {"stage": "inference"}
"""And of the figure `stage_ms` this one."""


class Planted(Part):
    """Two comparisons with the same first benchmark. `same`: with another of the same; `slower`: with one whose network takes longer by `share`."""

    schema_: Annotated[Literal["rivereye/planted/1"], Field(alias="schema")] = "rivereye/planted/1"
    share: float
    same: Comparison
    slower: Comparison

    @property
    def touched(self) -> list[Compared]:
        """Figures that the slowdown reaches. Behind the gate the network is seldom asked: those with it are left out."""
        return [each for each in _both(self.slower) if _of_network(each)]

    @property
    def found(self) -> list[Compared]:
        """Those of them that are said to be worse, and not by the machine's doing."""
        return [each for each in self.touched if each.verdict == "worse" and not each.machine]

    @property
    def false(self) -> list[Compared]:
        """Figures that it does not reach, said to have changed all the same."""
        untouched = (each for each in _both(self.slower) if not _of_network(each) and not _gated(each))
        return [each for each in untouched if each.changed and not each.machine]

    @property
    def apart(self) -> list[Compared]:
        """What is said to have changed where nothing did."""
        return [each for each in _both(self.same) if each.changed and not each.machine]


def told(planted: Planted) -> str:
    """In sentences, as Markdown."""
    total = len(_both(planted.same))
    return (
        f"Of {total} figures, {len(planted.apart)} differed between the first two{_named(planted.apart)}{_speed(planted.same)}. "
        f"Of {len(planted.touched)} figures that a network slower by {planted.share:.0%} reaches, {len(planted.found)} were found to be worse"
        f"{_named(planted.found)}; of those that it does not reach, {len(planted.false)} were said to have changed{_named(planted.false)}"
        f"{_speed(planted.slower)}."
    )


def _both(comparison: Comparison) -> list[Compared]:
    return [each for each in comparison.figures if each.verdict not in ALONE and each.shown != YARDSTICK]


def _of_network(each: Compared) -> bool:
    figure = each.either
    asked = figure.name in NETWORK or (figure.name == "stage_ms" and STAGE.items() <= figure.labels.items())
    return asked and not _gated(each)


def _gated(each: Compared) -> bool:
    return each.either.labels.get("gate") == "on"


def _named(figures: list[Compared]) -> str:
    """Each name of a figure once, with its largest change."""
    largest: dict[str, Compared] = {}
    for each in sorted(figures, key=lambda each: -each.size):
        largest.setdefault(each.either.name, each)
    return f" ({', '.join(f'`{name}` {each.change}' for name, each in largest.items())})" if largest else ""


def _speed(comparison: Comparison) -> str:
    if comparison.yardstick is None:
        return ", the machine itself being as fast"
    change = f"{100 * abs(comparison.yardstick - 1):.1f} % {'faster' if comparison.yardstick > 1 else 'slower'}"
    return f", the machine itself being {change}, and changes no larger than that not counted"
