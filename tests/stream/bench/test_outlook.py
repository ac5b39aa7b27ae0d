"""How long a benchmark takes, as far as that can be known."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.classifier import Choice
from stream.bench.outlook import in_words, outlook
from stream.bench.report import Clip, Plan
from stream.bench.wanted import Wanted

PLAN = Plan(duration=1, repeats=5, trials=10, stability=0.1, seed=0, views="whole")
CLIP = Clip(
    name="busy", width=1920, height=1080, fps=25, frames=250, codec="h264", megabits_a_second=6, sha256="0" * 64, made_from_seed=0
)  # fmt: skip
WANTED = Wanted(
    Choice(provider="cpu"), PLAN, clips=(Path("busy.mp4"),), batches=(1, 4), threads=(1, 2), only=("model",)
)


@pytest.mark.parametrize(
    ("changes", "least", "most"),
    [
        ({}, 30, 30),  # six rounds of four settings and the yardstick
        ({"plan": PLAN.model_copy(update={"duration": 0.1})}, 3, 3),
        ({"plan": PLAN.model_copy(update={"repeats": 11})}, 60, 60),
        ({"batches": (1, 2, 4, 8)}, 54, 54),
        ({"only": ("pipeline",)}, 60, 130),
        ({"only": ()}, 180, 400),
        ({"capacity": True}, 200, 500),
        ({"capacity": True, "seconds": 60.0}, 500, 1000),
        ({"tune": True}, 60, 300),
    ],
)
def test_it_hangs_on_how_much_is_measured(changes: dict[str, Any], least: float, most: float) -> None:
    assert least <= round(outlook(replace(WANTED, **changes), 1, (CLIP,)), 6) <= most


def test_small_clips_take_less() -> None:
    pipeline = replace(WANTED, only=("pipeline",))
    small = CLIP.model_copy(update={"width": 640, "height": 360})
    assert outlook(pipeline, 1, (small,)) < outlook(pipeline, 1, (CLIP,)) / 3


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.5, "about 10 seconds"), (44, "about 40 seconds"), (91, "about 2 minutes"), (650, "about 11 minutes")],
)
def test_it_is_told_in_round_numbers(seconds: float, said: str) -> None:
    assert in_words(seconds) == said
