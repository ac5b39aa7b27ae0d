"""MLPerf's four scenarios, for the model alone: https://github.com/mlcommons/inference_policies, for shorter than MLPerf's ten minutes.

Single stream: one picture after the other, the 90th percentile counts. Multi stream: eight at once, the 99th. Offline: as many a second as can be.
Server: pictures come when they come (Poisson), and 99 % have to be answered within a limit; the highest rate counts.
"""

import math
import random
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import perf_counter, sleep

import numpy as np

from models.classifier import Classifier
from stream.bench.figure import Figure
from stream.bench.repeats import ANSWERS, Kind, Task, answers_for
from stream.bench.report import Latencies, Plan
from stream.bench.sweep import Pictures, drawn, rate, timed

KINDS = {
    "single_stream_p90_ms": Kind("ms", "lower", least=answers_for(90)),
    "multi_stream_p99_ms": Kind("ms", "lower", least=answers_for(99)),
    "offline_fps": Kind("pictures/s", "higher"),
}
SERVER, SEARCHES = "server_fps", 3
MULTI = 8
PERCENTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9)
HALF = 50
HALVINGS = 5
"""Of the range between a quarter of what is offline and all of it: the rate is found to 2.3 % of that."""
QUERIES = 100
"""A rate is tried with so many pictures at least: of fewer there is no 99th percentile."""


class Kept:
    """Latencies of all samples, by scenario."""

    def __init__(self) -> None:
        self._taken: dict[str, list[float]] = defaultdict(list)

    def add(self, name: str, milliseconds: Sequence[float]) -> None:
        self._taken[name] += milliseconds

    def all(self, labels: Mapping[str, object]) -> list[Latencies]:
        return [distribution(name, labels, taken) for name, taken in self._taken.items()]


def distribution(name: str, labels: Mapping[str, object], milliseconds: Sequence[float]) -> Latencies:
    """Of at least one latency. A percentile beyond which there is not one is none: of ten, the 99th is only their largest."""
    given = [share for share in PERCENTILES if share == HALF or len(milliseconds) >= answers_for(share)]
    found = np.percentile(milliseconds, given)
    return Latencies(
        name=name,
        labels={key: str(value) for key, value in labels.items()},
        n=len(milliseconds),
        percentiles={f"{share:g}": float(value) for share, value in zip(given, found, strict=True)},
    )


def scenarios(classifier: Classifier, batch: int, plan: Plan, labels: Mapping[str, object], kept: Kept) -> list[Task]:
    """A task a scenario, but for the server's. `batch`: of offline. `kept`: takes the latencies. Samples are longer than planned, within reason, where
    all together would have no answer beyond their percentile.
    """
    one, eight, full = (drawn(classifier, n, plan.seed) for n in (1, MULTI, batch))

    def asked(pictures: Pictures, percentile: float) -> list[float]:
        return timed(classifier, pictures, plan.duration, math.ceil(answers_for(percentile) / plan.repeats))

    def single() -> dict[str, float]:
        taken = asked(one, 90)
        kept.add("single_stream", taken)
        return {"single_stream_p90_ms": float(np.percentile(taken, 90)), ANSWERS: len(taken)}

    def multi() -> dict[str, float]:
        taken = asked(eight, 99)
        kept.add("multi_stream", taken)
        return {"multi_stream_p99_ms": float(np.percentile(taken, 99)), ANSWERS: len(taken)}

    def offline() -> dict[str, float]:
        return {"offline_fps": rate(classifier, full, plan.duration)}

    return [Task(labels, {name: KINDS[name]}, way) for name, way in zip(KINDS, (single, multi, offline), strict=True)]


def server(
    classifier: Classifier,
    batch: int,
    plan: Plan,
    limit_ms: float,
    labels: Mapping[str, object],
    kept: Kept,
    tell: Callable[[int, int], None],
) -> Figure:
    """The highest rate, searched SEARCHES times with arrivals from other seeds: each search takes too long for its turn among all else."""
    full = drawn(classifier, batch, plan.seed)
    rates: list[float] = []
    for number in range(SEARCHES):
        tell(number, SEARCHES)
        serve = partial(served, classifier, full, seconds=plan.duration, seed=plan.seed + number)
        found, taken = highest(serve, rate(classifier, full, plan.duration), limit_ms)
        kept.add("server", taken)
        rates.append(found)
    stable = max(rates) - min(rates) <= plan.stability * max(rates)
    return Figure.of(SERVER, rates, "pictures/s", "higher", {**labels, "p99_ms": f"{limit_ms:g}"}, stable)


def highest(serve: Callable[[float], list[float]], fastest: float, limit_ms: float) -> tuple[float, list[float]]:
    """The highest rate up to `fastest` at which 99 % of the answers come within the limit, and the latencies there, in milliseconds.

    Found by halving, from a quarter of `fastest`; where even that is too much, 0 and the latencies there.
    """
    low, high = fastest / 4, fastest
    taken = serve(low)
    if _p99(taken) > limit_ms:
        return 0.0, taken
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        found = serve(middle)
        if _p99(found) <= limit_ms:
            low, taken = middle, found
        else:
            high = middle
    return low, taken


def served(classifier: Classifier, pictures: Pictures, rate: float, seconds: float, seed: int) -> list[float]:
    """Milliseconds from the moment at which each picture was due until its answer, waiting included: who comes late is not let off.

    Pictures come at random (Poisson), at this rate a second on average, whatever the classifier does; what has come is answered together, up to
    `len(pictures)` at once.
    """
    due = arrivals(rate, max(seconds, QUERIES / rate), seed)
    taken: list[float] = []
    began = perf_counter()
    while len(taken) < len(due):
        now = perf_counter() - began
        if now < due[len(taken)]:
            sleep(due[len(taken)] - now)
            continue
        n = min(bisect_right(due, now) - len(taken), len(pictures))
        classifier.probabilities(pictures[:n])
        answered = perf_counter() - began
        taken += [1000 * (answered - each) for each in due[len(taken) : len(taken) + n]]
    return taken


def arrivals(rate: float, seconds: float, seed: int) -> list[float]:
    """When pictures come, in seconds: one at least."""
    draw = random.Random(seed)
    found = [draw.expovariate(rate)]
    while (later := found[-1] + draw.expovariate(rate)) < seconds:
        found.append(later)
    return found


def _p99(milliseconds: Sequence[float]) -> float:
    return float(np.percentile(milliseconds, 99))
