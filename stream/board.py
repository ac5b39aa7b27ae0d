"""What a person sees of a watch while it runs: a bar for a recording, a table for cameras, and lines where nobody watches."""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from models.say import say
from stream.looking.pipeline import Look
from stream.session import Session
from stream.sinks.annotate import caption
from stream.turns import Turns

REFRESH_S = 0.5
REPORT_S = 60.0
"""Between two lines about a camera with which nothing happens."""
NEVER = "never"


class Board(Protocol):
    """Shows what happens; `console` is where other sentences go meanwhile."""

    console: Console

    def shown(self) -> AbstractContextManager[object]:
        """While it is open, the board is there."""
        ...

    def update(self, session: Session, looks: Sequence[Look], /) -> None:
        """After each batch, and when nothing happens."""
        ...


def board_for(live: bool, cameras: int, console: Console) -> Board:
    if live or cameras > 1:
        return Overview(console) if console.is_terminal else Log(console)
    return Bar(console)


class Bar:
    """Of one recording."""

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
        )
        self.console = self._bar.console
        self._task = self._bar.add_task("", total=None)
        self._began = time.monotonic()

    def shown(self) -> AbstractContextManager[object]:
        return self._bar

    def update(self, session: Session, looks: Sequence[Look], /) -> None:
        if not looks:
            return
        last = looks[-1]
        source, counts = session.pipeline.source(last.camera), session.pipeline.counts(last.camera)
        rate = counts.recorded / (time.monotonic() - self._began)
        self._bar.update(
            self._task,
            total=None if source is None else source.expected,
            completed=counts.recorded + counts.skipped,
            description=f"{caption(last.detection):<14}{rate:5.0f} frames/s",
        )
        for look in looks:
            if look.detection.reason == "corrupt" and look.frame.picture is None:
                name = look.frame.name or f"frame {look.frame.index}"
                say(self.console, f"unreadable: {name}, recorded as unknown", "yellow")


class Log:
    """A line where something turns, and one a camera each minute."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._told: dict[str, tuple[str, ...]] = {}
        self._turns = Turns()
        self._at = time.monotonic()

    def shown(self) -> AbstractContextManager[object]:
        return nullcontext()

    def update(self, session: Session, looks: Sequence[Look], /) -> None:
        for camera in session.pipeline.cameras:
            status = session.pipeline.status(camera)
            turn = (status.phase, status.trouble or "")
            if turn != self._told.get(camera) and status.phase != "connecting":
                self._told[camera] = turn
                say(self.console, f"{camera}: {phase_of(session, camera)}")
        for sentence in self._turns.of(session, looks):
            say(self.console, sentence)
        if time.monotonic() - self._at >= REPORT_S:
            self._at = time.monotonic()
            for camera in session.pipeline.cameras:
                say(self.console, row_of(session, camera).sentence)


class Overview:
    """A row a camera, drawn anew twice a second; what turns runs above it."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._turns = Turns()
        self._at = 0.0

    def shown(self) -> AbstractContextManager[object]:
        return self._live

    def update(self, session: Session, looks: Sequence[Look], /) -> None:
        for sentence in self._turns.of(session, looks):
            say(self.console, sentence)
        if time.monotonic() - self._at >= REFRESH_S:
            self._at = time.monotonic()
            self._live.update(overview_of(session), refresh=True)


def overview_of(session: Session) -> Table:
    """A row a camera, of one line; what has no room is cut."""
    table = Table(expand=True, padding=(0, 1, 0, 0), box=SIMPLE_HEAD)
    table.add_column("camera", no_wrap=True, min_width=18)
    table.add_column("state", no_wrap=True, min_width=13)
    for name in ("seen/s", "last", "cover", "ships", "lost"):
        table.add_column(name, no_wrap=True, justify="right")
    table.add_column("connection", no_wrap=True, ratio=1)
    for camera in session.pipeline.cameras:
        row = row_of(session, camera)
        cells = (camera, row.state, row.rate, row.age, row.coverage, str(row.passages), str(row.dropped))
        table.add_row(*(Text(cell) for cell in (*cells, phase_of(session, camera))))
    for place, trouble in session.sinks.troubles().items():
        table.add_row(Text(place), Text("trouble"), "", "", "", "", "", Text(trouble))
    return table


@dataclass(frozen=True, slots=True)
class Row:
    """Of one camera, for people; empty what is not known yet."""

    camera: str
    state: str
    rate: str
    age: str
    coverage: str
    passages: int
    dropped: int

    @property
    def sentence(self) -> str:
        passages = f"{self.passages} passage{'' if self.passages == 1 else 's'}"
        rate = f", {self.rate} frames/s" if self.rate else ""
        coverage = f", coverage {self.coverage}" if self.coverage else ""
        age = "no frame yet" if self.age == NEVER else f"last frame {self.age} ago"
        return f"{self.camera}: {self.state}{rate}, {age}{coverage}, {passages}, {self.dropped} dropped"


def row_of(session: Session, camera: str) -> Row:
    watch = session.watches[camera]
    status, counts = session.pipeline.status(camera), session.pipeline.counts(camera)
    hour = watch.coverage.total()
    return Row(
        camera,
        "waiting" if watch.last is None else caption(watch.last),
        f"{counts.recorded / hour.seconds:.1f}" if hour.seconds else "",
        NEVER if status.last_frame is None else f"{max(0.0, time.monotonic() - status.last_frame):.1f} s",
        "" if hour.coverage is None else f"{100 * hour.coverage:.1f} %",
        hour.passages,
        sum(counts.dropped.values()),
    )


def phase_of(session: Session, camera: str) -> str:
    """How its connection is doing, in words."""
    status = session.pipeline.status(camera)
    match status.phase:
        case "up":
            return f"connected (decoder: {status.decoder})"
        case "offline" if status.next_try is not None:
            wait = max(0.0, status.next_try - time.monotonic())
            return f"offline: {status.trouble}; attempt {status.failures + 1} in {wait:.1f} s"
        case "ended":
            return "ended"
        case "connecting":
            return "connecting"
        case phase:
            return f"{phase}: {status.trouble}"
