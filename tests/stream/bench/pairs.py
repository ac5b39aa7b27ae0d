"""Pairs of made-up reports, to be compared."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stream.bench.figure import Better, Figure
from stream.bench.report import Clip, Machine, ModelUsed, Plan, Report

MACHINE = Machine(
    processor="Xeon",
    system="Linux",
    instruction_sets=("avx2",),
    cores=2,
    cores_of_machine=4,
    memory_mb=8000,
    memory_free_mb=4000,
    gpus=(),
    providers=("cpu",),
    absent={"cuda": "no GPU"},
    versions={"rivereye": "0.1.0", "numpy": "2.3"},
    fingerprint="0" * 16,
)
MODEL = ModelUsed(
    name="vgg16-river",
    sha256="a" * 64,
    precisions=("fp32", "int8"),
    precision="int8",
    provider="cpu",
    batch=4,
    threads=2,
    hwaccel="none",
    tuned=False,
)
CLIP = Clip(
    name="quiet",
    width=1920,
    height=1080,
    fps=25,
    frames=250,
    codec="h264",
    megabits_a_second=4,
    sha256="c" * 64,
    made_from_seed=0,
)
PLAN = Plan(duration=1, repeats=5, trials=10, stability=0.1, seed=0, views="whole")


def spread(middle: float, share: float = 0.03, count: int = 5) -> list[float]:
    """Samples about `middle`, `share` of it from the lowest to the highest, in no order."""
    steps = [middle * (1 + share * (step / (count - 1) - 0.5)) for step in range(count)]
    return steps[1::2] + steps[::2]


def figure(
    samples: Sequence[float], name: str = "pipeline_fps", better: Better = "higher", unit: str = "fps", **labels: object
) -> Figure:
    return Figure.of(name, samples, unit, better, labels)


def write(path: Path, figures: Sequence[Figure], **changes: Any) -> Path:
    parts: dict[str, Any] = {"machine": MACHINE, "model": MODEL, "clips": (CLIP,), "plan": PLAN} | changes
    report = Report(created="2025-11-25", seconds=1, command="rivereye bench", figures=tuple(figures), **parts)
    path.write_text(report.model_dump_json(by_alias=True), encoding="utf-8")
    return path
