"""The files of a watch, as they are named."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from models.errors import OutputError, UsageError
from models.outputs import check_file
from models.picture import SUFFIXES
from stream.configuration.outputs import Outputs
from stream.looking.lookout import Lookout
from stream.sinks.jsonl import STDOUT
from stream.store.place import place_named


def lists_of(outputs: Outputs) -> list[Path]:
    """Files that get a line after the other."""
    named = [outputs.detections, outputs.csv, outputs.passages, outputs.hours]
    return [Path(name) for name in named if name is not None and name != STDOUT]


def files_of(outputs: Outputs) -> list[Path]:
    """Where things go, but for standard output."""
    detections = None if outputs.detections in (None, STDOUT) else Path(outputs.detections)
    named = [detections, outputs.passages, outputs.csv, outputs.hours, outputs.video, outputs.snapshots, outputs.sheet]
    return [path for path in (*named, _store_file(outputs)) if path is not None]


def videos_of(outputs: Outputs, cameras: Iterable[str], live: bool) -> list[Path]:
    """Files that are known beforehand: in a folder, those of live cameras bear the time."""
    if outputs.video is None or outputs.video.suffix:
        return [] if outputs.video is None else [outputs.video]
    return [] if live else [outputs.video / f"{camera}.mp4" for camera in cameras]


@contextmanager
def tidied(outputs: Outputs, before: Collection[Path]) -> Iterator[None]:
    """Where a place cannot be opened, the empty files of the others go: they would be in the way of the next try."""
    try:
        yield
    except OutputError:
        for path in lists_of(outputs):
            if path not in before and path.is_file() and not path.stat().st_size:
                path.unlink()
        raise


def check_places(outputs: Outputs, several: bool) -> None:
    """Raises OutputError where the names of places do not fit what goes there."""
    if outputs.video is not None and several and outputs.video.suffix:
        raise OutputError(
            f"cannot write {outputs.video}: several cameras need a folder for their videos; give a name without a suffix"
        )
    if outputs.video is not None and not several and outputs.video.suffix.lower() not in ("", ".mp4"):
        raise OutputError(f"cannot write {outputs.video}: the video is an MP4; give a name that ends in .mp4")


def check_store(outputs: Outputs, live: bool) -> None:
    """Raises UsageError where there is nothing that a store could keep."""
    if outputs.store is not None and not live:
        raise UsageError(
            "a store keeps what live cameras see, by the clock on the wall, which a recording has not; leave --store (outputs.store) out, and write --passages and --hours"
        )


def check_outputs(outputs: Outputs, videos: Iterable[Path], overwrite: bool, live: bool) -> None:
    """Raises OutputError where a file is named twice, or is there and not to be replaced."""
    files, store = [*files_of(outputs), *(path for path in videos if path != outputs.video)], _store_file(outputs)
    for path in files:
        if [each.resolve() for each in files].count(path.resolve()) > 1:
            raise OutputError(f"{path} is named for two outputs; give each a name of its own")
    if outputs.sheet is not None and outputs.sheet.suffix.lower() not in SUFFIXES:
        raise OutputError(
            f"cannot write {outputs.sheet}: no known kind of picture; give a name that ends in .jpg or .png"
        )
    appended = lists_of(outputs) if live else []
    for path in files:
        if path in (outputs.snapshots, store) or (path == outputs.video and not path.suffix):
            continue  # a folder, or what is never replaced
        check_file(path, overwrite or path in appended)


def spare_sources(lookouts: Mapping[str, Lookout], written: Iterable[Path]) -> None:
    """Raises OutputError where a source would be written over."""
    read = {path.resolve() for each in lookouts.values() if each.first is not None for path in each.first.files}
    for path in written:
        if path.resolve() in read:
            raise OutputError(f"{path} is the source itself, or a picture of it; give another name")


def _store_file(outputs: Outputs) -> Path | None:
    """None: there is no store, or it is on a server."""
    return None if outputs.store is None else place_named(outputs.store.get_secret_value()).file
