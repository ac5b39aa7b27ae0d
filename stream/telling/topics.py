"""Names of MQTT topics, as Frigate has them."""

from dataclasses import dataclass
from typing import Literal

Standing = Literal["online", "offline", "disabled"]
ONLINE, OFFLINE, STOPPED = "online", "offline", "stopped"
GONE = ""
"""A retained message without content: the broker forgets the topic."""


@dataclass(frozen=True, slots=True)
class Topics:
    """`prefix`: see MqttSettings. Camera names hold neither `/` nor wildcards."""

    prefix: str

    @property
    def available(self) -> str:
        return f"{self.prefix}/available"

    @property
    def events(self) -> str:
        return f"{self.prefix}/events"

    @property
    def stats(self) -> str:
        return f"{self.prefix}/stats"

    def status(self, camera: str) -> str:
        return f"{self.prefix}/{camera}/status/detect"

    def ship(self, camera: str) -> str:
        return f"{self.prefix}/{camera}/ship"

    def state(self, camera: str) -> str:
        return f"{self.prefix}/{camera}/state"

    def of(self, camera: str) -> tuple[str, ...]:
        """All that are retained of a camera."""
        return self.status(camera), self.ship(camera), self.state(camera)

    def camera_of(self, topic: str) -> str | None:
        """The camera whose status this topic tells; None: it is another one."""
        camera = topic.removeprefix(f"{self.prefix}/").removesuffix("/status/detect")
        return camera if "/" not in camera and topic == self.status(camera) else None
