import io
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from models.errors import DataError
from stream.bench.compare import YARDSTICK, Comparison, compare, judge
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


def compared(
    folder: Path, a: Sequence[Figure], b: Sequence[Figure], everything: bool = False, **changes: Any
) -> tuple[Comparison, str]:
    """The comparison, and what was printed; `changes` are of B."""
    console = Console(file=io.StringIO(), width=200)
    paths = write(folder / "a.json", a), write(folder / "b.json", b, **changes)
    comparison = compare(*paths, as_json=False, console=console, everything=everything)
    assert isinstance(console.file, io.StringIO)
    return comparison, console.file.getvalue()


@pytest.mark.parametrize(
    ("a", "b", "better", "verdict"),
    [
        (spread(100), spread(90), "higher", "worse"),
        (spread(90), spread(100), "higher", "better"),
        (spread(90), spread(100), "lower", "worse"),
        (spread(100), spread(90), "lower", "better"),
        (spread(100), spread(90), "neither", "differs"),
        (spread(100), spread(98), "higher", "same"),  # ranges overlap
        (spread(100, 0.001), spread(98.5, 0.001), "higher", "same"),  # apart, by less than 2 %
        (spread(100, 0.001), spread(97.5, 0.001), "higher", "worse"),
        ([100, 101, 99, 100, 50], [90, 91, 89, 90, 90], "higher", "same"),  # A was as slow once
        (spread(100, count=3), spread(94, count=3), "higher", "same"),  # too few for a spread
        (spread(100, count=3), spread(94, count=5), "higher", "worse"),
        (spread(100, count=3), spread(85, count=3), "higher", "worse"),
        ([100], [109], "lower", "same"),
        ([100], [112], "lower", "worse"),
        ([5], [4], "higher", "same"),  # cameras: a search ends one up or down
        ([5], [3], "higher", "worse"),
        ([0], [0], "lower", "same"),
        ([0], [1], "lower", "same"),
        ([0], [2], "lower", "worse"),
        ([0.001] * 5, [0.0] * 5, "lower", "better"),
    ],
)
def test_verdicts(a: list[float], b: list[float], better: Better, verdict: str) -> None:
    assert judge(figure(a, better=better), figure(b, better=better)).verdict == verdict
    mirrored = {"better": "worse", "worse": "better"}.get(verdict, verdict)
    assert judge(figure(b, better=better), figure(a, better=better)).verdict == mirrored


@pytest.mark.parametrize(("low", "verdict"), [(0.94, "same"), (0.951, "worse")])
def test_a_share_differs_where_its_interval_does_however_small_the_change(low: float, verdict: str) -> None:
    a = figure([0.956], "accuracy").model_copy(update={"low": low, "high": 0.96})
    b = figure([0.945], "accuracy").model_copy(update={"low": 0.94, "high": 0.95})
    assert judge(a, b).verdict == verdict


def test_noise_alone_is_seldom_taken_for_a_change_and_a_slowdown_seldom_for_noise() -> None:
    draw = random.Random(7)

    def verdicts(change: float) -> list[str]:
        pairs = [[[draw.gauss(middle, 1.5) for _ in range(5)] for middle in (100, change)] for _ in range(2000)]
        return [judge(figure(a), figure(b)).verdict for a, b in pairs]

    assert verdicts(100).count("same") >= 0.99 * 2000
    assert verdicts(90).count("worse") >= 0.99 * 2000


def test_what_changed_is_listed_by_size_and_what_did_not_is_counted(tmp_path: Path) -> None:
    a = [figure(spread(100), clip=clip) for clip in ("[red]", "busy", "quiet", "water")]
    b = [
        figure(spread(level), clip=clip)
        for level, clip in ((110, "[red]"), (50, "busy"), (90, "quiet"), (101, "water"))
    ]
    comparison, text = compared(tmp_path, a, b)
    assert [each.verdict for each in comparison.figures] == ["better", "worse", "worse", "same"]
    assert [each.ratio for each in comparison.figures] == pytest.approx([1.1, 0.5, 0.9, 1.01])
    assert text.index("busy") < text.index("quiet")
    assert text.index("busy") < text.index("clip=[red]")
    assert "-50.0 %" in text
    assert "water" not in text
    assert "3 figures changed by more than the noise (by chance alone up to 0.0 would have), 1 are the same" in text
    assert comparison.by_chance == pytest.approx(4 * 2 / 252)
    assert "water" in compared(tmp_path, a, b, everything=True)[1]


