"""What can be set of news for other systems: the broker, the webhook, and what waits for them."""

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from stream.configuration.frozen import Frozen
from stream.configuration.secrets import expand

Topic = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$", max_length=128)]
"""Levels of letters, digits, `.`, `_` and `-`: no wildcard, and nothing that a broker keeps for itself."""
PLAIN_PORT, TLS_PORT = 1883, 8883
MB = 10**6


class MqttSettings(Frozen):
    """A broker that hears of passages and states, in topics as Frigate has them."""

    host: Annotated[str, Field(min_length=1, description="Name or address of the broker.")]
    port: Annotated[int | None, Field(ge=1, le=65535, description="By itself 1883, with TLS 8883.")] = None
    topic_prefix: Annotated[Topic, Field(description="Topics begin with it; another one for each rivereye.")] = (
        "rivereye"
    )
    client_id: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z0-9._-]{1,64}$", description="By itself made from topic_prefix."),
    ] = None
    user: Annotated[SecretStr | None, Field(description="{NAME} or {file:PATH} stand for secrets.")] = None
    password: Annotated[SecretStr | None, Field(description="{NAME} or {file:PATH} stand for secrets.")] = None
    tls: Annotated[bool, Field(description="Encrypt the connection, and check the broker's certificate.")] = False
    tls_ca_certs: Annotated[
        Path | None, Field(description="PEM file of the authorities to trust, in place of the system's.")
    ] = None
    tls_client_cert: Annotated[Path | None, Field(description="PEM file that this client shows.")] = None
    tls_client_key: Annotated[Path | None, Field(description="Its key, where it is not in the same file.")] = None
    tls_insecure: Annotated[
        bool, Field(description="Take any certificate: whoever sits in between reads along. It is said at the start.")
    ] = False
    stats_interval: Annotated[float, Field(ge=1, le=86400, description="Seconds between two messages of stats.")] = 60.0
    discovery: Annotated[bool, Field(description="Make cameras known to Home Assistant.")] = True
    discovery_prefix: Annotated[Topic, Field(description="Home Assistant's.")] = "homeassistant"

    @field_validator("host")
    @classmethod
    def _a_host(cls, host: str) -> str:
        """Of an address that somebody put here, no message may show the password."""
        if not all(letter.isalnum() or letter in ".-_:" for letter in host):
            raise ValueError(
                "must be the name or number of a machine alone; port, user and password have keys of their own"
            )
        return host

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        for name in ("tls_ca_certs", "tls_client_cert", "tls_client_key"):
            if getattr(self, name) is not None and not self.tls:
                raise ValueError(f"{name} needs tls = true")
        if self.tls_insecure and not self.tls:
            raise ValueError("tls_insecure needs tls = true")
        if self.tls_insecure and self.tls_ca_certs is not None:
            raise ValueError("tls_insecure takes any certificate; leave it or tls_ca_certs out")
        if self.tls_client_key is not None and self.tls_client_cert is None:
            raise ValueError("tls_client_key needs tls_client_cert")
        if self.password is not None and self.user is None:
            raise ValueError("password needs a user")
        return self

    @property
    def place(self) -> str:
        """Where the broker is, for people."""
        return f"{self.host}:{self.used_port}"

    @property
    def used_port(self) -> int:
        return self.port or (TLS_PORT if self.tls else PLAIN_PORT)

    @property
    def risk(self) -> str | None:
        """Who could read along, as a sentence for the operator; None: nobody, or the broker is on this machine."""
        if self._is_here:
            return None
        if self.tls_insecure:
            return f"the certificate of {self.place} is not checked (tls_insecure): anybody in between may pose as it"
        if self.password is not None and not self.tls:
            return f"the password goes to {self.place} unencrypted; set mqtt.tls = true where the broker can"
        return None

    @property
    def _is_here(self) -> bool:
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def used_client_id(self) -> str:
        """The same one each time: a broker then ends the old connection, and sends its last will, before the new one begins."""
        return self.client_id or f"rivereye-{self.topic_prefix.replace('/', '-')}"


class WebhookSettings(Frozen):
    """An address that news of passages are posted to, signed."""

    url: Annotated[
        SecretStr, Field(description="http or https. {NAME} or {file:PATH} stand for secrets, also for all of it.")
    ]
    secret: Annotated[SecretStr, Field(description="Signs each message. {NAME} or {file:PATH} stand for it.")]
    ca_certs: Annotated[
        Path | None, Field(description="PEM file of the authorities to trust, in place of the system's.")
    ] = None
    timeout: Annotated[float, Field(gt=0, le=120, description="Seconds for one try, all in all.")] = 10.0


class OutboxSettings(Frozen):
    """Where news wait until they are taken."""

    file: Annotated[Path, Field(description="An SQLite file, for one running rivereye.")] = Path("rivereye.outbox")
    max_mb: Annotated[
        float,
        Field(ge=1, le=100_000, description="For each receiver; then news are left out: updates first, oldest first."),
    ] = 50.0


class TellingSettings(Frozen):
    """Who is told, and what waits for them."""

    mqtt: MqttSettings | None = None
    webhook: WebhookSettings | None = None
    outbox: OutboxSettings = OutboxSettings()


def resolved(settings: TellingSettings, environ: Mapping[str, str], folder: Path, key: str = "") -> TellingSettings:
    """The same with secrets in their places and whole paths, which begin in `folder`.

    Args:
        key: what messages put before the key, such as the file's name and `: `.

    Raises:
        UsageError: a secret is missing; the message names the key and the variable or file.
    """

    def put(part: MqttSettings | WebhookSettings, table: str) -> dict[str, object]:
        changes: dict[str, object] = {}
        for name, value in part:
            if isinstance(value, SecretStr):
                changes[name] = SecretStr(expand(value.get_secret_value(), environ, folder, f"{key}{table}.{name}"))
            elif isinstance(value, Path):
                changes[name] = folder / value
        return changes

    mqtt, webhook, outbox = settings.mqtt, settings.webhook, settings.outbox
    return TellingSettings(
        mqtt=mqtt and mqtt.model_copy(update=put(mqtt, "mqtt")),
        webhook=webhook and webhook.model_copy(update=put(webhook, "webhook")),
        outbox=outbox.model_copy(update={"file": folder / outbox.file}),
    )
