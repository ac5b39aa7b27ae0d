"""Metrics and health over HTTP: /metrics, /v2/health/live and /v2/health/ready (as KServe has them, with reasons)."""

import json
import socket
from collections.abc import Callable, Iterable
from http import HTTPStatus
from socketserver import TCPServer, ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app

from models.closing import Closing
from models.errors import OutputError, reason
from stream.health.place import address_of
from stream.health.readiness import live, ready
from stream.health.vitals import Vitals

PATIENCE_S = 10.0
"""Whoever connects and says nothing is let go after so long."""


class Server(Closing):
    """Answers in threads of its own, whatever the watch does.

    Args:
        place: see `address_of`.
        registry: of the metrics.
        vitals: gives the newest; None before the first turn.
        clock: monotonic, in seconds.

    Raises:
        OutputError: it cannot be served there.
    """

    def __init__(
        self, place: str, registry: CollectorRegistry, vitals: Callable[[], Vitals | None], clock: Callable[[], float]
    ) -> None:
        metrics: Any = make_wsgi_app(registry)

        def answer(environ: dict[str, Any], begin: Any) -> Iterable[bytes]:
            path = environ["PATH_INFO"]
            if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
                return _json(begin, HTTPStatus.METHOD_NOT_ALLOWED, {"error": "only GET is answered"})
            if path == "/metrics":
                found: Iterable[bytes] = metrics(environ, begin)
                return found
            if path == "/v2/health/live":
                return _verdict(begin, "live", live(vitals(), clock()))
            if path == "/v2/health/ready":
                return _verdict(begin, "ready", ready(vitals(), clock()))
            return _json(
                begin, HTTPStatus.NOT_FOUND, {"error": "there are /metrics, /v2/health/live, /v2/health/ready"}
            )

        host, port = address_of(place)
        kind = type("_Listener", (_Listener,), {"address_family": socket.AF_INET6 if ":" in host else socket.AF_INET})
        try:
            self._listener: WSGIServer = kind((host, port), _Handler)
        except OSError as error:
            raise OutputError(
                f"cannot serve metrics at {place}: {reason(error)}; give another --metrics HOST:PORT"
            ) from error
        self._listener.set_app(answer)
        self._thread = Thread(target=self._listener.serve_forever, kwargs={"poll_interval": 0.1}, name="metrics")
        self._thread.daemon = True
        self._thread.start()

    def close(self) -> None:
        """May be called twice."""
        self._listener.shutdown()
        self._thread.join()
        self._listener.server_close()


class _Listener(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False

    def server_bind(self) -> None:
        """Without looking the host's name up, which may take long."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]  # text and a number
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked has gone; nobody wants to read of it."""


class _Handler(WSGIRequestHandler):
    timeout = PATIENCE_S

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        """Standard error is for what happens on the river."""


def _verdict(begin: Any, what: str, verdict: dict[str, Any]) -> Iterable[bytes]:
    """KServe wants 4xx for no."""
    return _json(begin, HTTPStatus.OK if verdict[what] else HTTPStatus.BAD_REQUEST, verdict)


def _json(begin: Any, status: HTTPStatus, content: dict[str, Any]) -> Iterable[bytes]:
    begin(f"{status.value} {status.phrase}", [("Content-Type", "application/json"), ("Cache-Control", "no-store")])
    return [json.dumps(content).encode() + b"\n"]
