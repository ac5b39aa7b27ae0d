"""What a stream came to, as tables for people."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from models.say import say
from stream.annotate import clock
from stream.passage import Passage
from stream.source import Source


@dataclass(slots=True)
class Summary:
    """`seconds` is by the monotonic clock; `states` counts frames; `dropped` ones are not among them."""

    live: bool
    states: Counter[str] = field(default_factory=Counter)
    passages: list[Passage] = field(default_factory=list)
    dropped: int = 0
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def frames(self) -> int:
        return self.states.total()


def show_summary(summary: Summary, source: Source, provider: str, files: Sequence[Path], console: Console) -> None:
    """Prints passages, counts, and where the files are."""
    if source.timed and summary.frames:
        console.print(_passages_table(summary.passages))
    counts = ", ".join(
        f"{summary.states[state]} {state}" for state in ("ship", "no_ship", "unknown") if summary.states[state]
    )
    rate = f", {summary.frames / summary.seconds:.0f} frames/s on {provider}" if summary.seconds else ""
    frames = "1 frame" if summary.frames == 1 else f"{summary.frames} frames"
    say(console, f"{frames} of {source.camera}: {counts or 'none'}{rate}")
    if source.expected and summary.frames < source.expected and not summary.interrupted:
        say(
            console,
            f"only {summary.frames} of the {source.expected} frames its header promises could be decoded; is the recording complete?",
            "yellow",
        )
    if summary.dropped:
        say(console, f"{summary.dropped} live frames dropped: they came faster than they could be looked at")
    if summary.interrupted:
        say(console, "interrupted; what was written until now is valid")
    for path in files:
        if path.exists():
            say(console, f"  {path}")


def _passages_table(passages: Sequence[Passage]) -> Table:
    table = Table(
        "",
        "from",
        "to",
        "length",
        "top score",
        "best seen at",
        title=f"{len(passages)} passage{'' if len(passages) == 1 else 's'}",
    )
    for number, each in enumerate(passages, start=1):
        table.add_row(
            str(number),
            clock(each.start),
            clock(each.end),
            f"{each.length:.1f} s",
            f"{each.top_score:.2f}",
            clock(each.best_time),
        )
    return table
