"""News for other systems, as a watch sees them: one place to tell, and nothing that makes it wait."""

import time
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from random import random
from typing import TYPE_CHECKING, Any

from models.closing import Closing
from models.extras import check_installed
from stream.configuration.settings import Settings
from stream.following.passage import PassageEvent
from stream.looking.detection import Detection
from stream.sources.clock import Clock, SystemClock
from stream.sources.status import Status
from stream.telling.delivery import Delivery
from stream.telling.item import Receiver
from stream.telling.known import Known
from stream.telling.outbox import Outbox
from stream.telling.settings import MB, TellingSettings
from stream.telling.topics import GONE
from stream.telling.webhook import Webhook

if TYPE_CHECKING:
    from stream.telling.mqtt import Mqtt

CLOSING_S = 4.0
MQTT, WEBHOOK = "mqtt", "webhook"


class Telling(Closing):
    """Tells the broker and the webhook that are set. No call but `close` waits for a disk or a network.

    Args:
        settings: who is told; secrets in their places.
        cameras: for each whether it is watched; false: it is disabled.
        place: of the outbox, where it is another one than the settings name.
        stats: more figures for the topic of stats, by name; called by another thread.
        clock, draw: as for Backoff.

    Raises:
        MissingExtra: the library for MQTT is not installed.
        OutputError: the outbox cannot be used.
        UsageError: an address or a certificate is none.
    """

    def __init__(
        self,
        settings: TellingSettings,
        cameras: Mapping[str, bool],
        place: Path | None = None,
        stats: Callable[[], Mapping[str, Any]] = dict,
        clock: Clock | None = None,
        draw: Callable[[], float] = random,
    ) -> None:
        clock = clock or SystemClock()
        self._settings, self._stats, self._clock, self._began = settings, stats, clock, clock.monotonic()
        self._known: dict[str, Known] = {}
        self._deliveries: dict[str, Delivery] = {}
        self._webhook = None if settings.webhook is None else Webhook(settings.webhook, clock)
        self._mqtt = self._broker(clock, draw)
        receivers: dict[str, Receiver | None] = {MQTT: self._mqtt, WEBHOOK: self._webhook}
        size = round(settings.outbox.max_mb * MB)
        self._outbox = Outbox(place or settings.outbox.file, size, self._wake, clock)
        for name, receiver in receivers.items():
            if receiver is not None:
                self._deliveries[name] = Delivery(name, self._outbox, receiver, clock, draw)
        self.watch(cameras)
        if self._mqtt is not None:
            self._mqtt.start()

    def settings(self, settings: Settings) -> None:
        """What runs from now on; of it, which cameras there are."""
        self.watch(settings.enabled)

    def watch(self, cameras: Mapping[str, bool]) -> None:
        """From now on there are these cameras: others are taken back, new ones made known. As for `cameras` above."""
        for camera in self._known.keys() - cameras.keys():
            del self._known[camera]
        if self._mqtt is not None:
            self._mqtt.watch(cameras)
        for camera, enabled in cameras.items():
            if not enabled:
                self._known[camera] = Known("disabled")
            elif camera not in self._known or self._known[camera].phase == "disabled":
                self._known[camera] = Known()
            self._show(camera)

    def news(self, events: Iterable[PassageEvent]) -> None:
        """Puts each into the outbox, for each receiver."""
        for event in events:
            body, camera = event.model_dump_json(by_alias=True), event.after.camera
            for receiver in self._deliveries:
                self._outbox.put(receiver, camera, event.type, body)
            if (known := self._known.get(camera)) is not None:
                known.ship = event.type != "end"
                self._show(camera)

    def states(self, states: Mapping[str, Status]) -> None:
        """How connections are doing; of a camera that is disabled or not there, nothing is told."""
        for camera, status in states.items():
            known = self._known.get(camera)
            if known is not None and known.phase not in (status.phase, "disabled"):
                known.phase = status.phase
                self._show(camera)

    def look(self, detection: Detection) -> None:
        """What a camera sees now."""
        known = self._known.get(detection.camera)
        if known is not None and known.state != detection.state:
            known.state = detection.state
            self._show(detection.camera)

    def troubles(self) -> dict[str, str]:
        """What keeps news from being told, as a sentence for each receiver, and for the outbox."""
        found = {name: delivery.troubled for name, delivery in self._deliveries.items()}
        if self._mqtt is not None:
            found[MQTT] = self._mqtt.troubled or found[MQTT]
        found["outbox"] = self._outbox.troubled
        return {name: trouble for name, trouble in found.items() if trouble}

    def left_out(self) -> dict[str, int]:
        """How many news each receiver has not got, and never will. What waits in the outbox is not among them."""
        return {name: count for name, count in self._outbox.lost.items() if count}

    def depths(self) -> dict[str, int]:
        """How many news wait for each receiver."""
        return dict.fromkeys(self._deliveries, 0) | self._outbox.depths()

    def notes(self) -> list[str]:
        """What the operator should know from the start, as sentences: where somebody in between could read along."""
        risk = self._settings.mqtt and self._settings.mqtt.risk
        return [f"{MQTT}: {risk}"] if risk else []

    def close(self, seconds: float = CLOSING_S) -> None:
        """Tells what is taken at once; the rest waits for the next start. Takes so many seconds, and a few where somebody hangs."""
        until = time.monotonic() + seconds

        def left(share: float) -> float:
            return max(0.5, share * (until - time.monotonic()))

        self._outbox.flush(left(0.5))
        for delivery in self._deliveries.values():
            delivery.close(left(0.5))
        if self._mqtt is not None:
            self._mqtt.close(left(0.5))
        self._outbox.close(left(1.0))
        if self._webhook is not None:
            self._webhook.close()

    def _broker(self, clock: Clock, draw: Callable[[], float]) -> "Mqtt | None":
        if self._settings.mqtt is None:
            return None
        check_installed("mqtt", "paho")
        from stream.telling.mqtt import Mqtt

        return Mqtt(self._settings.mqtt, self._back, self._figures, clock, draw)

    def _wake(self) -> None:
        for delivery in list(self._deliveries.values()):
            delivery.wake()

    def _back(self) -> None:
        self._deliveries[MQTT].again()

    def _show(self, camera: str) -> None:
        if self._mqtt is not None:
            known, topics = self._known[camera], self._mqtt.topics
            self._mqtt.show(topics.status(camera), known.standing)
            self._mqtt.show(topics.state(camera), known.state or GONE)
            self._mqtt.show(topics.ship(camera), known.ships)

    def _figures(self) -> dict[str, Any]:
        return {
            "service": {"version": version("rivereye"), "uptime": round(self._clock.monotonic() - self._began)},
            "cameras": {
                name: {"status": each.standing, "state": each.state, "ship": each.ship}
                for name, each in list(self._known.items())
            },
            "waiting": self.depths(),
            "left_out": self.left_out(),
            **self._stats(),
        }
