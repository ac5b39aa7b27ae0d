"""Disks that a watch writes to."""

from collections.abc import Iterator
from pathlib import Path

from stream.configuration.settings import Outputs
from stream.sinks.jsonl import STDOUT


def folders_of(outputs: Outputs) -> list[Path]:
    """Folders that outputs go to, those that are not there yet, too; each once."""
    names = (outputs.detections, outputs.passages, outputs.csv, outputs.hours, outputs.video, outputs.sheet)
    files = [Path(name) for name in names if name is not None and str(name) != STDOUT]
    folders = [path if path == outputs.video and not path.suffix else path.parent for path in files]
    folders += [] if outputs.snapshots is None else [outputs.snapshots]
    return list(dict.fromkeys(folder.absolute() for folder in folders))


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(each for each in (folder, *folder.parents) if each.is_dir())


def one_a_disk(folders: list[Path]) -> Iterator[Path]:
    """Of folders on the same disk the first."""
    seen = set()
    for folder in folders:
        disk = existing(folder).stat().st_dev
        if disk not in seen:
            seen.add(disk)
            yield folder
