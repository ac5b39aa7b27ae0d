"""The watch that runs already, where it serves its health."""

import json
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPException

from models.extras import check_installed
from stream.configuration.settings import Settings
from stream.doctor.finding import Finding
from stream.health.place import LOOPBACK, address_of

TIMEOUT_S = 3.0
EVERYWHERE = {"0.0.0.0": LOOPBACK, "::": "::1"}  # noqa: S104 - where to ask, not to serve


def running(settings: Settings) -> Iterator[Finding]:
    """Raises MissingExtra: metrics are wanted, and cannot be served."""
    if settings.metrics is None:
        return
    check_installed("metrics", "prometheus_client")
    host, port = address_of(settings.metrics)
    answer = _asked(EVERYWHERE.get(host, host), port)
    if answer is None:
        yield Finding("watch", "ok", f"none runs at {settings.metrics}")
    elif answer:
        yield Finding("watch", "warning", f"runs, and is not ready: {'; '.join(answer)}", "see to what it names")
    else:
        yield Finding("watch", "ok", f"runs, and is ready ({settings.metrics})")


def _asked(host: str, port: int) -> list[str] | None:
    """Why the watch is not ready; nothing where it is. None: nobody answers."""
    connection = HTTPConnection(host, port, timeout=TIMEOUT_S)
    with suppress(ConnectionError):
        try:
            connection.request("GET", "/v2/health/ready")
            return list(json.loads(connection.getresponse().read())["reasons"])
        except ConnectionRefusedError:
            return None
        except (OSError, HTTPException, ValueError, KeyError, TypeError):
            return ["what answers there is no rivereye"]
        finally:
            connection.close()
    return None
