"""Brings what waits in the outbox to one receiver, for ever: in order for each camera, and none held up by another."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from random import random
from threading import Event, Thread

from models.closing import Closing
from models.errors import first_line
from stream.sources.backoff import Backoff
from stream.sources.clock import Clock, SystemClock
from stream.telling.item import Answer, Item, Receiver
from stream.telling.notice import Notice
from stream.telling.outbox import Outbox

LONGEST_WAIT_S = 600.0
"""A receiver that asks for more time than this is asked again all the same."""
IDLE_S = 60.0


@dataclass
class _Line:
    """A camera whose first item was not taken: it is tried again at `until` (monotonic clock), and those behind it wait."""

    backoff: Backoff
    number: int
    until: float = 0.0
    refusals: int = 0


class Delivery(Closing):
    """One item at a time, in a thread of its own.

    Args:
        name: of the receiver, in the outbox and for people.
        outbox: an item is taken from it only after the receiver has it.
        receiver: who takes the items.
        clock, draw: as for Backoff.
    """

    def __init__(
        self,
        name: str,
        outbox: Outbox,
        receiver: Receiver,
        clock: Clock | None = None,
        draw: Callable[[], float] = random,
    ) -> None:
        self._name, self._outbox, self._receiver = name, outbox, receiver
        self._clock, self._draw = clock or SystemClock(), draw
        self._lines: dict[str, _Line] = {}
        self._away, self._away_until = Backoff(draw), 0.0  # the receiver, where nobody answers
        self._trouble: str | None = None
        self._notice = Notice(self._clock)
        self._awake, self._anew, self._ended = Event(), Event(), Event()
        self._deadline = self._looked = 0.0
        self._thread = Thread(target=self._run, name=f"news for {name}", daemon=True)
        self._thread.start()

    @property
    def troubled(self) -> str | None:
        """Why items wait, or that one was set aside in the last minute, as a sentence."""
        return self._trouble or self._notice.sentence

    def wake(self) -> None:
        """There may be something to bring."""
        self._awake.set()

    def again(self) -> None:
        """The receiver is back: what waits is tried at once."""
        self._anew.set()
        self._awake.set()

    def close(self, seconds: float = 2.0) -> None:
        """Brings what the receiver takes at once, for so many seconds at most; the rest stays in the outbox. May be called twice."""
        self._deadline = self._clock.monotonic() + seconds
        self._ended.set()
        self._awake.set()
        self._thread.join(seconds)
        if self._thread.is_alive():
            self._receiver.cut()
            self._thread.join(1.0)

    def _run(self) -> None:
        while not (self._ended.is_set() and self._clock.monotonic() >= self._deadline):
            item = self._next()
            if item is not None:
                self._take(item, self._sent(item))
            elif self._ended.is_set():
                return
            else:
                self._clock.wait(self._awake, self._idle())
                self._awake.clear()

    def _next(self) -> Item | None:
        now = self._looked = self._clock.monotonic()
        if self._anew.is_set():
            self._anew.clear()
            self._away_until = 0.0
            for line in self._lines.values():
                line.until = 0.0
        if now < self._away_until:
            return None
        try:
            return self._outbox.oldest(self._name, [camera for camera, line in self._lines.items() if now < line.until])
        except sqlite3.Error as error:
            self._trouble = f"{self._name}: the outbox cannot be read: {first_line(error)}"
            self._away_until = now + self._away.next()
            return None

    def _idle(self) -> float:
        """Seconds until something is due that was not when `_next` looked."""
        due = [line.until for line in self._lines.values() if line.until > self._looked]
        if self._away_until > self._looked:
            due = [self._away_until]
        now = self._clock.monotonic()
        return min([IDLE_S, *(max(0.0, each - now) for each in due)])

    def _sent(self, item: Item) -> Answer:
        try:
            return self._receiver.send(item)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other receivers and the watch go on
            return Answer("later", f"{self._name}: {type(error).__name__}: {first_line(error)}")

    def _take(self, item: Item, answer: Answer) -> None:
        now, wait = self._clock.monotonic(), min(answer.wait, LONGEST_WAIT_S)
        self._trouble = answer.trouble
        if answer.verdict == "away":
            self._away_until = now + max(self._away.next(), wait)
            return
        self._away.reset()
        if answer.verdict == "taken":
            self._lines.pop(item.camera, None)
            self._outbox.done(self._name, item)
            return
        line = self._lines.get(item.camera)
        if line is None or line.number != item.number:
            line = self._lines[item.camera] = _Line(Backoff(self._draw), item.number)
        line.refusals += answer.verdict == "refused"
        if line.refusals >= self._receiver.refusals:
            self._lines.pop(item.camera)
            self._outbox.done(self._name, item, aside=answer.trouble or "refused")
            self._notice.say(f"{answer.trouble}; {item.id} of {item.camera} was set aside, and is not sent again")
            self._trouble = None
        else:
            line.until = now + max(line.backoff.next(), wait)
