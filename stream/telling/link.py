"""One connection to an MQTT broker, from its beginning to its end. Needs the extra `mqtt`."""

import ssl
from collections.abc import Callable
from threading import Event
from time import monotonic
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from models.errors import first_line
from stream.telling.settings import MqttSettings
from stream.telling.topics import OFFLINE, Topics
from stream.telling.trust import client_certificate, trusting

CONNECT_S, KEEPALIVE_S, ACK_S = 10.0, 30, 10.0
"""For a connection; a broker that is silent for longer than this, and half as long again, is lost; for one message to be taken."""
GOODBYE_S = 1.0
HEADER = 64
"""Bytes of a message besides topic and content, at most."""
TAKEN_OVER = 142
"""The reason code of MQTT 5 for a connection that ended because another client came with the same name."""

Hear = Callable[[str, bytes], object]


class LinkLost(Exception):
    """The broker does not answer, or not any more."""


class Link:
    """MQTT 5: a broker then says so when it drops a message (not authorised, say); in 3.1.1 it seems to take it.

    Args:
        settings: of the broker.
        context: for TLS; None: without.
        hear: called with topic and content of each message that was subscribed to.
        stir: called whenever something changed: `lost` was set.
    """

    def __init__(
        self, settings: MqttSettings, context: ssl.SSLContext | None, hear: Hear, stir: Callable[[], object]
    ) -> None:
        self._settings, self._hear, self._stir = settings, hear, stir
        self.lost, self._up = Event(), Event()
        self.why: str | None = None
        """Why the connection is lost, or what the broker refuses, as a sentence."""
        self._refused: dict[int, str] = {}
        self._largest: int | None = None
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.used_client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,  # each connection is a new Link, after a wait that grows, with jitter
        )
        self._client.connect_timeout = CONNECT_S
        self._client.will_set(Topics(settings.topic_prefix).available, OFFLINE, qos=1, retain=True)
        if settings.user is not None:
            password = settings.password
            self._client.username_pw_set(
                settings.user.get_secret_value(), None if password is None else password.get_secret_value()
            )
        if context is not None:
            self._client.tls_set_context(context)
        self._client.on_connect, self._client.on_disconnect = self._on_connect, self._on_disconnect
        self._client.on_publish, self._client.on_message = self._on_publish, self._on_message
        self._client.on_subscribe = self._on_subscribe

    def open(self) -> None:
        """Raises LinkLost: there is no connection; the message says why."""
        place = self._settings.place
        try:
            self._client.connect(self._settings.host, self._settings.used_port, KEEPALIVE_S, clean_start=True)
        except (OSError, ValueError) as error:
            hint = "check mqtt.tls_ca_certs and the name" if isinstance(error, ssl.SSLError) else "is it running?"
            raise LinkLost(f"cannot connect to the broker at {place}: {first_line(error)}; {hint}") from error
        self._client.loop_start()
        until = monotonic() + CONNECT_S
        while not self._up.wait(0.02) and not self.lost.is_set():
            if monotonic() >= until:
                raise LinkLost(f"the broker at {place} does not answer; is it one, and is TLS set as it wants?")
        if self.lost.is_set():
            raise LinkLost(self.why)

    def publish(self, topic: str, payload: str | bytes, retain: bool = False, qos: int = 1) -> MQTTMessageInfo | None:
        """Hands a message over; None: there is no connection any more."""
        info = self._client.publish(topic, payload, qos=qos, retain=retain)
        return info if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def too_large(self, topic: str, payload: bytes) -> bool:
        """Whether the broker would cut the connection rather than take it."""
        return self._largest is not None and len(topic) + len(payload) + HEADER > self._largest

    def acknowledged(self, info: MQTTMessageInfo, seconds: float = ACK_S) -> str | None:
        """Waits until the broker has the message; returns why it did not take it, else None.

        Raises:
            LinkLost: it does not answer. It may have the message, or not.
        """
        until = monotonic() + seconds
        while not info.is_published():
            if self.lost.is_set():
                raise LinkLost(self.why)
            if monotonic() >= until:
                self._lose(f"the broker at {self._settings.place} takes no message for {seconds:g} s")
                raise LinkLost(self.why)
            info.wait_for_publish(0.2)
        return self._refused.pop(info.mid, None)

    def subscribe(self, topic: str) -> None:
        self._client.subscribe(topic, qos=1)

    def close(self) -> None:
        """The last will is not sent then. May be called twice."""
        if self._up.is_set() and not self.lost.is_set():
            self._client.disconnect()
            self.lost.wait(GOODBYE_S)
        self._client.loop_stop()

    def _lose(self, why: str) -> None:
        if not self.lost.is_set():
            self.why = why
            self.lost.set()
        self._stir()

    def _on_connect(
        self, _: Client, __: Any, ___: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._lose(
                f"the broker at {self._settings.place} refuses the connection: {reason}; check mqtt.user and mqtt.password"
            )
        else:
            self._largest = getattr(properties, "MaximumPacketSize", None)
            self._up.set()

    def _on_disconnect(self, _: Client, __: Any, ___: DisconnectFlags, reason: ReasonCode, ____: Any) -> None:
        place = self._settings.place
        if reason.value == TAKEN_OVER:
            self._lose(
                f"the broker at {place} has another client {self._settings.used_client_id!r}; give each rivereye a mqtt.topic_prefix of its own"
            )
        else:
            self._lose(f"the connection to the broker at {place} is lost: {reason}")

    def _on_publish(self, _: Client, __: Any, number: int, reason: ReasonCode, ___: Any) -> None:
        """Comes before the message counts as published."""
        if reason.is_failure:
            self._refused[number] = str(reason)

    def _on_message(self, _: Client, __: Any, message: MQTTMessage) -> None:
        self._hear(message.topic, bytes(message.payload))

    def _on_subscribe(self, _: Client, __: Any, ___: int, reasons: list[ReasonCode], ____: Any) -> None:
        for reason in reasons:
            if reason.is_failure:
                self.why = f"the broker at {self._settings.place} lets nothing be read: {reason}; Home Assistant is not heard, and removed cameras stay"


def tls_context(settings: MqttSettings) -> ssl.SSLContext | None:
    """None: without TLS.

    Raises:
        UsageError: a file cannot be read, or holds no certificate or key.
    """
    if not settings.tls:
        return None
    context = trusting(settings.tls_ca_certs, "mqtt.tls_ca_certs")
    if settings.tls_insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if settings.tls_client_cert is not None:
        client_certificate(context, settings.tls_client_cert, settings.tls_client_key, "mqtt.tls_client_cert")
    return context
