"""News for who listens: passages and cameras, looked up in the store once for all, however many listen."""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

from anyio import to_thread

from models.errors import StoreError
from stream.store.page import Stored
from stream.store.seen import CameraSeen
from stream.web.answers import CameraAnswer, camera_answer, passage_answer
from stream.web.room import Room

LOOK_S = 1.0
CAMERA_S = 5.0
"""How old its last frame is, is told so often, with nothing else new of a camera; where its watch is in this process, at each look."""
KEPT = 2000
"""News that are held for who reads slowly; who falls farther behind is told so, and goes on with the newest."""
NEWEST = 100
LISTENERS = 50
FORGOTTEN_S = 60.0
"""When nobody has listened for so long, what came meanwhile is no news to the next one."""
QUIET_S = 5.0
"""With nothing to tell, that is told: a listener knows by it that somebody is there, and who has gone is found out."""


@dataclass(frozen=True, slots=True)
class News:
    number: int
    event: str
    data: str

    def __str__(self) -> str:
        """As server-sent events have it; `data` is of one line."""
        return f"id: {self.number}\nevent: {self.event}\ndata: {self.data}\n\n"


class Feed:
    """All of it runs in the loop of the server. Looks while somebody listens only."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._news: deque[News] = deque(maxlen=KEPT)
        self._number = 0
        self._changed = asyncio.Condition()
        self._passages: dict[tuple[str, str], Stored] = {}
        self._seen: list[CameraSeen] = []
        self._cameras: dict[tuple[str, str], tuple[CameraAnswer, float]] = {}
        self._trouble: str | None = None
        self._looked = float("-inf")
        self._looking: asyncio.Task[None] | None = None
        self.listeners = 0

    @property
    def full(self) -> bool:
        return self.listeners >= LISTENERS

    async def listen(self, after: int | None = None) -> AsyncIterator[str]:
        """Server-sent events for one listener. `after`: number of the last that it got; None: only what comes.

        Nothing is kept for a listener but where it is: one that never reads costs no memory.
        """
        self.listeners += 1
        self._begin()
        at = self._number if after is None or after > self._number else after
        try:
            yield "retry: 3000\n\n"
            while True:
                news = [each for each in self._news if each.number > at]
                if news and news[0].number > at + 1:
                    yield f"id: {self._number}\nevent: missed\ndata: {{}}\n\n"
                    at = self._number
                    continue
                for each in news:
                    at = each.number
                    yield str(each)
                if not news and not await self._comes(at):
                    yield str(News(at, "alive", "{}"))
        finally:
            self.listeners -= 1

    async def _comes(self, at: int) -> bool:
        try:
            async with asyncio.timeout(QUIET_S), self._changed:
                await self._changed.wait_for(lambda: self._number > at)
        except TimeoutError:
            return False
        return True

    def _begin(self) -> None:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_on())

    async def _look_on(self) -> None:
        """Cameras of the watch in this process are told of also while the store is away, or keeps one waiting."""
        tell = time.monotonic() - self._looked < FORGOTTEN_S
        reading: asyncio.Task[list[Stored] | StoreError] | None = None
        while self.listeners or reading is not None:
            reading = reading or asyncio.create_task(self._reads())
            await asyncio.wait({reading}, timeout=LOOK_S)
            found = reading.result() if reading.done() else None
            async with self._changed:
                if found is not None:
                    self._compare(found, tell)
                self._tell_cameras(whole=isinstance(found, list))
                self._changed.notify_all()
            if found is not None:
                reading = None
                if isinstance(found, list):
                    self._looked, tell = time.monotonic(), True
                await asyncio.sleep(LOOK_S)

    async def _reads(self) -> list[Stored] | StoreError:
        try:
            passages, self._seen = await to_thread.run_sync(self._read)
        except StoreError as error:
            return error
        return passages

    def _read(self) -> tuple[list[Stored], list[CameraSeen]]:
        reader = self._room.reader
        passages = list(reader.passages(limit=NEWEST).passages)
        known = {_key(each) for each in passages}
        for key, each in self._passages.items():  # one that has lasted while a hundred others began
            if each.passage.active and key not in known and (found := reader.passage(*key)) is not None:
                passages.append(found)
        return passages, reader.cameras()

    def _compare(self, found: list[Stored] | StoreError, tell: bool) -> None:
        trouble = str(found) if isinstance(found, StoreError) else None
        if trouble != self._trouble:
            self._trouble = trouble
            self._put("store", json.dumps({"trouble": trouble}))
        if isinstance(found, StoreError):
            return
        for each in sorted(found, key=lambda one: one.passage.start_time):
            if tell and self._passages.get(_key(each)) != each:
                self._put("passage", passage_answer(each).model_dump_json())
        self._passages = {_key(each): each for each in found}

    def _tell_cameras(self, whole: bool) -> None:
        """`whole`: of others' watches too, as the store has just told."""
        room, now = self._room, self._room.now()
        for seen in (*self._seen, *room.unknown(self._seen)):
            here = room.sight(seen.camera) is not None
            if not whole and not here:
                continue
            each = camera_answer(room, seen)
            last, at = self._cameras.get(seen.camera, (None, 0.0))
            if last is None or here or _steady(last) != _steady(each) or abs(now - at) >= CAMERA_S:
                self._put("camera", each.model_dump_json())
                self._cameras[seen.camera] = (each, now)

    def _put(self, event: str, data: str) -> None:
        self._number += 1
        self._news.append(News(self._number, event, data))


def _key(stored: Stored) -> tuple[str, str]:
    return stored.box, stored.passage.id


def _steady(answer: CameraAnswer) -> CameraAnswer:
    """What of a camera is news when it changes."""
    return answer.model_copy(update={"age_s": None, "told": None, "confidence": None, "picture": None})
