"""Which settings are tried, and which are chosen."""

from pathlib import Path

import pytest

from stream.bench.figure import Figure
from stream.bench.recorded import Watching
from stream.bench.report import Plan, Tried
from stream.bench.sweep import Opened, Setting
from stream.bench.tune import MOST, choose, chosen_by, fastest, opens, tune
from tests.factories import opened_bundle, write_clip

PLAN = Plan(duration=0.02, repeats=3, trials=3, stability=0.1, seed=0, views="whole")


def swept(provider: str, precision: str, batch: int, threads: int, fps: float) -> Figure:
    labels = {"provider": provider, "precision": precision, "batch": batch, "threads": threads}
    return Figure.of("model_fps", [fps], "pictures/s", "higher", labels)


def tried(fps: list[float], batch: int = 4, threads: int = 2, hwaccel: str = "none") -> Tried:
    figure = Figure.of("tuning_fps", fps, "frames/s", "higher")
    return Tried(
        provider="cpu", precision="int8", batch=batch, threads=threads, hwaccel=hwaccel, fps=figure, chosen=False
    )


def test_only_the_fastest_provider_and_precision_are_tried_on_video() -> None:
    figures = [swept("cpu", "fp32", 1, 2, 20.0), swept("cpu", "int8", 1, 1, 30.0), swept("cpu", "int8", 8, 2, 60.0)]
    assert fastest(figures) == [Setting("cpu", "int8", 8, 2), Setting("cpu", "int8", 1, 1)]


def test_no_more_than_some_are_tried() -> None:
    assert len(fastest([swept("cpu", "int8", batch, 1, 100.0 - batch) for batch in range(1, 30)])) == MOST


@pytest.mark.parametrize(
    ("candidates", "best"),
    [
        ([tried([50, 51, 52], 1), tried([60, 61, 62], 8)], 1),
        ([tried([59, 61, 62], 1), tried([60, 62, 63], 8)], 0),  # as fast, but for chance: the smaller batch
        ([tried([60, 61, 62], threads=2), tried([60, 61, 61.5], threads=1)], 1),
        ([tried([60, 61, 62], hwaccel="auto"), tried([60, 61, 62], batch=8)], 1),
        ([tried([90, 91, 92], hwaccel="auto"), tried([60, 61, 62])], 0),
    ],
)  # fmt: skip
def test_of_those_as_fast_as_the_fastest_the_one_that_takes_least_is_chosen(candidates: list[Tried], best: int) -> None:
    assert choose(candidates) is candidates[best]


def test_one_that_is_alone_is_not_chosen(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "river.mp4", [90 + 4 * (each % 5) for each in range(10)])
    opened = Opened(opened_bundle(tmp_path / "bundle"))
    watching = Watching("whole", 4, "none", tmp_path)
    (found,) = tune(opened, [swept("cpu", "fp32", 4, 1, 100.0)], clip, watching, PLAN, lambda _, __: None)
    opened.close()
    assert not found.chosen
    assert "one setting only to choose from" in (chosen_by([found]) or "")


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ([tried([50, 51, 52], 1)], None),
        ([tried([60, 61, 62], 8)], "1 of 2 settings are as fast as the chosen one but for chance"),
        ([tried([60, 61, 62], 8), tried([50, 51, 52], 1)], "1 of 3 settings"),
    ],
)
def test_a_choice_by_chance_is_told(others: list[Tried], said: str | None) -> None:
    best = tried([60, 61, 62]).model_copy(update={"chosen": True})
    found = chosen_by([best, *others])
    assert found is None if said is None else said in (found or "")


def test_hardware_that_is_not_there_is_not_tried(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "river.mp4", [90] * 5)
    if Path("/dev/dri").exists():
        pytest.skip("this machine may have a decoder")
    assert not opens(clip, "vaapi")
    assert not opens(clip, "auto")


def test_settings_are_tried_on_video_and_one_is_chosen(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "river.mp4", [90 + 4 * (each % 5) for each in range(20)])
    opened = Opened(opened_bundle(tmp_path / "bundle"))
    figures = [swept("cpu", "fp32", batch, 1, 100.0) for batch in (1, 4)]
    found = tune(opened, figures, clip, Watching("whole", 4, "none", tmp_path), PLAN, lambda _, __: None)
    opened.close()
    assert {(each.batch, each.threads, each.hwaccel) for each in found} >= {(1, 1, "none"), (4, 1, "none")}
    assert sum(each.chosen for each in found) == 1
    assert all(len(each.fps.samples) == 3 and each.fps.value > 0 for each in found)
