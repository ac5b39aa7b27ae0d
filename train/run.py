"""A training run on disk: the network, what it was made from, and how well it does.

RUN/network.keras   the fine-tuned network (Keras)
RUN/run.json        settings, versions, data and its hash, accuracy of both stages
RUN/pictures.csv    every picture and what was answered, and RUN/windows.csv: see train.answers
RUN/report.html     see train.report, and RUN/report.json
"""

import csv
import hashlib
import importlib.metadata
import json
import platform
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from models.errors import UsageError, first_line
from models.outputs import replace_text
from train.dataset import LABELS, Dataset, Sample
from train.metrics import Metrics
from train.recipe import Stage
from train.split import SHARES, Part

SCHEMA = "rivereye/run/1"


def versions() -> dict[str, str]:
    """Of Python and of every library that shapes the result."""
    names = ("rivereye", "keras", "tensorflow", "numpy", "opencv-python-headless", "pillow", "albumentations")
    return {"python": platform.python_version(), "machine": platform.machine()} | {
        name: importlib.metadata.version(name) for name in names
    }


def describe_data(dataset: Dataset, parts: Sequence[Part], folders: Sequence[Path], grouping: str) -> dict[str, Any]:
    """Where the pictures come from, their hash, and how they were divided."""
    counts = Counter((part, sample.label) for part, sample in zip(parts, dataset.samples, strict=True))
    groups = {part: {s.group for s, p in zip(dataset.samples, parts, strict=True) if p == part} for part in SHARES}
    return {
        "folders": [str(folder) for folder in folders],
        "sha256": dataset.sha256,
        "pictures": len(dataset.samples),
        "grouping": Path(grouping).name,
        "parts": {
            part: {name: counts[part, label] for label, name in enumerate(LABELS)} | {"groups": len(groups[part])}
            for part in SHARES
        },
        **describe_groups(dataset.samples, parts),
        "quarantined": listed(dataset.quarantined),
    }


def describe_groups(samples: Sequence[Sample], parts: Sequence[Part]) -> dict[str, Any]:
    """Groups of two or more pictures by name, the largest first, and how many pictures of each part stand alone.

    A picture stands alone where its group bears its path for a name, or has no other picture.
    """
    counts = Counter((sample.group, sample.label) for sample in samples)
    part_of = {sample.group: part for sample, part in zip(samples, parts, strict=True)}
    totals = Counter(sample.group for sample in samples)
    lone = {s.group for s in samples if totals[s.group] == 1 or s.group == str(s.path)}
    alone = Counter(part for sample, part in zip(samples, parts, strict=True) if sample.group in lone)
    return {
        "groups": {
            name: {"part": part_of[name]} | {label: counts[name, index] for index, label in enumerate(LABELS)}
            for name in sorted(totals.keys() - lone, key=lambda each: (-totals[each], each))
        },
        "alone": {part: alone[part] for part in SHARES},
    }


def describe_windows(
    folders: Sequence[Path],
    frames: Sequence[Path],
    windows: Sequence[Sample],
    quarantined: Sequence[tuple[Path, str]] = (),
) -> dict[str, Any]:
    """How many whole frames windows were cut from, the hash of all frames and boxes, and how many windows of each class.

    Args:
        folders: where frames were looked for.
        frames: all that were found.
        windows: that were cut out of them.
        quarantined: those of the frames that could not be used, each with its reason; neither counted nor hashed.
    """
    digest = hashlib.sha256()
    set_aside = {path for path, _ in quarantined}
    frames = [path for path in frames if path not in set_aside]
    for path in sorted(frames, key=lambda each: each.name):
        digest.update(path.read_bytes() + path.with_suffix(".txt").read_bytes())
    return {
        "folders": [str(folder) for folder in folders],
        "sha256": digest.hexdigest() if frames else None,
        "frames": len({window.path for window in windows}),
        "windows": {name: sum(window.label == label for window in windows) for label, name in enumerate(LABELS)},
        "quarantined": listed(quarantined),
    }


def hash_of(weights: str) -> str | None:
    """SHA-256 of a file of weights; None where they are named otherwise."""
    if not Path(weights).is_file():
        return None
    with Path(weights).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def listed(quarantined: Sequence[tuple[Path, str]]) -> list[dict[str, str]]:
    """Files that were set aside, each with its reason, as JSON has them."""
    return [{"path": str(path), "reason": reason} for path, reason in quarantined]


def describe_stage(stage: Stage, history: dict[str, list[float]], test: Metrics, seconds: float) -> dict[str, Any]:
    return {**asdict(stage), "seconds": round(seconds, 1), "history": history, "test": asdict(test)}


def write_json(path: Path, record: dict[str, Any]) -> None:
    """Raises OutputError: the file cannot be written; it is as it was."""
    replace_text(path, json.dumps(record, indent=2) + "\n")


@contextmanager
def finished(folder: Path, option: str = "") -> Iterator[dict[str, Any]]:
    """What the run.json of a finished run holds. `option` is what the folder was given with, such as `--unseen `.

    Raises:
        UsageError: there is no finished run, or the block found one of its files missing or broken.
    """
    try:
        yield json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, IndexError, TypeError, csv.Error) as error:
        raise UsageError(
            f"{option}no finished training run at {folder}: {first_line(error)}; give the folder that `rivereye train --out` wrote"
        ) from error
