"""What is to be known of a clip before its figures are believed."""

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError

from models.errors import UsageError
from stream.bench.report import Clip

SHORT_S = 2.0
"""Seconds; in less, beginning and ending weigh as much as what is between."""
UNEVEN = 0.5
"""Share of the usual time between two frames by which others may differ."""


def notes_on(path: Path, clip: Clip) -> list[str]:
    """Sentences, none where nothing is to be said. Packets are read, and not decoded."""
    shown, notes = f"clip {clip.name}", []
    shows, promised, corrupt = _packets(path)
    seconds = clip.frames / clip.fps if clip.fps else 0.0
    if seconds < SHORT_S:
        notes.append(
            f"{shown} has {clip.frames} frames, {seconds:.1f} s: too few to say much; take one of 10 s or more"
        )
    if promised and promised != clip.frames:
        notes.append(
            f"{shown} has {clip.frames} frames where its header promises {promised}: it was cut short, or is damaged"
        )
    if corrupt:
        notes.append(f"{shown} is damaged: {corrupt} of its frames are marked so")
    if shows != sorted(shows):
        notes.append(
            f"{shown} has B-frames, which no live camera sends: each frame has to wait for later ones, so that played as a camera it comes late whatever the machine does"
        )
    gaps = np.diff(sorted(shows))
    if len(gaps) and np.abs(gaps - np.median(gaps)).max() > UNEVEN * np.median(gaps):
        notes.append(f"{shown} has frames at uneven times; played as a camera, they come evenly")
    return notes


def _packets(path: Path) -> tuple[list[int], int, int]:
    """Times of showing, in ticks, in the order of decoding; how many frames the header promises, 0 where it says nothing; how many are marked as damaged."""
    shows: list[int] = []
    corrupt = 0
    with av.open(str(path), metadata_errors="replace") as container:
        video = container.streams.video[0]
        promised = int(video.frames)
        try:
            for packet in container.demux(video):
                if packet.size:
                    shows.append(int(packet.pts or 0))
                    corrupt += bool(packet.is_corrupt)
        except FFmpegError:
            corrupt += 1
    return shows, promised, corrupt


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
