"""Samples are taken in turn, until they agree."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain, repeat

import pytest

from stream.bench.figure import Figure
from stream.bench.repeats import ANSWERS, Kind, Task, answers_for, measure, restless, scarce
from stream.bench.report import Plan

PLAN = Plan(duration=0.0, repeats=4, trials=7, stability=0.1, seed=3, views="whole")


def noted(name: str, values: Iterator[float], calls: list[str]) -> Callable[[], Mapping[str, float]]:
    def sample() -> Mapping[str, float]:
        calls.append(name)
        return {"speed": next(values)}

    return sample


def task(name: str, values: Iterator[float], calls: list[str], judged: bool = True) -> Task:
    return Task({"of": name}, {"speed": Kind("1/s", "higher", judged)}, noted(name, values, calls))


def test_tasks_take_turns_and_the_first_round_counts_for_nothing() -> None:
    calls: list[str] = []
    tasks = [task(name, chain([999.0], repeat(value)), calls) for name, value in (("a", 1.0), ("b", 2.0), ("c", 3.0))]
    figures = measure(tasks, PLAN)
    rounds = [calls[start : start + 3] for start in range(0, len(calls), 3)]
    assert len(rounds) == 5
    assert all(sorted(each) == ["a", "b", "c"] for each in rounds)
    assert len({tuple(each) for each in rounds}) > 1  # not always in the same order
    assert [each.value for each in figures] == [1.0, 2.0, 3.0]
    assert all(each.samples == (each.value,) * 4 and each.stable for each in figures)


def test_what_is_not_stable_is_taken_on() -> None:
    calls: list[str] = []
    settling = chain([0.0, 1.0, 2.0, 4.0, 8.0, 8.1, 7.9], repeat(8.0))
    still, moving = measure([task("still", repeat(1.0), calls), task("moving", settling, calls)], PLAN)
    assert len(still.samples) == 4
    assert moving.samples == (1.0, 2.0, 4.0, 8.0, 8.1, 7.9)
    assert moving.stable
    assert (moving.value, moving.low, moving.high) == (5.95, 1.0, 8.1)


def test_what_never_is_stable_ends_all_the_same_and_says_so() -> None:
    calls: list[str] = []
    (figure,) = measure([task("wild", iter([1.0, 2.0] * 10), calls)], PLAN)
    assert len(figure.samples) == PLAN.trials
    assert not figure.stable


def test_what_need_not_be_stable_is_not_waited_for() -> None:
    calls: list[str] = []
    (figure,) = measure([task("wild", iter([1.0, 2.0] * 10), calls, judged=False)], PLAN)
    assert len(figure.samples) == PLAN.repeats
    assert not figure.stable


def test_the_same_seed_gives_the_same_order() -> None:
    orders = []
    for _ in range(2):
        calls: list[str] = []
        measure([task(name, repeat(1.0), calls) for name in "abcdef"], PLAN)
        orders.append(calls)
    assert orders[0] == orders[1]


def test_progress_ends_where_it_should() -> None:
    told: list[tuple[int, int]] = []
    measure([task("wild", iter([1.0, 2.0] * 10), [])], PLAN, lambda done, total: told.append((done, total)))
    assert told[0] == (0, 5)
    assert told[-1] == (8, 8)
    assert all(done <= total for done, total in told)


@pytest.mark.parametrize(
    ("percentile", "least"), [(50, 2), (75, 4), (90, 10), (10, 10), (95, 20), (99, 100), (1, 100), (99.9, 1000)]
)
def test_how_many_answers_a_percentile_needs(percentile: float, least: int) -> None:
    assert answers_for(percentile) == least


@pytest.mark.parametrize(("each", "found"), [(24, {"mean"}), (25, {"mean", "last"})])
def test_of_few_answers_there_is_no_last_percentile(each: int, found: set[str]) -> None:
    """In four samples that count; one more, to warm up, does not."""
    kinds = {"mean": Kind("ms", "lower"), "last": Kind("ms", "lower", least=100)}
    tasks = [Task({}, kinds, lambda: {"mean": 1.0, "last": 2.0, ANSWERS: each})]
    figures = measure(tasks, PLAN)
    assert {figure.name for figure in figures} == found
    assert {figure.n for figure in figures} == {4 * each}
    missing = scarce(tasks, figures)
    assert set(missing) == set(kinds) - found
    assert all("in 1 of 1 cases there were fewer than 100 answers" in why for why in missing.values())


@pytest.mark.parametrize(("moving", "said"), [(0, False), (1, False), (2, True), (3, True)])
def test_much_that_is_not_stable_is_told(moving: int, said: bool) -> None:
    figures = [Figure.of("speed", [1.0], "1/s", "higher", stable=number >= moving) for number in range(3)]
    found = restless(figures, PLAN)
    assert bool(found) == said
    assert not said or f"{moving} of 3 figures are not stable" in found[0]
