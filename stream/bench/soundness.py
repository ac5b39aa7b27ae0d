"""What is to be known of a clip before its figures are believed."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError

from models.errors import UsageError
from stream.bench.recorded import read
from stream.bench.report import Clip

SHORT_S = 2.0
"""Seconds; in less, beginning and ending weigh as much as what is between."""
UNEVEN = 0.5
"""Share of the usual time between two frames by which others may differ."""
B_FRAMES = "has B-frames, which hardly any camera sends: its frames wait for later ones"


def notes_on(path: Path, clip: Clip) -> list[str]:
    """Sentences, none where nothing is to be said. What was made for the purpose is sound; all else is decoded, once.

    Raises SourceError: not one frame can be decoded.
    """
    if clip.made_from_seed is not None:
        return []
    shown, notes = f"clip {clip.name}", []
    shows, promised = _packets(path)
    decoded, _ = read(path, "none", convert=False)
    seconds = decoded / clip.fps if clip.fps else 0.0
    if seconds < SHORT_S:
        notes.append(f"{shown} has {decoded} frames, {seconds:.1f} s: too few to say much; take one of 10 s or more")
    whole = max(promised, clip.frames)
    if decoded < whole:
        notes.append(f"{shown} was cut short, or is damaged: {decoded} frames can be decoded, of {whole}")
    if shows != sorted(shows):
        notes.append(f"{shown} {B_FRAMES}, and played as a camera it is late by that, whatever the machine")
    gaps = np.diff(sorted(shows))
    if len(gaps) and np.abs(gaps - np.median(gaps)).max() > UNEVEN * np.median(gaps):
        notes.append(f"{shown} has frames at uneven times; played as a camera, they come evenly")
    return notes


def waits(path: Path) -> bool:
    """Whether there are B-frames in it."""
    shows, _ = _packets(path)
    return shows != sorted(shows)


def _packets(path: Path) -> tuple[list[int], int]:
    """Times of showing, in ticks, in the order of decoding, up to where the file breaks off; how many frames the header promises, 0 where it says
    nothing."""
    shows: list[int] = []
    with av.open(str(path), metadata_errors="replace") as container, suppress(FFmpegError):
        video = container.streams.video[0]
        shows += (packet.pts or 0 for packet in container.demux(video) if packet.size)
    return shows, int(video.frames)


def named(clips: Sequence[Path]) -> dict[str, Path]:
    """By their names without endings; where two are alike, with a number. Raises UsageError: one is a folder, or given twice."""
    found: dict[str, Path] = {}
    for number, path in enumerate(clips):
        if path.is_dir():
            raise UsageError(f"--clip {path}: a folder; give a video file, and --clip again for another")
        if path.resolve() in [each.resolve() for each in clips[:number]]:
            raise UsageError(f"--clip {path}: given twice; give each clip once")
        names = (path.stem, *(f"{path.stem}-{number}" for number in range(2, len(clips) + 2)))
        found[next(name for name in names if name not in found)] = path
    return found