def test_figures_are_matched_by_name_labels_and_unit(tmp_path: Path) -> None:
    a = [figure(spread(100), clip="busy", gate="on"), figure(spread(9)), figure(spread(1), "queue", unit="s")]
    b = [
        figure(spread(100), gate="on", clip="busy"),
        figure(spread(8), clip="x"),
        figure(spread(1000), "queue", unit="ms"),
    ]
    comparison, text = compared(tmp_path, a, b)
    assert [each.verdict for each in comparison.figures] == ["same", *["only in A"] * 2, *["only in B"] * 2]
    assert text == "0 figures changed by more than the noise, 1 are the same, 2 only in A, 2 only in B\n"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"machine": MACHINE.model_copy(update={"memory_free_mb": 1, "absent": {}})}, []),
        (
            {"machine": MACHINE.model_copy(update={"processor": "EPYC", "cores": 8.0, "versions": {"numpy": "2.4"}})},
            [
                "machine: processor: Xeon in A, EPYC in B",
                "machine: cores: 2.0 in A, 8.0 in B",
                "machine: version of rivereye: 0.1.0 in A, none in B",
                "machine: version of numpy: 2.3 in A, 2.4 in B",
            ],
        ),
        (
            {"model": MODEL.model_copy(update={"sha256": "b" * 64})},
            [f"model: sha256: {'a' * 64} in A, {'b' * 64} in B"],
        ),
        ({"clips": (CLIP.model_copy(update={"frames": 9}),)}, ["clip quiet: frames: 250 in A, 9 in B"]),
        ({"clips": ()}, ["clip quiet: measured with: yes in A, no in B"]),
        ({"plan": PLAN.model_copy(update={"repeats": 9})}, ["plan: repeats: 5 in A, 9 in B"]),
    ],
)
def test_whatever_else_differs_is_said_first(tmp_path: Path, changes: dict[str, Any], said: list[str]) -> None:
    comparison, text = compared(tmp_path, [figure(spread(100))], [figure(spread(50))], **changes)
    assert text.splitlines()[: len(said)] == said
    assert len(comparison.differences) == len(said)
    assert ("tell of these differences" in text) == bool(said)


@pytest.mark.parametrize(
    ("level", "said"), [(101, None), (112, "the machine itself was 12.0 % faster in B"), (80, "20.0 % slower in B")]
)
def test_the_yardstick_tells_of_the_machine_itself(tmp_path: Path, level: float, said: str | None) -> None:
    a, b = ([figure(spread(each), YARDSTICK, unit="GFLOP/s")] for each in (100, level))
    comparison, text = compared(tmp_path, a, b)
    assert comparison.yardstick == (None if said is None else pytest.approx(level / 100))
    assert (said or "0 figures changed") in text
    assert ("machine itself" in text) == (said is not None)


def test_json_is_one_object_on_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = write(tmp_path / "bench.json", [figure(spread(100))]), write(tmp_path / "b.json", [figure(spread(90))])
    compare(tmp_path, b, as_json=True, console=Console(stderr=True))  # A by its folder
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["schema"] == "rivereye/bench-compare/1"
    assert found["figures"][0]["verdict"] == "worse"
    assert (
        found["figures"][0]["a"]["samples"]
        == Report.model_validate_json(a.read_bytes()).figures[0].model_dump(mode="json")["samples"]
    )
    assert err == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot read .*b.json: No such file"),
        ("{", "cannot understand .*b.json"),
        ("{}", "cannot understand .*b.json: "),
    ],
)
def test_a_broken_report_is_told(tmp_path: Path, content: str | None, said: str) -> None:
    a, b = write(tmp_path / "a.json", []), tmp_path / "b.json"
    if content is not None:
        b.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        compare(a, b, as_json=False, console=Console())


def test_a_figure_that_is_there_twice_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a.json: it has pipeline_fps twice"):
        compared(tmp_path, [figure([1]), figure([2])], [])
