"""`rivereye replay`: passages and hours anew from detections on disk, without the video and without the network."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console

from models.errors import SourceError, UsageError, first_line
from models.outputs import check_file
from models.say import say
from stream.configuration.settings import PassageSettings
from stream.following.passage import PassageEvent
from stream.following.watch import Watch
from stream.looking.detection import Detection
from stream.sinks.jsonl import JsonLines
from stream.summary import Summary, Tally, show_summary


@dataclass(frozen=True, slots=True)
class Places:
    """Where the new records go; None: nowhere."""

    passages: Path | None = None
    hours: Path | None = None

    def files(self) -> list[Path]:
        return [path for path in (self.passages, self.hours) if path is not None]


def replay(
    files: Sequence[Path],
    threshold: float | None,
    leave: float | None,
    settings: PassageSettings,
    places: Places,
    overwrite: bool,
    console: Console,
) -> Summary:
    """Goes through detections as `rivereye stream` wrote them, of one camera or of several.

    Args:
        files: in order of time. A torn last line, left by a kill, is passed over, and said.
        threshold: from which confidence on a ship is in sight; None: as recorded.
        leave, settings: see `Passages`.
        places: what to write.
        overwrite: replace files that are there.
        console: for the result.

    Raises:
        SourceError: a file cannot be read, or a line is no detection.
        OutputError: a place cannot be written.
    """
    if leave is not None and threshold is not None and leave > threshold:
        raise UsageError(f"--leave {leave} is above --threshold {threshold}: a ship would have left before it came")
    for path in places.files():
        if path.resolve() in [each.resolve() for each in files]:
            raise UsageError(f"{path} is what is replayed; give another name")
        check_file(path, overwrite)
    summary = Summary(live=False)
    watches: dict[str, Watch] = {}
    tallies: dict[str, Tally] = {}
    with ExitStack() as stack:
        lines, hours = (
            None if path is None else stack.enter_context(JsonLines(str(path)))
            for path in (places.passages, places.hours)
        )
        for detection in (each for path in files for each in detections_in(path, console)):
            camera = detection.camera
            watch = watches.setdefault(camera, Watch(camera, settings, leave))
            tally = tallies.setdefault(camera, Tally(camera))
            decided = detection if threshold is None else decided_at(detection, threshold)
            if detection.frame_id is not None:
                tally.states[decided.state] += 1
                tally.read += 1
            _take(tally, [each.event for each in watch.follow(decided)], lines)
        for camera, watch in watches.items():
            _take(tallies[camera], [each.event for each in watch.finish()], lines)
            tallies[camera].hour = watch.coverage.total()
            if hours is not None:
                for hour in watch.coverage.hours():
                    hours.write(hour)
    summary.tallies = list(tallies.values())
    show_summary(summary, "", places.files(), console)
    return summary


def decided_at(detection: Detection, threshold: float) -> Detection:
    """The same frame, decided anew."""
    if detection.confidence is None:
        return detection.model_copy(update={"threshold": threshold})
    state = "ship" if detection.confidence >= threshold else "no_ship"
    return detection.model_copy(update={"state": state, "label": state, "threshold": threshold})


def _take(tally: Tally, events: Sequence[PassageEvent], lines: JsonLines | None) -> None:
    for event in events:
        if lines is not None:
            lines.write(event)
        if event.type == "end":
            tally.passages.append(event.after)


def detections_in(path: Path, console: Console) -> Iterator[Detection]:
    """The records of a file, in order. A torn last line is passed over, and said. Raises SourceError: it is no such file."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    say(console, f"{path}: its last line is torn, and was passed over", "yellow")
                    return
                yield _parsed(line, path, number)
    except OSError as error:
        raise SourceError(
            f"cannot read {path}: {error.strerror}; give a file that `rivereye stream --output` wrote"
        ) from error


def _parsed(line: bytes, path: Path, number: int) -> Detection:
    try:
        return Detection.model_validate_json(line)
    except ValidationError as error:
        raise SourceError(
            f"{path}, line {number} is no detection of this version: {first_line(error)}; give a file that `rivereye stream --output` wrote"
        ) from error
