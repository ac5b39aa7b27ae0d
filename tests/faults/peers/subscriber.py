"""Whoever listens to a broker, and loses nothing while it is gone."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.faults.peers.ports import HOST

HOUR_S = 3600


@dataclass(frozen=True)
class Heard:
    """`retained`: the broker had kept it."""

    topic: str
    content: str
    retained: bool


class Subscriber:
    """`heard`: all messages, in order."""

    def __init__(self, client: Client, ready: Event) -> None:
        self.heard: list[Heard] = []
        self.client, self._ready = client, ready

    def on(self, topic: str) -> list[str]:
        """What was heard on a topic, in order."""
        return [each.content for each in list(self.heard) if each.topic == topic]

    def last(self, topic: str) -> str | None:
        """None: nothing was heard."""
        said = self.on(topic)
        return said[-1] if said else None

    def say(self, topic: str, content: str, retain: bool = False) -> None:
        self.client.publish(topic, content, qos=1, retain=retain).wait_for_publish(10)


@contextmanager
def subscriber(port: int, *topics: str, name: str = "listener", **login: str) -> Iterator[Subscriber]:
    """Connected and subscribed when this is entered. `login`: username and password."""
    client = Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTProtocolVersion.MQTTv5)
    ready = Event()
    found = Subscriber(client, ready)

    def connected(_: Client, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        assert not reason.is_failure, reason
        client.subscribe([(topic, 1) for topic in topics or ("#",)])

    def heard(_: Client, __: Any, message: MQTTMessage) -> None:
        found.heard.append(Heard(message.topic, message.payload.decode(), message.retain))

    client.on_connect, client.on_message = connected, heard
    client.on_subscribe = lambda *_: ready.set()
    if login:
        client.username_pw_set(**login)
    stays = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    stays.SessionExpiryInterval = HOUR_S
    client.reconnect_delay_set(1, 1)
    client.connect(HOST, port, clean_start=False, properties=stays)
    client.loop_start()
    try:
        assert ready.wait(10), "no broker lets us subscribe"
        yield found
    finally:
        client.disconnect()
        client.loop_stop()


def until(what: Callable[[], object], why: str, within: float = 10.0) -> None:
    """Waits until `what` is true; fails with `why` after so many seconds."""
    deadline = time.monotonic() + within
    while not what():
        assert time.monotonic() < deadline, f"not within {within:g} s: {why}"
        time.sleep(0.01)
