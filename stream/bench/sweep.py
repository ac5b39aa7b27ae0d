"""The model alone: how many pictures a second each provider, precision, number of threads and size of batch answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle, open_bundle
from models.classifier import Classifier
from models.machine import usable_cores
from models.providers import ON_GPU
from stream.bench.repeats import ANSWERS, Kind, Task, answers_for

BATCHES = (1, 2, 4, 8, 16)
BATCHES_ON_GPU = (1, 4, 16, 64)
LONGER = 10
KINDS = {
    "model_fps": Kind("pictures/s", "higher"),
    "model_p50_ms": Kind("ms", "lower"),
    "model_p99_ms": Kind("ms", "lower", judged=False, least=answers_for(99)),
}
"""Latencies are of a whole batch. Of a second there are few, so that the last percentile is about their largest, and never stable."""

Pictures = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Setting:
    """How a model is run."""

    provider: str
    precision: str
    batch: int
    threads: int

    @property
    def labels(self) -> dict[str, object]:
        return {
            "provider": self.provider,
            "precision": self.precision,
            "batch": self.batch,
            "threads": self.threads,
        }


def settings(
    providers: Sequence[str], precisions: Sequence[str], batches: Sequence[int], threads: Sequence[int]
) -> list[Setting]:
    """All combinations; where nothing is said of batches and threads, those that usually matter. On a GPU there is one number of threads."""
    found = []
    for provider in providers:
        on_gpu = provider in ON_GPU
        sizes = batches or (BATCHES_ON_GPU if on_gpu else BATCHES)
        counts = (usable_cores(),) if on_gpu else threads or powers(usable_cores())
        found += [
            Setting(provider, precision, size, count) for precision in precisions for count in counts for size in sizes
        ]
    return found


def powers(cores: int) -> tuple[int, ...]:
    """1, 2, 4, ... and all of them."""
    return tuple(sorted({*(2**power for power in range(cores.bit_length()) if 2**power <= cores), cores}))


class Opened:
    """Classifiers by provider, precision and threads, opened when they are first asked for. Close it at the end."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._open: dict[tuple[str, str, int], Classifier] = {}

    def get(self, provider: str, precision: str, threads: int) -> Classifier:
        """Raises BundleError, UsageError: see Classifier."""
        key = (provider, precision, threads)
        if key not in self._open:
            bundle = open_bundle(str(self._bundle.folder), precision, provider)
            self._open[key] = Classifier(bundle, provider, threads)
        return self._open[key]

    def close(self) -> None:
        for classifier in self._open.values():
            classifier.close()
        self._open.clear()


def sweep(opened: Opened, wanted: Sequence[Setting], seconds: float, seed: int) -> Iterator[Task]:
    """A task a setting; one sample answers batch after batch for so many seconds, and once at least."""
    for each in wanted:
        classifier = opened.get(each.provider, each.precision, each.threads)
        pictures = drawn(classifier, each.batch, seed)
        yield Task(each.labels, KINDS, partial(_sample, classifier, pictures, seconds))


def drawn(classifier: Classifier, n: int, seed: int) -> Pictures:
    """Pictures of noise, uint8, (n, height, width, 3): what is in them makes no difference to the arithmetic."""
    shape = (n, classifier.input.height, classifier.input.width, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def timed(classifier: Classifier, pictures: Pictures, seconds: float, least: int = 1) -> list[float]:
    """Milliseconds of each answer, one after the other, for so many seconds; LONGER times as long at most, until there are so many answers."""
    taken: list[float] = []
    start = perf_counter()
    while not taken or perf_counter() - start < (LONGER if len(taken) < least else 1) * seconds:
        began = perf_counter()
        classifier.probabilities(pictures)
        taken.append(1000 * (perf_counter() - began))
    return taken


def rate(classifier: Classifier, pictures: Pictures, seconds: float) -> float:
    """Pictures a second, answered one batch after the other."""
    taken = timed(classifier, pictures, seconds)
    return 1000 * len(taken) * len(pictures) / sum(taken)


def _sample(classifier: Classifier, pictures: Pictures, seconds: float) -> dict[str, float]:
    taken = timed(classifier, pictures, seconds)
    p50, p99 = np.percentile(taken, (50, 99))
    return {
        "model_fps": 1000 * len(taken) * len(pictures) / sum(taken),
        "model_p50_ms": float(p50),
        "model_p99_ms": float(p99),
        ANSWERS: len(taken),
    }
