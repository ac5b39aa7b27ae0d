"""The watch that runs already, where it serves its health."""

import json
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPException

from models.errors import reason
from models.extras import check_installed
from stream.configuration.settings import Settings
from stream.doctor.binding import EVERYWHERE, is_taken, trouble_at
from stream.doctor.finding import Finding
from stream.health.place import address_of

TIMEOUT_S = 3.0


def running(settings: Settings) -> Iterator[Finding]:
    """Raises MissingExtra: metrics are wanted, and cannot be served."""
    if settings.metrics is None:
        return
    check_installed("metrics", "prometheus_client")
    host, port = address_of(settings.metrics)
    trouble = trouble_at(host, port)
    if trouble is None:
        yield Finding("watch", "ok", f"none runs at {settings.metrics}")
    elif not is_taken(trouble) or (answer := _asked(EVERYWHERE.get(host, host), port)) is None:
        found = f"none runs, and none can at {settings.metrics}: {reason(trouble)}"
        yield Finding("watch", "bad", found, "set metrics to a port that is free, of an address of this machine")
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
