"""`rivereye stream`: from cameras, video or pictures to detections, passages and pictures."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, current_thread, main_thread
from types import FrameType

from rich.console import Console

from models.bundle import Bundle
from models.classifier import Choice, Classifier
from models.errors import OutputError, RivereyeError, SourceError, UsageError
from models.outputs import replace_text
from models.say import say
from stream.board import Board, board_for
from stream.configuration.changes import changes
from stream.configuration.effective import picked_up, resolved
from stream.configuration.settings import Settings
from stream.health.health import Health
from stream.looking.lookout import Lookout, lookout_of
from stream.session import Session
from stream.sinks.listeners import LEAVING_S, listeners_for
from stream.sinks.places import check_outputs, check_places, check_store, files_of, spare_sources, videos_of
from stream.sinks.sinks import Sinks
from stream.summary import Summary, show_summary
from stream.web.beside import beside
from stream.web.live import Live

Again = Callable[[], Settings] | None


def stream(settings: Settings, overwrite: bool, console: Console, again: Again = None) -> Summary:
    """Looks at every camera until all have ended, or Ctrl-C or SIGTERM ends it in order; all files are valid then.

    Args:
        settings: of the watch; what they leave open may have been tuned for this machine.
        overwrite: replace files that are there. A watch of live cameras adds to its lists without.
        console: for progress and tables; not where detections go.
        again: reads the settings anew, at SIGHUP; what changed of the cameras takes effect. None: they cannot change.

    Raises:
        UsageError, OutputError, BundleError, SourceError: see there. What was written until then is valid.
        BrokenPipeError: standard output was closed.
    """
    outputs = settings.outputs
    check_places(outputs, len(settings.cameras) > 1)
    opened = Choice(settings.model, settings.precision, settings.provider).bundle()
    choices = picked_up(settings, opened, console)
    settings = resolved(settings, choices, opened)
    bundle = replace(opened, precision=settings.precision or opened.precision)
    # What was tuned is what it was at the start, so that a reload changes what was changed in the file, and nothing else.
    reread = None if again is None else lambda: resolved(again(), choices, opened)
    lookouts = _lookouts(settings, bundle)
    live = any(lookout.live for lookout in lookouts.values())
    videos = videos_of(outputs, lookouts, live)
    check_outputs(outputs, videos, overwrite, live)
    check_store(outputs, live)
    spare_sources(lookouts, [*files_of(outputs), *videos])
    with ExitStack() as stack:
        stack.enter_context(_unreadable_by_others(outputs.store is not None))
        classifier = stack.enter_context(Classifier(bundle, settings.provider, settings.threads or 0))
        health = stack.enter_context(Health(settings, classifier))
        listeners = listeners_for(settings, LEAVING_S)
        sinks = stack.enter_context(Sinks(outputs, settings.retention, live, live and not overwrite, listeners))
        for note in listeners.notes():
            say(console, note, "yellow")
        shown = _pages(settings, stack, console)
        session = Session(settings, classifier, sinks, live, shown)
        board = board_for(live, len(lookouts), console)
        for path in videos:
            if path.is_file():  # should no frame be seen, it would pass for one of this run
                path.resolve().unlink()
        try:
            _run(session, lookouts, board, health, reread)
        finally:
            session.finish()
            if outputs.sheet is not None:
                session.sheet.save(outputs.sheet)
            trouble = _closed(sinks)
            if not isinstance(sys.exc_info()[1], BrokenPipeError):  # whoever read has seen enough, and misses nothing
                session.summary.left_out = sinks.left_out()
                session.summary.untold, session.summary.waiting = listeners.left_out(), listeners.depths()
            show_summary(session.summary, classifier.provider, files_of(outputs), console)
        if trouble is not None:
            raise trouble
    _tell_failures(session.summary)
    return session.summary


def _pages(settings: Settings, stack: ExitStack, console: Console) -> Live | None:
    """Serves them until the stack is closed; None where none are wanted."""
    outputs = settings.outputs
    if settings.web is None:
        return None
    if outputs.store is None:
        raise UsageError("pages (--web) show what is in a store; give --store, too, such as --store river.db")
    store = outputs.store.get_secret_value()
    address, live = stack.enter_context(beside(settings.web, store, outputs.box, outputs.snapshots))
    say(console, f"pages at {address}")
    return live


def _closed(sinks: Sinks) -> OutputError | None:
    """What could not be written to the end; it is told last."""
    try:
        sinks.close()
    except OutputError as error:
        return error
    return None


def _run(session: Session, lookouts: Mapping[str, Lookout], board: Board, health: Health, again: Again) -> None:
    reload = Event()
    with board.shown(), _signals(session, reload), _pid_file(session.settings.pid_file), health:
        for camera, lookout in lookouts.items():
            session.add(lookout, session.settings.cameras[camera].leave)
        for looks in session.run():
            board.update(session, looks)
            health.update(session, looks)
            if reload.is_set():
                reload.clear()
                say(board.console, _reload(session, again))


def _reload(session: Session, again: Again) -> str:
    """Takes over what changed of the cameras; on any mistake everything stays as it is. Returns the sentence for the operator."""
    if again is None:
        return "nothing to reload: the cameras were given on the command line, not in a file"
    try:
        settings = again()
        found = changes(session.settings, settings)
        bundle = session.pipeline.classifier.bundle
        fresh = {name: lookout_of(name, settings.cameras[name], bundle) for name in (*found.added, *found.changed)}
    except RivereyeError as error:
        return f"not reloaded, all stays as it was: {error}"
    for camera in (*found.removed, *found.changed):
        session.remove(camera)
    session.settings = session.settings.model_copy(update={"cameras": settings.cameras})
    session.sinks.listeners.settings(session.settings)
    for camera, lookout in fresh.items():
        session.add(lookout, settings.cameras[camera].leave)
    return f"reloaded: {found}"


def _lookouts(settings: Settings, bundle: Bundle) -> dict[str, Lookout]:
    enabled = {name: camera for name, camera in settings.cameras.items() if camera.enabled}
    if not enabled:
        raise SourceError("no camera to look at: all are disabled; set enabled = true for one")
    return {name: lookout_of(name, camera, bundle) for name, camera in enabled.items()}


@contextmanager
def _signals(session: Session, reload: Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the watch in order; a second one at once. SIGHUP reads the settings anew."""
    if current_thread() is not main_thread():
        yield
        return

    def end(_: int, __: FrameType | None) -> None:
        if session.summary.interrupted:
            raise KeyboardInterrupt
        session.summary.interrupted = True
        session.pipeline.stop()

    wanted: dict[int, Callable[[int, FrameType | None], None]] = {signal.SIGINT: end, signal.SIGTERM: end}
    if hasattr(signal, "SIGHUP"):
        wanted[signal.SIGHUP] = lambda _, __: reload.set()
    before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _unreadable_by_others(wanted: bool) -> Iterator[None]:
    """What a watch with a store keeps for years is for its user and group: files that are new meanwhile are readable by nobody else."""
    before = os.umask(0o077)
    os.umask(before | 0o007 if wanted else before)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def _pid_file(path: Path | None) -> Iterator[None]:
    """For `rivereye reload`."""
    if path is None:
        yield
        return
    replace_text(path, f"{os.getpid()}\n")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _tell_failures(summary: Summary) -> None:
    failed = [tally for tally in summary.tallies if tally.trouble]
    if len(summary.tallies) == 1 and failed:
        raise SourceError(failed[0].trouble)
    if failed:
        raise SourceError(
            f"{len(failed)} of {len(summary.tallies)} sources failed: {', '.join(tally.camera for tally in failed)}; see above"
        )
