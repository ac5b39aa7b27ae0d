"""One benchmark under way: what is measured, in order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from models.bundle import Bundle, open_bundle
from models.classifier import Choice, Classifier
from models.errors import BundleError, UsageError
from models.providers import AUTO, provider_named, providers_here
from stream.bench.accuracy import judge
from stream.bench.apart import apart
from stream.bench.capacity import find_capacity
from stream.bench.clips import describe, make_clips
from stream.bench.energy import Energy
from stream.bench.figure import Figure
from stream.bench.progress import progress, told
from stream.bench.recorded import Watching, recorded
from stream.bench.repeats import Task, measure
from stream.bench.report import Accuracy, Capacity, Clip, Latencies, ModelUsed, Plan, Tried
from stream.bench.scenarios import Kept, scenarios, server
from stream.bench.stages import stages
from stream.bench.sweep import Opened, settings, sweep
from stream.bench.tune import tune
from stream.bench.used import chosen, used
from stream.bench.whole import whole
from stream.bench.yardstick import yardstick

MADE_S = 10.0
"""Length of the clips that are made where none is given."""
BUSY = "busy"
"""The clip for what is measured with one: stages, capacity, tuning, the whole command. Where it is not, the first."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be measured.

    `batches`, `threads`: of the model alone; none: those that usually matter; where there is one, it is that of everything. `fps`: looks a second
    of each camera, 99 % of which shall come within `limit_ms`; `seconds`: of an attempt; `most`: cameras.
    """

    choice: Choice
    plan: Plan
    clips: Sequence[Path] = ()
    batches: Sequence[int] = ()
    threads: Sequence[int] = ()
    capacity: bool = False
    fps: float = 5.0
    limit_ms: float = 200.0
    seconds: float = 20.0
    most: int = 64
    tune: bool = False


class Run:
    """Measures part after part; what comes of it is in its attributes. Close it at the end.

    Args:
        wanted: see there.
        bundle: opened without any tuning.
        folder: for clips and records, which are not kept.
        console: for progress.

    Raises:
        BundleError, UsageError, SourceError: the model cannot be run, or a clip not be read.
    """

    def __init__(self, wanted: Wanted, bundle: Bundle, folder: Path, console: Console) -> None:
        self.wanted, self.bundle, self.console = wanted, bundle, console
        self._folder = folder
        self.left_out: dict[str, str] = {}
        self.figures: list[Figure] = []
        self.latencies: list[Latencies] = []
        self.tried: list[Tried] = []
        self.capacity: Capacity | None = None
        self.accuracy: list[Accuracy] = []
        self.energy = Energy()
        self.opened = Opened(bundle)
        self.clips, self.paths = self._clips()
        self.used = used(wanted.choice, bundle, wanted.batches, wanted.threads, console)

    def close(self) -> None:
        self.opened.close()

    def measure(self) -> None:
        """Everything that is measured again and again, in turn. Settings are tuned before the rest is measured with them."""
        plan = self.wanted.plan
        alone = [yardstick(plan.duration, plan.seed), *self._swept()]
        if self.wanted.tune:
            self.figures += self._measured(alone, "the model alone")
            alone = []
            self._tune()
        used, kept = self.used, Kept()
        labels = {"provider": used.provider, "precision": used.precision}
        classifier = self.opened.get(used.provider, used.precision, used.threads)
        tasks = [
            *alone,
            *scenarios(classifier, used.batch, plan.duration, plan.seed, labels, kept),
            *recorded(self.paths, classifier, self.watching, self.energy),
            *stages(self.main, self.paths[self.main], classifier, self.watching, plan.duration),
            whole(self.main, self.paths[self.main], self._options()),
        ]
        self.figures += self._measured(tasks, "everything in turn")
        with told(self.console, "server") as tell:
            limit = self.wanted.limit_ms
            self.figures.append(server(classifier, used.batch, plan, limit, labels, kept, tell))
        self.latencies += kept.all(labels)

    def judge(self, labelled: Sequence[tuple[Path, bool]]) -> None:
        """On pictures of which is known whether they show a ship."""
        used = self.used
        precisions = self._precisions()
        rows, figures = judge(labelled, self.opened, used.provider, precisions, used.threads, self.console)
        self.accuracy += rows
        self.figures += figures

    def find_capacity(self) -> None:
        """The most cameras."""
        wanted, used = self.wanted, self.used
        load = {
            "fps": wanted.fps,
            "limit_ms": wanted.limit_ms,
            "seconds": wanted.seconds,
            "most": wanted.most,
            "views": wanted.plan.views,
            "batch": used.batch,
            "hwaccel": used.hwaccel,
            "seed": wanted.plan.seed,
        }
        where = (self.bundle.folder, used, self.paths[self.main], self.main, load)
        with progress(self.console) as bar:
            task = bar.add_task("cameras", total=None)
            self.capacity, figures, latencies = apart(
                _cameras, *where, tell=lambda text: bar.update(task, description=text)
            )
        self.figures += figures
        self.latencies += latencies

    @property
    def main(self) -> str:
        return BUSY if BUSY in self.paths else next(iter(self.paths))

    @property
    def watching(self) -> Watching:
        return Watching(self.wanted.plan.views, self.used.batch, self.used.hwaccel, self._folder)

    def _clips(self) -> tuple[tuple[Clip, ...], dict[str, Path]]:
        if self.wanted.clips:
            seed, paths = None, _named(self.wanted.clips)
        else:
            seed = self.wanted.plan.seed
            paths = make_clips(self._folder, seed, MADE_S, False, self.console)
        return tuple(describe(path, name, seed) for name, path in paths.items()), paths

    def _precisions(self) -> list[str]:
        given = self.wanted.choice.precision
        return [given] if given is not None else list(self.bundle.card.precisions)

    def _swept(self) -> list[Task]:
        """Of each provider and precision, unless one was named; what cannot be opened is left out, and said."""
        wanted, given = self.wanted, self.wanted.choice.provider
        providers = providers_here() if given == AUTO else [provider_named(given)]
        tasks: list[Task] = []
        for each in settings(providers, self._precisions(), wanted.batches, wanted.threads):
            name = f"{each.precision} on {each.provider}"
            try:
                if name not in self.left_out:
                    tasks += sweep(self.opened, [each], wanted.plan.duration, wanted.plan.seed)
            except (BundleError, UsageError) as error:
                self.left_out[name] = str(error)
        return tasks

    def _tune(self) -> None:
        swept = [each for each in self.figures if each.name == "model_fps"]
        with told(self.console, "tuning") as tell:
            clip = self.paths[self.main]
            self.tried = tune(self.opened, swept, clip, self.watching, self.wanted.plan, tell)
        self.used = chosen(self.used, self.bundle, self.tried)

    def _measured(self, tasks: Sequence[Task], what: str) -> list[Figure]:
        with told(self.console, what) as tell:
            return measure(tasks, self.wanted.plan, tell)

    def _options(self) -> list[str]:
        """Of `rivereye stream`, for what is used here."""
        used = self.used
        return [
            *("--model", self.wanted.choice.model, "--precision", used.precision, "--provider", used.provider),
            *("--batch", str(used.batch), "--threads", str(used.threads), "--hwaccel", used.hwaccel),
            *("--views", self.wanted.plan.views, "--no-tuned"),
        ]


def _cameras(
    folder: Path, used: ModelUsed, clip: Path, name: str, load: Mapping[str, Any], tell: Callable[[str], None]
) -> tuple[Capacity, list[Figure], list[Latencies]]:
    """In a process of its own."""
    bundle = open_bundle(str(folder), used.precision, used.provider)
    with Classifier(bundle, used.provider, used.threads) as classifier:
        return find_capacity(clip, name, classifier, **load, tell=tell)


def _named(clips: Sequence[Path]) -> dict[str, Path]:
    """By their names without endings; where two are alike, with a number."""
    found: dict[str, Path] = {}
    for path in clips:
        names = (path.stem, *(f"{path.stem}-{number}" for number in range(2, len(clips) + 2)))
        found[next(name for name in names if name not in found)] = path
    return found
