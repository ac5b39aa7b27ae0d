"""The pages, served in a thread of their own."""

import asyncio
import logging
import socket
import ssl
import sys
import time
from threading import Thread
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from models.closing import Closing
from models.errors import OutputError, UsageError, reason
from stream.web.app import application
from stream.web.room import Room
from stream.web.settings import WebSettings

CONNECTIONS = 200
"""At once; more are hung up on, and not, as by uvicorn itself, told so together with all who are there."""
HEAD_S = 10.0
"""A connection on which nothing whole was asked by then is closed."""
STUCK_S = 30
"""A browser that reads nothing for so long has its connection cut, and what waited for it is gone."""
KEPT_S = 5
STARTING_S, CLOSING_S = 15.0, 3.0
TURN_S = 0.01
WAITING = 128
"""Connections that nobody has taken yet."""


class Web(Closing):
    """Serves from `start` to `close`, whatever the thread that made it does.

    Args:
        settings: where, and to whom.
        room: what is shown.

    Raises:
        UsageError: the certificate or its key cannot be used.
    """

    def __init__(self, settings: WebSettings, room: Room) -> None:
        self.settings = settings
        config = uvicorn.Config(
            application(settings, room),
            http=_Patient,
            ws="none",
            loop="asyncio",
            log_config=None,
            log_level="error",  # that somebody speaks no HTTP is no news
            access_log=False,
            proxy_headers=False,  # who asks is who connects
            server_header=False,
            timeout_keep_alive=KEPT_S,
            timeout_graceful_shutdown=1,
            ssl_certfile=settings.certificate,
            ssl_keyfile=settings.key,
        )
        try:
            config.load()
        except (OSError, ssl.SSLError) as error:
            raise UsageError(
                f"cannot serve with the certificate {settings.certificate} and the key {settings.key}: {reason(error)}; give a PEM chain, and the key that belongs to it, without a passphrase"
            ) from error
        logging.getLogger("uvicorn.error").addFilter(QUIET)
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=self._run, name="web", daemon=True)
        self._socket: socket.socket | None = None
        self.port = settings.port
        """Once it has started, the one that it listens at."""

    @property
    def address(self) -> str:
        """For people, to be opened in a browser on this machine."""
        host = self.settings.address
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - to be shown, not bound
        return f"{self.settings.scheme}://{f'[{host}]' if ':' in host else host}:{self.port}/"

    def start(self) -> None:
        """Listens when it returns.

        Raises:
            OutputError: the address cannot be had.
        """
        self._socket = _listening(self.settings)
        self.port = self._socket.getsockname()[1]
        self._thread.start()

    def ready(self) -> None:
        """Returns when the first answer would come as fast as the others, which takes part of a second, or when the server has failed."""
        while self.running and not self._server.started:
            time.sleep(TURN_S)

    @property
    def running(self) -> bool:
        """False after the end, and where the server itself has failed."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Within some seconds, whoever is still reading. May be called twice, and without a start."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(CLOSING_S)
        if self._socket is not None:
            self._socket.close()

    def _run(self) -> None:
        assert self._socket is not None
        asyncio.run(self._server.serve(sockets=[self._socket]))


class _Quiet(logging.Filter):
    """At the end, who still listens is cut off, as has to be."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, asyncio.CancelledError) and not str(record.msg).startswith("Cancel ")


QUIET = _Quiet()


class _Patient(H11Protocol):
    """Patient, but not for ever: uvicorn itself waits for a first request without an end."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS:
            transport.abort()
            return
        self.loop.call_later(HEAD_S, self._close_if_silent)

    def _close_if_silent(self) -> None:
        asked: object = self.cycle  # None, whatever uvicorn says of it
        if asked is None and not self.transport.is_closing():
            self.transport.abort()


def _listening(settings: WebSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.address else socket.AF_INET
    # With the protocol named, asyncio sends small answers at once.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there it would let two listen
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        option: Any = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux; connections have it from their listener
        if option is not None:
            listener.setsockopt(socket.IPPROTO_TCP, option, STUCK_S * 1000)
        listener.bind((settings.address, settings.port))
        listener.listen(WAITING)
    except OSError as error:
        listener.close()
        raise OutputError(
            f"cannot listen at {settings.listen}: {reason(error)}; end what listens there, or give another port"
        ) from error
    return listener
