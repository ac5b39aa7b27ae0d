"""What a watch came to, as tables for people."""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from models.say import say
from stream.following.coverage import Hour
from stream.following.passage import Passage
from stream.sinks.annotate import clock

MOST = 1000
"""Passages that are listed at the end; a watch of months must not grow."""


@dataclass(slots=True)
class Tally:
    """Of one camera. `states` counts frames, and `blind` moments from which none came; `dropped` and `skipped` frames are not among them.
    `events` counts those of passages, by type.

    `promised`: frames that a recording's header promises; None where unknown. `hour`: the whole time together.
    """

    camera: str
    timed: bool = True
    states: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    passages: deque[Passage] = field(default_factory=lambda: deque(maxlen=MOST))
    read: int = 0
    skipped: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    promised: int | None = None
    hour: Hour | None = None
    trouble: str | None = None

    @property
    def frames(self) -> int:
        return self.states.total()


@dataclass(slots=True)
class Summary:
    """`seconds` is by the monotonic clock. `live`: one of the cameras is, so that the watch has no end of its own.

    `left_out`: what places for files have not got; `untold`: what the store and other systems have not, and `waiting`: what waits for them.
    """

    live: bool
    tallies: list[Tally] = field(default_factory=list)
    left_out: Mapping[str, int] = field(default_factory=dict)
    untold: Mapping[str, int] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    interrupted: bool = False


def show_summary(summary: Summary, provider: str, files: Sequence[Path], console: Console) -> None:
    """Prints passages, counts, and where the files are."""
    frames = sum(tally.frames for tally in summary.tallies)
    if frames and any(tally.timed for tally in summary.tallies):
        console.print(_passages_table(summary.tallies))
    for tally in summary.tallies:
        rate = f", {tally.frames / summary.seconds:.0f} frames/s on {provider}" if summary.seconds else ""
        say(console, f"{_counts(tally)}{rate}{_coverage(tally)}")
        _doubts(tally, summary, console)
    for place, count in summary.left_out.items():
        say(console, f"{place}: {count} left out, as the disk was too slow or too full", "yellow")
    for place, count in summary.untold.items():
        say(console, f"{place}: {count} left out, as too many waited, or they were refused", "yellow")
    for place, count in summary.waiting.items():
        if count:
            say(console, f"{place}: {count} record{'' if count == 1 else 's'} wait for the next start", "yellow")
    if summary.interrupted:
        say(console, "interrupted; what was written until now is valid")
    for path in files:
        if path.exists():
            say(console, f"  {path}")


def _counts(tally: Tally) -> str:
    counts = ", ".join(
        f"{tally.states[state]} {state}" for state in ("ship", "no_ship", "unknown") if tally.states[state]
    )
    frames = "1 frame" if tally.frames == 1 else f"{tally.frames} frames"
    skipped = f", {tally.skipped} skipped" if tally.skipped else ""
    return f"{frames} of {tally.camera}: {counts or 'none'}{skipped}"


def _coverage(tally: Tally) -> str:
    hour = tally.hour
    if hour is None or not hour.seconds or hour.coverage is None:
        return ""
    blind = ", ".join(f"{reason} {clock(seconds)}" for reason, seconds in hour.unknown.items() if seconds)
    return f", coverage {100 * hour.coverage:.1f} %{f' ({blind})' if blind else ''}"


def _doubts(tally: Tally, summary: Summary, console: Console) -> None:
    read = tally.frames + tally.skipped
    if tally.promised and read < tally.promised and not summary.interrupted:
        say(
            console,
            f"only {read} of the {tally.promised} frames its header promises could be decoded; is the recording complete?",
            "yellow",
        )
    if tally.skipped and not tally.frames and not summary.live:
        say(console, f"{tally.camera}: no frame lies between --start and --end; is the recording shorter?", "yellow")
    if tally.read != tally.frames or (summary.live and tally.read):
        dropped = sum(tally.dropped.values())
        reasons = ", ".join(f"{count} {reason}" for reason, count in tally.dropped.items() if count)
        parts = (
            f"{tally.frames} recorded + {tally.skipped} skipped + {dropped} dropped{f' ({reasons})' if reasons else ''}"
        )
        missing = tally.read - tally.frames - tally.skipped - dropped
        say(
            console,
            f"{tally.camera}: {tally.read} frames read = {parts}{f' + {missing} unaccounted for' if missing else ''}",
        )
    for reason, count in tally.dropped.items():
        if count and reason != "stopped":
            say(console, f"{count} frames of {tally.camera} dropped: {REASONS[reason]}", "yellow")
    if tally.trouble:
        say(console, f"{tally.camera}: {tally.trouble}", "yellow")


REASONS = {
    "overload": "they came faster than they could be looked at; look less often (--fps), at fewer views, or with the gate",
    "stale": "they waited longer than the policy allows",
    "stopped": "they waited when the watch ended",
}


def _passages_table(tallies: Sequence[Tally]) -> Table:
    passages = sorted(
        (passage for tally in tallies for passage in tally.passages), key=lambda each: (each.start_time, each.camera)
    )
    several = len(tallies) > 1
    table = Table(
        *(["", "camera"] if several else [""]),
        "from",
        "to",
        "length",
        "top score",
        "best seen at",
        title=f"{len(passages)} passage{'' if len(passages) == 1 else 's'}",
    )
    for number, each in enumerate(passages, start=1):
        table.add_row(
            *([str(number), each.camera] if several else [str(number)]),
            clock(each.start_media),
            clock(each.end),
            f"{each.length_s:.1f} s",
            f"{each.top_score:.2f}",
            clock(each.best_time),
        )
    return table
