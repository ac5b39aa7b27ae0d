"""The broker: connected for ever, told of passages one by one, and of states as they change. Needs the extra `mqtt`."""

import json
from collections.abc import Callable, Collection, Mapping
from random import random
from threading import Event, Lock, Thread
from typing import Any

from models.closing import Closing
from stream.sources.backoff import Backoff
from stream.sources.clock import Clock, SystemClock
from stream.telling.discovery import config_topic, description, is_ours
from stream.telling.item import TAKEN, Answer, Item
from stream.telling.link import GOODBYE_S, Link, LinkLost, tls_context
from stream.telling.retained import Retained
from stream.telling.settings import MqttSettings
from stream.telling.topics import GONE, ONLINE, STOPPED, Topics

STEADY_S = 10.0
"""A connection that lasted so long was a good one: after it, the first wait is short again."""
TURN_S = 1.0
PASSING = ("Not authorized", "Quota exceeded", "Implementation specific error", "Unspecified error")
"""Reasons that are not the message's own: it is tried again until somebody changes the broker's mind."""


class Mqtt(Closing):
    """Keeps one connection in a thread of its own; a lost one is tried again for ever. Nothing here makes the watch wait.

    Args:
        settings: of the broker.
        back: called whenever the connection is there (again).
        stats: what is published every `stats_interval`.
        clock, draw: as for Backoff.

    Raises:
        UsageError: a certificate cannot be read.
    """

    refusals = 5
    """Of one message, by a broker that is there and lets this client publish."""

    def __init__(
        self,
        settings: MqttSettings,
        back: Callable[[], object],
        stats: Callable[[], Mapping[str, Any]],
        clock: Clock | None = None,
        draw: Callable[[], float] = random,
    ) -> None:
        self.topics, self._settings = Topics(settings.topic_prefix), settings
        self._back, self._stats, self._clock, self._draw = back, stats, clock or SystemClock(), draw
        self._context = tls_context(settings)
        self._retained, self._cameras, self._lock = Retained(), set[str](), Lock()
        self._link: Link | None = None
        self._trouble: str | None = f"not connected to the broker at {settings.place} yet"
        self._stir, self._ended = Event(), Event()
        self._thread = Thread(target=self._run, name="mqtt", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def troubled(self) -> str | None:
        """What keeps the connection from being there, as a sentence."""
        link = self._link
        return self._trouble if link is None else link.why

    def watch(self, cameras: Collection[str]) -> None:
        """From now on there are these cameras; what the broker keeps of others is taken back."""
        with self._lock:
            gone, self._cameras = self._cameras - set(cameras), set(cameras)
        for camera in gone:
            self._forget(camera)
            self._retained.show(config_topic(self._settings.discovery_prefix, self.topics, camera), GONE)
        if self._settings.discovery:
            for camera in cameras:
                topic = config_topic(self._settings.discovery_prefix, self.topics, camera)
                self._retained.show(topic, description(self.topics, camera))
        self._stir.set()

    def show(self, topic: str, payload: str) -> None:
        """From now on this is the topic's retained word. Never waits."""
        if self._retained.show(topic, payload):
            self._stir.set()

    def send(self, item: Item) -> Answer:
        """Publishes an item; it is taken once the broker has acknowledged it."""
        link = self._link
        if link is None:
            return Answer("away", self._trouble)
        content = item.message
        if link.too_large(self.topics.events, content):
            return Answer("refused", f"the broker at {self._settings.place} takes no message of {len(content)} bytes")
        try:
            info = link.publish(self.topics.events, content)
            refused = None if info is None else link.acknowledged(info)
        except LinkLost as lost:
            return Answer("away", str(lost))
        if info is None:
            return Answer("away", link.why or f"the connection to the broker at {self._settings.place} is lost")
        if refused is None:
            return TAKEN
        trouble = f"the broker at {self._settings.place} refuses messages on {self.topics.events}: {refused}"
        return Answer("later" if refused in PASSING else "refused", trouble)

    def cut(self) -> None:
        """Ends a `send` under way."""
        if (link := self._link) is not None:
            link.lost.set()

    def close(self, seconds: float = 3.0) -> None:
        """Says `stopped`, where there is a connection. May be called twice."""
        self._ended.set()
        self._stir.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        backoff = Backoff(self._draw)
        while not self._ended.is_set():
            link = Link(self._settings, self._context, self._hear, self._stir.set)
            began = self._clock.monotonic()
            try:
                link.open()
                self._greet(link)
                self._serve(link)
            except LinkLost as lost:
                self._trouble = str(lost)
            self._link = None
            link.close()
            if self._clock.monotonic() - began >= STEADY_S:
                backoff.reset()
            self._clock.wait(self._ended, backoff.next())

    def _greet(self, link: Link) -> None:
        """Here again: all that is retained is said anew, as the broker may have forgotten it."""
        link.publish(self.topics.available, ONLINE, retain=True)
        self._retained.all_again()
        link.subscribe(f"{self._settings.discovery_prefix}/status")
        link.subscribe(f"{self._settings.discovery_prefix}/device/+/config")
        link.subscribe(self.topics.status("+"))
        self._link, self._trouble = link, None
        self._back()

    def _serve(self, link: Link) -> None:
        due = self._clock.monotonic()
        while not link.lost.is_set() and not self._ended.is_set():
            for topic, payload in self._retained.take():
                link.publish(topic, payload, retain=True)
            if self._clock.monotonic() >= due:
                due += self._settings.stats_interval
                link.publish(self.topics.stats, json.dumps(self._stats()), qos=0)
            self._clock.wait(self._stir, max(0.0, min(TURN_S, due - self._clock.monotonic())))
            self._stir.clear()
        if link.lost.is_set():
            raise LinkLost(link.why)
        for topic, payload in self._retained.take():
            link.publish(topic, payload, retain=True)
        last = link.publish(self.topics.available, STOPPED, retain=True)
        if last is not None:
            link.acknowledged(last, GOODBYE_S)

    def _hear(self, topic: str, payload: bytes) -> None:
        """From the connection's thread: Home Assistant's birth, and what an earlier rivereye left with the broker."""
        settings = self._settings
        if topic == f"{settings.discovery_prefix}/status":
            if payload == ONLINE.encode():
                self._retained.all_again()
        elif not payload:
            return
        elif topic.startswith(f"{settings.discovery_prefix}/device/"):
            if self._retained.says(topic) in (None, GONE) and is_ours(payload, self.topics):
                self._retained.show(topic, GONE)
        else:
            camera = self.topics.camera_of(topic)
            with self._lock:
                known = camera in self._cameras
            if camera is not None and not known:
                self._forget(camera)
        self._stir.set()

    def _forget(self, camera: str) -> None:
        for topic in self.topics.of(camera):
            self._retained.show(topic, GONE)
