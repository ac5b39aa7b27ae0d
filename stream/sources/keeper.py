"""Keeps one camera's source open: connects, notices when nothing comes, connects again, for ever if need be."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Event, Lock, Thread

from models.errors import SourceError, first_line
from stream.sources.backoff import Backoff
from stream.sources.clock import Clock, SystemClock
from stream.sources.frame import Frame, Reason
from stream.sources.source import Source
from stream.sources.status import Patience, Status

TICK_S = 0.25
"""The keeper looks up so often."""
HEARTBEAT_S = 10.0
"""While a camera is blind for want of frames, this is said anew so often."""
GRACE_S = 5.0
"""FFmpeg's own time-outs come first, and a process takes a moment to start; what is not back so long after them never will be."""
PATIENCE_S = 2.0
"""How long `stop` waits for a reader to come back from the decoder."""


@dataclass(slots=True, eq=False)
class _Attempt:
    """One connection. `last`: when something happened. `came`: a frame did. `busy`: one is being handed over, which may wait for room."""

    last: float
    done: Event
    came: bool = False
    busy: bool = False
    source: Source | None = None
    error: BaseException | None = None


class Keeper:
    """Runs in two threads: one reads, one watches over it.

    A reader that does not come back is killed, or left behind where that cannot be; should it wake, what it brings is refused.

    Args:
        open_source: opens the source; may raise SourceError, and may hang.
        deliver: takes each frame, in order; False: no more is wanted.
        ended: called once, when no frame will come any more.
        live: the camera may come back when it is lost. Its frames are numbered and timed across connections.
        patience: see Patience.
    """

    def __init__(
        self,
        camera: str,
        open_source: Callable[[], Source],
        deliver: Callable[[Source | None, Frame], bool],
        ended: Callable[[], None],
        live: bool,
        patience: Patience | None = None,
        clock: Clock | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self.camera, self.live, self.patience = camera, live, patience or Patience()
        self.status = Status()
        self.source: Source | None = None
        """The one that was opened last."""
        self.error: BaseException | None = None
        """Why it was given up."""
        self._open_source, self._deliver, self._ended = open_source, deliver, ended
        self._clock, self._backoff = clock or SystemClock(), backoff or Backoff()
        self._stop = Event()
        self._lock = Lock()
        self._attempt: _Attempt | None = None
        self._handed = self._skipped = self._index = 0
        self._began = self._clock.monotonic()
        self._thread = Thread(target=self._keep, name=f"keeper of {camera}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Reads no more, soon; `stop` waits for it."""
        self._stop.set()

    def stop(self) -> None:
        """Reads no more. May be called twice. Returns within PATIENCE_S, whatever the decoder does."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(PATIENCE_S)

    @property
    def counts(self) -> tuple[int, int]:
        """Frames that came, and of them those that the pace left out, of all connections."""
        return self._handed + self._skipped, self._skipped

    def _keep(self) -> None:
        try:
            while not self._stop.is_set() and not self._once():
                pass
        finally:
            self._ended()

    def _once(self) -> bool:
        """One connection, from opening to loss, and the wait after it. Says whether it was the last."""
        self._say(phase="connecting", next_try=None)
        attempt = _Attempt(self._clock.monotonic(), Event())
        self._attempt = attempt
        Thread(target=self._read_all, args=(attempt,), name=f"reader of {self.camera}", daemon=True).start()
        hung = self._watch(attempt)
        with self._lock:  # not in the middle of a frame
            self._attempt = None
        if attempt.came:
            self._say(ended=self.patience.ending(self._clock.monotonic() - attempt.last, hung is not None))
        if hung or self._stop.is_set():
            self._let_go(attempt)
        if self._stop.is_set():
            return True
        if hung:
            attempt.error = SourceError(hung)
        if attempt.error is None:
            self._say(phase="ended", trouble=None)
            return True
        return self._lost(attempt.error)

    def _watch(self, attempt: _Attempt) -> str | None:
        """Until the attempt is over, or hangs; then says how."""
        told = float("-inf")
        while not self._clock.wait(attempt.done, TICK_S) and not self._stop.is_set():
            now = self._clock.monotonic()
            quiet = 0.0 if attempt.busy else now - attempt.last
            limit = self.patience.read_timeout + GRACE_S + (0.0 if attempt.came else self.patience.open_timeout)
            if not self.live:
                continue  # a disk may take its time, and standard input for ever
            if quiet > limit:
                return f"its decoder has not answered for {quiet:.0f} s, and was given up"
            if attempt.came and quiet > self.patience.stalled and now - told >= HEARTBEAT_S:
                told = now
                self._say(phase="stalled", trouble=f"no frame for {quiet:.0f} s")
                self._report("stalled")
        return None

    def _lost(self, error: BaseException) -> bool:
        """After a failure: waits, and says meanwhile that the camera is blind. Says whether it is given up."""
        trouble = first_line(error) if isinstance(error, Exception) else repr(error)
        delay = self._backoff.next()
        failures = self._backoff.failures
        retries = self.patience.retries if self.live else 0
        if not isinstance(error, SourceError) or (retries is not None and failures > retries):
            self.error = error
            self._say(phase="failed", failures=failures, trouble=trouble)
            return True
        until = self._clock.monotonic() + delay
        self._say(phase="offline", failures=failures, trouble=trouble, next_try=until)
        while not self._stop.is_set():
            self._report("offline")
            left = until - self._clock.monotonic()
            if left <= 0 or self._clock.wait(self._stop, min(left, HEARTBEAT_S)):
                break
        return self._stop.is_set()

    def _read_all(self, attempt: _Attempt) -> None:
        source: Source | None = None
        try:
            source = attempt.source = self._open_source()
            if attempt is self._attempt:
                self.source = source
            for frame in source.frames():
                attempt.last = self._clock.monotonic()
                if not (self._skip(attempt) if frame is None else self._hand_over(attempt, source, frame)):
                    break
        except BaseException as error:  # noqa: BLE001 - whatever it is, the keeper must hear of it
            attempt.error = error
        finally:
            if source is not None:
                with suppress(Exception):  # what a broken decoder says on closing helps nobody
                    source.close()
            attempt.done.set()

    def _hand_over(self, attempt: _Attempt, source: Source, frame: Frame) -> bool:
        attempt.busy = True
        try:
            with self._lock:
                if attempt is not self._attempt:
                    return False
                if not attempt.came:
                    attempt.came = True
                    self._backoff.reset()
                    self.status = self.status.connected(source.decoder)
                self._handed += 1
                self._say(phase="up", trouble=None, last_frame=attempt.last)
                return self._deliver(source, self._numbered(frame, source))
        finally:
            attempt.last, attempt.busy = self._clock.monotonic(), False

    def _skip(self, attempt: _Attempt) -> bool:
        with self._lock:
            if attempt is self._attempt:
                self._skipped += 1
                self._index += 1
            return attempt is self._attempt

    def _numbered(self, frame: Frame, source: Source) -> Frame:
        """Of a live camera a connection knows neither the frames nor the time before it."""
        if not (self.live and source.live):
            return frame
        self._index += 1
        return replace(frame, index=self._index - 1, media_time=frame.arrived - self._began)

    def _report(self, reason: Reason) -> None:
        now = self._clock.monotonic()
        with self._lock:
            self._deliver(None, Frame(None, None, now - self._began, now, time=self._clock.wall(), reason=reason))

    def _let_go(self, attempt: _Attempt) -> None:
        """Kills what can be killed. Closing a capture under a read would crash OpenCV: such a reader closes its source itself, if it ever comes back."""
        if attempt.source is not None and attempt.source.killable:
            attempt.source.close()
        if not attempt.done.wait(PATIENCE_S):
            self._say(left_behind=self.status.left_behind + 1)

    def _say(self, **changes: object) -> None:
        self.status = replace(self.status, **changes)  # type: ignore[arg-type]  # names and types are Status's own
