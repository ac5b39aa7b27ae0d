"""All that goes into a run: pictures, the part of each, windows cut out of frames; and what a user has to know of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from models.looks import measure_looks, usual
from models.networks import SIZE
from models.progress import track
from models.say import say
from train.dataset import Dataset, Sample, read_samples
from train.duplicates import describe_duplicates, in_words, near_duplicates
from train.groups import BY_NAME, Grouping, begin_alike
from train.run import describe_data
from train.split import Part, split
from train.tables import groups_table, parts_table
from train.windows import cut_windows


@dataclass(frozen=True, slots=True)
class Cut:
    """How pictures are dealt to the parts: see `train.split.split`. `seed` is also that of the windows."""

    seed: int
    holdout: tuple[str, ...]
    test_share: float
    validation_share: float | None


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows to learn from, windows of the test part's cameras, and frames that were set aside, each with its reason."""

    learnt: tuple[Sample, ...] = ()
    tested: tuple[Sample, ...] = ()
    quarantined: tuple[tuple[Path, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Gathered:
    dataset: Dataset
    parts: list[Part]
    windows: Windows


def gather(samples: Sequence[Sample], frames: Mapping[Path, str], cut: Cut, work: Path, console: Console) -> Gathered:
    """Reads the pictures, deals them to the parts, and cuts windows out of frames (path and group).

    Raises:
        UsageError, DataError: see read_samples, split and cut_windows.
    """
    dataset = read_samples(track(samples, "reading pictures", console=console), SIZE, work / "pictures")
    parts = split(dataset.samples, cut.seed, cut.holdout, cut.test_share, cut.validation_share)
    windows = _windows(frames, dataset, parts, cut.seed, console) if frames else Windows()
    for _, reason in (*dataset.quarantined, *windows.quarantined):
        say(console, f"set aside: {reason}", "yellow")
    return Gathered(dataset, parts, windows)


def describe(gathered: Gathered, folders: Sequence[Path], grouping: Grouping, console: Console) -> dict[str, Any]:
    """What run.json holds as `data`; says, before hours are spent, how pictures were grouped and which are in two parts."""
    dataset, parts = gathered.dataset, gathered.parts
    if grouping.unnamed:
        say(console, f"{len(grouping.unnamed)} pictures are not in {grouping.rule}: grouped by their names", "yellow")
    if grouping.patterns and not grouping.fitted:
        say(console, f"no pattern of {grouping.rule} fits any picture: grouped by their names", "yellow")
    if grouping.rule == BY_NAME:
        _doubt_names(dataset.samples, parts, console)
    shown = track(dataset.pictures, "looking for duplicates", len(parts), console=console)
    duplicates = describe_duplicates(near_duplicates(shown, parts), dataset.samples, parts)
    if warning := in_words(duplicates):
        say(console, warning, "yellow")
    learnt = [measure_looks(picture) for picture, part in zip(dataset.pictures, parts, strict=True) if part == "train"]
    data = describe_data(dataset, parts, folders, grouping.used)
    console.print(groups_table(data))
    console.print(parts_table(data))
    return data | {"duplicates": duplicates, "looks": usual(learnt)}


def _doubt_names(samples: Sequence[Sample], parts: Sequence[Part], console: Console) -> None:
    """Says where the names of files may have torn one camera apart."""
    part_of = {s.group: part for s, part in zip(samples, parts, strict=True) if s.group != str(s.path)}
    if words := begin_alike(part_of):
        few = f"{', '.join(words[:5])}{', ...' if len(words) > 5 else ''}"
        say(
            console,
            f"groups whose names begin alike lie in different parts ({few}); where they are one camera or clip, say so with --groups FILE.csv",
            "yellow",
        )


def _windows(
    frames: Mapping[Path, str], dataset: Dataset, parts: Sequence[Part], seed: int, console: Console
) -> Windows:
    """Those to learn from are of no camera that belongs to validation or test."""
    quarantined: list[tuple[Path, str]] = []
    part_of = {sample.group: part for sample, part in zip(dataset.samples, parts, strict=True)}
    shown = track(frames.items(), "cutting windows out of frames", console=console)
    windows = list(cut_windows(shown, seed, quarantined))
    learnt = tuple(window for window in windows if part_of.get(window.group, "train") == "train")
    tested = tuple(window for window in windows if part_of.get(window.group) == "test")
    console.print(
        f"{len(learnt)} windows from frames for training, {sum(window.label for window in learnt)} with a ship; "
        f"{len(windows) - len(learnt)} left out: their cameras are in validation or test"
    )
    if not learnt:
        say(console, "--frames gave nothing to learn from", "yellow")
    return Windows(learnt, tested, tuple(quarantined))
