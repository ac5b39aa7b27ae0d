"""Disks that a watch writes to."""

from collections.abc import Iterator
from pathlib import Path

from stream.configuration.outputs import Outputs
from stream.configuration.settings import Settings
from stream.sinks.places import files_of


def folders_of(settings: Settings) -> list[Path]:
    """Folders that a watch writes to, those that are not there yet, too; each once."""
    outputs = settings.outputs
    folders = [path if _is_folder(path, outputs) else path.parent for path in files_of(outputs)]
    if settings.mqtt is not None or settings.webhook is not None:
        folders.append(settings.outbox.file.parent)
    return list(dict.fromkeys(folder.absolute() for folder in folders))


def _is_folder(path: Path, outputs: Outputs) -> bool:
    return path == outputs.snapshots or (path == outputs.video and not path.suffix)


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
