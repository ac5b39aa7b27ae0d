"""Other systems that hear of passages: the broker lets us in, whoever takes the webhook's messages is there."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from models.errors import reason
from models.extras import check_installed
from stream.configuration.settings import Settings
from stream.doctor.finding import Finding, failed
from stream.telling.settings import MqttSettings, WebhookSettings
from stream.telling.trust import trusting
from stream.telling.webhook import Webhook

OURS = "-doctor"
"""Behind names of our own: a second client of the same name would take the running watch's connection."""
PORTS = {"http": 80, "https": 443}


def receivers(settings: Settings) -> Iterator[Finding]:
    """Tells nobody anything. Raises UsageError, MissingExtra: a certificate cannot be read, a library is not installed."""
    if settings.mqtt is not None:
        yield _broker(settings.mqtt)
    if settings.webhook is not None:
        yield _webhook(settings.webhook)


def _broker(mqtt: MqttSettings) -> Finding:
    check_installed("mqtt", "paho")
    from stream.telling.link import Link, LinkLost, tls_context

    names = {"client_id": mqtt.used_client_id[:57] + OURS, "topic_prefix": mqtt.topic_prefix + OURS}
    link = Link(mqtt.model_copy(update=names), tls_context(mqtt), lambda _, __: None, lambda: None)
    try:
        link.open()
    except LinkLost as error:
        return failed("mqtt", error)
    finally:
        link.close()
    if mqtt.risk is not None:
        return Finding("mqtt", "warning", f"{mqtt.place} lets us in", mqtt.risk)
    return Finding("mqtt", "ok", f"{mqtt.place} lets us in")


def _webhook(webhook: WebhookSettings) -> Finding:
    """As far as the connection; what it makes of a message, only a message would show."""
    hook, url = Webhook(webhook), webhook.url.get_secret_value()
    shown, parts = hook.place, urlsplit(url)
    host = parts.hostname or ""
    try:
        with socket.create_connection((host, parts.port or PORTS[parts.scheme]), webhook.timeout) as line:
            if parts.scheme == "https":
                trusting(webhook.ca_certs, "webhook.ca_certs").wrap_socket(line, server_hostname=host).close()
    except OSError as error:
        no_tls = getattr(error, "reason", None) == "WRONG_VERSION_NUMBER"
        why = "it answers, and speaks no TLS" if no_tls else reason(error)
        todo = "see whether it runs, and webhook.url" + (" (http in place of https?)" if no_tls else "")
        return Finding("webhook", "bad", f"{shown}: {why}", todo)
    return Finding("webhook", "ok", f"{shown} can be reached; nothing was sent")
