"""A small web server for this machine and its user only.

Any other page open in the browser can send requests here. So the address holds a token that only the user
knows, and a request must name this machine as its host, which keeps out a foreign name that was made to point here.
"""

import json
import secrets
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from urllib.parse import urlsplit

from models.errors import DataError

HOST = "127.0.0.1"
HOST_NAMES = (HOST, "localhost")
"""With any port, as a tunnel (ssh -L) may use another."""
LONGEST_BODY = 10_000
"""Bytes of a request."""


class LocalServer(ThreadingHTTPServer):
    """Serves at `address`, which nobody can guess. `port` 0 takes any that is free.

    Raises:
        OSError: the port is taken.
    """

    daemon_threads = True

    def __init__(self, port: int, handler: "type[LocalHandler]") -> None:
        self.token = secrets.token_urlsafe(24)
        super().__init__((HOST, port), handler)

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.server_port}/{self.token}/"

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        """A browser that hangs up in the middle of a picture is no news."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Refusal(DataError):
    """A request that is not answered as it wishes; the message is for the user of the page."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class LocalHandler(BaseHTTPRequestHandler):
    """What requests have in common, whatever the page."""

    server: LocalServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "rivereye", ""
    timeout = 60

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class names it
        """The console is for people."""

    def asked_for(self) -> str:
        """The path behind the token, once it is sure that the page itself, or its user, asks. Raises Refusal."""
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname
        if host not in HOST_NAMES:
            raise Refusal(HTTPStatus.FORBIDDEN, f"this page is at {HOST} only")
        token, slash, what = urlsplit(self.path).path.removeprefix("/").partition("/")
        if not slash or not secrets.compare_digest(token.encode(), self.server.token.encode()):
            raise Refusal(HTTPStatus.FORBIDDEN, "open the whole address that `rivereye label` printed when it began")
        return what

    def body(self) -> bytes:
        """All of it, so that none is taken for the next request. Raises Refusal where it is too long."""
        length = self.headers.get("Content-Length") or ""
        if not (length.isascii() and length.isdigit() and int(length) <= LONGEST_BODY):
            self.close_connection = True
            raise Refusal(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request says its length, of {LONGEST_BODY} bytes at most"
            )
        return self.rfile.read(int(length))

    def send_json(self, status: HTTPStatus, answer: dict[str, object]) -> None:
        content = json.dumps(answer).encode()
        self.send_head(status, "application/json", len(content))
        self.wfile.write(content)

    def send_head(self, status: HTTPStatus, kind: str, length: int, allowed: str = "default-src 'none'") -> None:
        """Begins an answer of this content type and length in bytes. `allowed`: what the page may load."""
        self.send_response(status)
        headers = {
            "Content-Type": kind,
            "Content-Length": str(length),
            "Content-Security-Policy": f"{allowed}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


def object_in(body: bytes) -> dict[str, object]:
    """The JSON object of a request. Raises Refusal where it is none."""
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise Refusal(HTTPStatus.BAD_REQUEST, "a request holds a JSON object")
    return parsed
