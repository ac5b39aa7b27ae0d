"""One benchmark under way: what is measured, in order."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from rich.console import Console

from models.bundle import Bundle
from models.errors import BundleError, UsageError
from models.say import say
from stream.bench.accuracy import Labelled, judge
from stream.bench.against import Against
from stream.bench.apart import apart
from stream.bench.capacity import find_cameras
from stream.bench.clips import describe, make_clips
from stream.bench.energy import Energy
from stream.bench.figure import Figure
from stream.bench.outlook import in_words, outlook
from stream.bench.progress import described, told
from stream.bench.recorded import Watching, recorded
from stream.bench.repeats import Task, answers_for, measure, scarce
from stream.bench.report import Accuracy, Capacity, Clip, Latencies, ModelUsed, Tried
from stream.bench.scenarios import Kept, scenarios, server
from stream.bench.soundness import named, notes_on
from stream.bench.stages import stages
from stream.bench.sweep import Opened, settings, sweep
from stream.bench.tune import chosen_by, tune
from stream.bench.used import chosen
from stream.bench.wanted import Wanted
from stream.bench.whole import options, whole
from stream.bench.yardstick import yardstick

MADE_S = 10.0
"""Length of the clips that are made where none is given."""


class Run:
    """Measures part after part; what comes of it is in its attributes. Close it at the end.

    Args:
        wanted: see there.
        bundle: opened without any tuning.
        used: how the model is run, unless tuning chooses otherwise.
        folder: for clips and records, which are not kept.
        console: for progress.
        against: another model to measure beside it.

    Raises:
        BundleError, UsageError, SourceError: a model cannot be run, or a clip not be read.
    """

    def __init__(
        self, wanted: Wanted, bundle: Bundle, used: ModelUsed, folder: Path, console: Console, against: Bundle | None
    ) -> None:
        self.wanted, self.bundle, self.used, self.console = wanted, bundle, used, console
        self._folder = folder
        self.left_out: dict[str, str] = {}
        self.figures: list[Figure] = []
        self.latencies: list[Latencies] = []
        self.tried: list[Tried] = []
        self.capacity: Capacity | None = None
        self.accuracy: list[Accuracy] = []
        self.energy = Energy()
        self.opened = Opened(bundle)
        self.against = None if against is None else Against(against)
        self.clips, self.paths = self._clips() if wanted.looks else ((), {})
        self.notes = [note for clip in self.clips for note in notes_on(self.paths[clip.name], clip)]
        for note in self.notes:
            say(console, f"note: {note}", "yellow")

    def close(self) -> None:
        self.opened.close()
        if self.against is not None:
            self.against.close()

    def measure(self) -> None:
        """Everything that is measured again and again, in turn. Settings are tuned before the rest is measured with them."""
        wanted, plan, paths = self.wanted, self.wanted.plan, self.paths
        seconds = outlook(
            wanted,
            len(wanted.precisions(self.bundle)),
            self.clips,
            len(self.against.precisions if self.against else ()),
        )
        say(self.console, f"this takes {in_words(seconds)}, and longer where figures are not stable")
        alone = [yardstick(plan.duration, plan.seed), *(self._swept() if wanted.tune or self._asked("model") else ())]
        if wanted.tune:
            self.figures += self._measured(alone, "the model alone")
            alone = []
            self._tune()
        used, kept = self.used, Kept()
        labels = {"provider": used.provider, "precision": used.precision}
        classifier = self.opened.get(used.provider, used.precision, used.threads)
        main = wanted.main
        parts: dict[str, Callable[[], Iterable[Task]]] = {
            "scenarios": lambda: scenarios(classifier, used.batch, plan, labels, kept),
            "pipeline": lambda: recorded(paths, classifier, self.watching, self.energy),
            "stages": lambda: stages(main, paths[main], classifier, self.watching, plan.duration),
            "command": lambda: [whole(main, paths[main], options(used, wanted.choice.model, plan.views))],
        }
        if self.against is not None:
            alone += self.against.tasks(classifier, used.provider, used.batch, used.threads, plan)
        tasks = [*alone, *(task for part, make in parts.items() if self._asked(part) for task in make())]
        self.figures += self._measured(tasks, "everything in turn")
        if self._asked("scenarios"):
            with told(self.console, "server") as tell:
                self.figures.append(server(classifier, used.batch, plan, wanted.limit_ms, labels, kept, tell))
        self.latencies += kept.all(labels)

    def judge(self, labelled: Labelled) -> None:
        """On pictures of which is known whether they show a ship."""
        used = self.used
        precisions = self.wanted.precisions(self.bundle)
        rows, figures = judge(labelled, self.opened, used.provider, precisions, used.threads, self.console)
        self.accuracy += rows
        self.figures += figures
        if self.against is not None:
            self.figures += self.against.judge(labelled, used.provider, used.threads, self.console)

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
        where = (self.bundle.folder, used, self.paths[wanted.main], wanted.main, load)
        with described(self.console, "cameras") as tell:
            self.capacity, figures, latencies = apart(find_cameras, *where, tell=tell)
        self.figures += figures
        self.latencies += latencies
        if (looks := wanted.seconds * wanted.fps) < answers_for(99):
            self.notes.append(
                f"cameras: in {wanted.seconds:g} s some {looks:g} looks of one camera are due, too few to tell 99 % from all; give --seconds {answers_for(99) / wanted.fps:g} or more"
            )

    @property
    def watching(self) -> Watching:
        return Watching(self.wanted.plan.views, self.used.batch, self.used.hwaccel, self._folder)

    def _clips(self) -> tuple[tuple[Clip, ...], dict[str, Path]]:
        if self.wanted.clips:
            seed, paths = None, named(self.wanted.clips)
        else:
            seed = self.wanted.plan.seed
            paths = make_clips(self._folder, seed, MADE_S, False, self.console)
        return tuple(describe(path, name, seed) for name, path in paths.items()), paths

    def _asked(self, part: str) -> bool:
        if not self.wanted.asks(part):
            self.left_out[part] = "not asked for"
        return self.wanted.asks(part)

    def _swept(self) -> list[Task]:
        """Of each provider and precision, unless one was named; what cannot be opened is left out, and said."""
        wanted = self.wanted
        tasks: list[Task] = []
        for each in settings(wanted.providers, wanted.precisions(self.bundle), wanted.batches, wanted.threads):
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
            clip = self.paths[self.wanted.main]
            self.tried = tune(self.opened, swept, clip, self.watching, self.wanted.plan, tell)
        if len(self.tried) > 1:
            self.used = chosen(self.used, self.bundle, self.tried)
        if note := chosen_by(self.tried):
            self.notes.append(note)
            say(self.console, f"note: {note}", "yellow")

    def _measured(self, tasks: Sequence[Task], what: str) -> list[Figure]:
        with told(self.console, what) as tell:
            figures = measure(tasks, self.wanted.plan, tell)
        self.left_out |= scarce(tasks, figures)
        return figures
