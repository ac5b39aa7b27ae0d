"""Whoever hears all that a watch sees, besides files: the store, and other systems."""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from threading import Thread
from typing import Protocol

from models.closing import Closing
from stream.configuration.settings import Settings
from stream.following.passage import PassageEvent
from stream.looking.detection import Detection
from stream.sources.status import Status
from stream.telling.settings import TellingSettings

LEAVING_S = 3.0
"""What listeners have for closing: with the grace, and with cameras and pictures to be closed, a watch ends within 5 s."""
GRACE_S = 0.5
"""After its time to close, a listener may be this late, before it is left to itself."""


class Listener(Protocol):
    """No call but `close` waits for a disk or a network."""

    def settings(self, settings: Settings, /) -> None:
        """What runs from now on."""
        ...

    def look(self, detection: Detection, /) -> None:
        """The next one of a camera, before the news that it makes."""
        ...

    def news(self, events: Iterable[PassageEvent], /) -> None: ...

    def states(self, states: Mapping[str, Status], /) -> None:
        """How cameras are; as often as one likes."""
        ...

    def troubles(self) -> Mapping[str, str]:
        """What is the matter at present, as sentences."""
        ...

    def left_out(self) -> Mapping[str, int]:
        """What it has not got, and never will."""
        ...

    def depths(self) -> Mapping[str, int]:
        """What waits for it."""
        ...

    def notes(self) -> Sequence[str]:
        """What the operator should know from the start, as sentences."""
        ...

    def close(self, seconds: float, /) -> None:
        """Takes about so long at most; what it has not got by then waits for the next start. May be called twice."""
        ...


class Listeners(Closing):
    """All of them as one. `seconds`: what they have for closing, side by side, as one that hangs must hold up no other."""

    def __init__(self, listeners: Sequence[Listener] = (), seconds: float = 0.0) -> None:
        self._all, self._seconds = listeners, seconds
        self._leaving: list[Thread] = []
        self._until = 0.0

    def __bool__(self) -> bool:
        """Whether anybody hears."""
        return bool(self._all)

    def settings(self, settings: Settings) -> None:
        for each in self._all:
            each.settings(settings)

    def look(self, detection: Detection) -> None:
        for each in self._all:
            each.look(detection)

    def news(self, events: Sequence[PassageEvent]) -> None:
        for each in self._all:
            each.news(events)

    def states(self, states: Mapping[str, Status]) -> None:
        for each in self._all:
            each.states(states)

    def troubles(self) -> dict[str, str]:
        return {place: trouble for each in self._all for place, trouble in each.troubles().items()}

    def left_out(self) -> dict[str, int]:
        return {place: count for each in self._all for place, count in each.left_out().items()}

    def depths(self) -> dict[str, int]:
        return {place: count for each in self._all for place, count in each.depths().items()}

    def notes(self) -> list[str]:
        return [note for each in self._all for note in each.notes()]

    def leave(self) -> None:
        """They begin to close. May be called twice."""
        if not self._leaving:
            self._until = time.monotonic() + self._seconds + GRACE_S
            self._leaving = [
                Thread(target=each.close, args=(self._seconds,), name="leaving", daemon=True) for each in self._all
            ]
            for thread in self._leaving:
                thread.start()

    def close(self) -> None:
        """May be called twice."""
        self.leave()
        for thread in self._leaving:
            thread.join(max(0.0, self._until - time.monotonic()))


def listeners_for(settings: Settings, seconds: float) -> Listeners:
    """Those that are set; nothing of them is imported otherwise.

    Raises:
        UsageError, MissingExtra, OutputError, StoreError: see StoreSink and Telling.
    """
    outputs, found = settings.outputs, list[Listener]()
    with ExitStack() as stack:
        if outputs.store is not None:
            from stream.store.sink import StoreSink  # with SQLAlchemy

            store = StoreSink(outputs.store.get_secret_value(), outputs.box, fsync=outputs.fsync != "never")
            found.append(stack.enter_context(store))
        if settings.mqtt is not None or settings.webhook is not None:
            from stream.telling.telling import Telling

            told = TellingSettings(mqtt=settings.mqtt, webhook=settings.webhook, outbox=settings.outbox)
            found.append(Telling(told, settings.enabled))
        stack.pop_all()
    return Listeners(found, seconds)
