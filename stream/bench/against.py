"""Another model beside the one that is measured, in the same rounds: how many times as fast, and how often each is right."""

from collections.abc import Iterator
from functools import partial

from rich.console import Console

from models.bundle import Bundle
from models.classifier import Classifier
from stream.bench.accuracy import Labelled, judge
from stream.bench.figure import Figure
from stream.bench.repeats import Kind, Task
from stream.bench.report import Plan
from stream.bench.sweep import Opened, Pictures, drawn, rate

FPS, TIMES, ACCURACY = "against_fps", "model_to_against", "against_accuracy_percent"
NAMES = (FPS, TIMES, ACCURACY)
KINDS = {FPS: Kind("pictures/s", "higher"), TIMES: Kind("ratio", "higher")}


class Against:
    """The other one, opened in each of its precisions as they are asked for. Close it at the end."""

    def __init__(self, bundle: Bundle) -> None:
        self.name, self.precisions = bundle.card.name, tuple(bundle.card.precisions)
        self._opened = Opened(bundle)

    def close(self) -> None:
        self._opened.close()

    def tasks(self, classifier: Classifier, provider: str, batch: int, threads: int, plan: Plan) -> Iterator[Task]:
        """A task a precision; each sample measures both models, one just after the other, so that both meet the same machine.

        Args:
            classifier: the one that is measured.
            provider, batch, threads: of both.
            plan: how long a sample is.

        Raises:
            BundleError, UsageError: the other one cannot be run.
        """
        mine = drawn(classifier, batch, plan.seed)
        for precision in self.precisions:
            other = self._opened.get(provider, precision, threads)
            pictures = drawn(other, batch, plan.seed)
            yield Task(self._labels(precision), KINDS, partial(_both, classifier, mine, other, pictures, plan.duration))

    def judge(self, labelled: Labelled, provider: str, threads: int, console: Console) -> list[Figure]:
        """Each precision on labelled pictures, at the other one's own threshold. Raises DataError: none can be read."""
        rows, _ = judge(labelled, self._opened, provider, self.precisions, threads, console)
        return [row.figure(ACCURACY, **self._labels(row.precision)) for row in rows]

    def _labels(self, precision: str) -> dict[str, str]:
        return {"model": self.name, "precision": precision}


def _both(
    classifier: Classifier, mine: Pictures, other: Classifier, pictures: Pictures, seconds: float
) -> dict[str, float]:
    ours, theirs = rate(classifier, mine, seconds), rate(other, pictures, seconds)
    return {FPS: theirs, TIMES: ours / theirs}
