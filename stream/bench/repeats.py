"""Measurements taken in turn, again and again, so that whatever else the machine does hits all of them alike."""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from stream.bench.figure import Better, Figure
from stream.bench.report import Plan

LAST = 3
"""Samples that have to agree, as in perf_analyzer."""
ANSWERS = "answers"
MUCH = 1 / 3
"""Share of figures that are not stable."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Of a figure: its unit, which way it is better, and whether samples are taken until it is stable. `least`: of fewer answers, all samples
    together, there is no such figure."""

    unit: str
    better: Better
    judged: bool = True
    least: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Something to be measured. `sample` does it once, and gives a value for each of `kinds`, by the figure's name; as ANSWERS, of how many answers
    they are."""

    labels: Mapping[str, object]
    kinds: Mapping[str, Kind]
    sample: Callable[[], Mapping[str, float]]


@dataclass(slots=True, eq=False)
class _Taken:
    task: Task
    values: list[Mapping[str, float]]

    def stable(self, name: str, share: float) -> bool:
        last = [each[name] for each in self.values[-LAST:]]
        mean = sum(last) / len(last)
        return len(last) == LAST and all(abs(each - mean) <= share * abs(mean) for each in last)

    @property
    def answers(self) -> int:
        return sum(round(each.get(ANSWERS, 0)) for each in self.values)

    def settled(self, plan: Plan) -> bool:
        judged = [name for name, kind in self.task.kinds.items() if kind.judged]
        return all(self.stable(name, plan.stability) for name in judged)


def measure(tasks: Sequence[Task], plan: Plan, tell: Callable[[int, int], None] = lambda _, __: None) -> list[Figure]:
    """Rounds through all tasks, each time in another order; those that are not stable after `plan.repeats` are taken on, up to
    `plan.trials`. A round to warm up comes first, and counts for nothing.

    Args:
        tasks: what is measured.
        plan: how often, and from which seed orders are drawn.
        tell: told before each sample how many are done and how many there are as far as known.
    """
    draw = random.Random(plan.seed)
    taken = [_Taken(task, []) for task in tasks]
    total, done = len(tasks) * (1 + plan.repeats), 0
    for number in range(1 + plan.trials):
        due = [each for each in taken if number <= plan.repeats or not each.settled(plan)]
        if number > plan.repeats:
            total += len(due)
        for each in draw.sample(due, len(due)):
            tell(done, total)
            values = each.task.sample()
            done += 1
            if number:
                each.values.append(values)
    tell(done, done)
    return [
        Figure.of(
            name,
            [values[name] for values in each.values],
            kind.unit,
            kind.better,
            each.task.labels,
            each.stable(name, plan.stability),
            each.answers or None,
        )
        for each in taken
        for name, kind in each.task.kinds.items()
        if each.answers >= kind.least
    ]


def answers_for(percentile: float) -> int:
    """So many there have to be that one lies beyond it: of fewer, it is no more than the largest or the smallest."""
    return math.ceil(round(100 / min(percentile, 100 - percentile), 6))


def restless(figures: Sequence[Figure], plan: Plan) -> list[str]:
    """A sentence where much of what was measured is not stable."""
    moving = sum(not each.stable for each in figures)
    if moving <= MUCH * len(figures):
        return []
    return [
        f"{moving} of {len(figures)} figures are not stable: samples of {plan.duration:g} s are too short, or something else ran on the machine; "
        f"a longer --duration tells"
    ]


def scarce(tasks: Sequence[Task], figures: Sequence[Figure]) -> dict[str, str]:
    """Why figures of these tasks are not among those that were measured, by their names."""
    found: dict[str, str] = {}
    for name, kind in {name: kind for task in tasks for name, kind in task.kinds.items()}.items():
        wanted = sum(name in task.kinds for task in tasks)
        missing = wanted - sum(each.name == name for each in figures)
        if missing:
            found[name] = (
                f"in {missing} of {wanted} cases there were fewer than {kind.least} answers, with none beyond the percentile; a longer --duration gives more"
            )
    return found
