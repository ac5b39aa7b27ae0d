"""The search for the most cameras, and what is reported of it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from models.bundle import open_bundle
from models.classifier import Classifier
from stream.bench.attempt import Load
from stream.bench.capacity import ended_by, find_cameras, find_capacity, search
from stream.bench.report import Attempt
from tests.stream.bench.burnt import write_burnt
from tests.stream.bench.pairs import MODEL


@pytest.fixture(scope="module")
def opened(bundle: Path) -> Iterator[Classifier]:
    with Classifier(open_bundle(str(bundle)), threads=1) as classifier:
        yield classifier


def make_attempt(cameras: int, carried: bool, **rest: Any) -> Attempt:
    whole: dict[str, Any] = {
        "cameras": cameras,
        "carried": carried,
        "due": 100 * cameras,
        "late": 0.0 if carried else 0.5,
        "p50_ms": 50.0,
        "p99_ms": 90.0 if carried else None,
        "cores": 0.25 * cameras,
        "memory_mb": 100.0 * cameras,
        "camera_late_ms": 2.0,
    }
    return Attempt.model_validate(whole | rest)


def up_to(most: int) -> dict[int, list[bool]]:
    return {count: [count <= most] for count in range(1, 100)}


@pytest.mark.parametrize(
    ("answers", "most", "cameras", "tried"),
    [
        (up_to(0), 64, 0, [1]),
        (up_to(1), 64, 1, [1, 2, 1]),
        (up_to(2), 64, 2, [1, 2, 4, 3, 2]),
        (up_to(5), 64, 5, [1, 2, 4, 8, 6, 5, 5]),
        (up_to(7), 64, 7, [1, 2, 4, 8, 6, 7, 7]),
        (up_to(8), 64, 8, [1, 2, 4, 8, 16, 12, 10, 9, 8]),
        (up_to(99), 1, 1, [1, 1]),
        (up_to(99), 6, 6, [1, 2, 4, 6, 6]),
        (up_to(5), 6, 5, [1, 2, 4, 6, 5, 5]),
        (up_to(99), 64, 64, [1, 2, 4, 8, 16, 32, 64, 64]),
        # Not carried when it is asked again: one fewer, and one fewer still.
        (up_to(5) | {5: [True, False]}, 64, 4, [1, 2, 4, 8, 6, 5, 5, 4]),
        (up_to(5) | {5: [True, False], 4: [True, False]}, 64, 3, [1, 2, 4, 8, 6, 5, 5, 4, 3]),
        (up_to(1) | {1: [True, False]}, 64, 0, [1, 2, 1]),
        # A good moment, and a bad one.
        (up_to(3) | {6: [True, False]}, 64, 3, [1, 2, 4, 3, 3]),
        (up_to(9) | {3: [False], 4: [False]}, 64, 2, [1, 2, 4, 3, 2]),
        (up_to(4) | {6: [True, False], 7: [False], 5: [False]}, 64, 4, [1, 2, 4, 8, 6, 7, 6, 5, 4]),
    ],
)
def test_the_most_that_are_carried_twice(
    answers: dict[int, list[bool]], most: int, cameras: int, tried: Sequence[int]
) -> None:
    """`answers`: whether so many are carried the first time, the second, and so on, the last of these for ever."""
    asked: list[int] = []

    def carry(count: int) -> Attempt:
        asked.append(count)
        given = answers[count]
        return make_attempt(count, given[min(asked.count(count), len(given)) - 1])

    found, attempts = search(carry, most)
    assert (found, asked) == (cameras, list(tried))
    assert [each.cameras for each in attempts] == asked


@pytest.mark.parametrize(
    ("cameras", "late", "expected"),
    [
        (4, 45.0, None),
        (8, 2.0, "more than 8 were not tried"),
        (4, 60.0, "with 5, the process that plays the cameras was late itself, by 60 ms"),
    ],
)
def test_what_ended_the_search_is_told(cameras: int, late: float, expected: str | None) -> None:
    attempts = [make_attempt(count, count <= cameras, camera_late_ms=late) for count in (1, 2, 4, 8, 6, 5)]
    assert ended_by(cameras, attempts, 8, 200.0) == expected


class Machine:
    """Carries three cameras, each attempt a little better than the last."""

    def __init__(self) -> None:
        self.loads: list[Load] = []

    def attempt(self, _: Classifier, load: Load, count: int) -> tuple[Attempt, list[float]]:
        self.loads.append(load)
        made = make_attempt(count, count <= 3, memory_mb=1000.0 - len(self.loads))
        return made, [10.0 * count + number for number in range(3)]


def test_what_is_reported(monkeypatch: pytest.MonkeyPatch, opened: Classifier) -> None:
    machine, told = Machine(), list[str]()
    monkeypatch.setattr("stream.bench.capacity.attempt", machine.attempt)
    capacity, figures, (latencies,) = find_capacity(
        Path("busy.mp4"), "busy", opened, fps=5.0, limit_ms=200.0, seconds=20.0, views="2x3", seed=3, tell=told.append
    )
    assert set(machine.loads) == {Load(Path("busy.mp4"), 5.0, 0.2, 20.0, "2x3", seed=3)}
    assert (capacity.cameras, capacity.limit, capacity.clip) == (3, None, "busy")
    assert [each.cameras for each in capacity.attempts] == [1, 2, 4, 3, 3]
    assert told[:3] == ["1 camera at once, for 20 s", "1: carried, 0.0 % of looks late", "2 cameras at once, for 20 s"]
    assert told[5] == "4: not carried, 50.0 % of looks late"
    assert {each.shown: each.value for each in figures} == {
        "capacity_cameras{clip=busy,fps=5,p99_ms=200}": 3,
        "capacity_cores{clip=busy,fps=5,p99_ms=200}": 0.75,
        "capacity_memory_mb{clip=busy,fps=5,p99_ms=200}": 995.5,
    }
    assert figures[2].samples == (996.0, 995.0)
    assert (latencies.name, latencies.n, latencies.percentiles["50"]) == ("capacity", 6, 31.0)


def test_a_machine_that_carries_none(monkeypatch: pytest.MonkeyPatch, opened: Classifier) -> None:
    monkeypatch.setattr("stream.bench.capacity.attempt", lambda _, __, count: (make_attempt(count, False), []))
    capacity, figures, latencies = find_capacity(
        Path("busy.mp4"), "busy", opened, fps=5.0, limit_ms=200.0, seconds=20.0
    )
    assert (capacity.cameras, len(capacity.attempts), latencies) == (0, 1, [])
    assert [(each.name, each.value) for each in figures] == [("capacity_cameras", 0)]


@pytest.mark.parametrize("b_frames", [0, 3])
def test_a_clip_that_is_late_by_itself_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bundle: Path, b_frames: int
) -> None:
    """Nobody answers within a millisecond; with B-frames, the clip alone would be reason enough."""
    monkeypatch.setattr("stream.bench.attempt.WARM_UP_S", 0.3)
    clip = write_burnt(tmp_path / "burnt.mp4", 50, 25, b_frames)
    used = MODEL.model_copy(update={"precision": "fp32", "threads": 1})
    load = {"fps": 5.0, "limit_ms": 1.0, "seconds": 1.0, "most": 2}
    capacity, _, _ = find_cameras(bundle, used, clip, "burnt", load, lambda _: None)
    assert capacity.cameras == 0
    assert ("B-frames" in (capacity.limit or "")) == bool(b_frames)
