"""An address that news are posted to, signed so that the receiver knows who sent them.

With the standard library: one connection, one kind of request, no redirect followed, no proxy picked up from the environment.
"""

import hashlib
import hmac
import socket
from contextlib import suppress
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, responses
from importlib.metadata import version
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from models.closing import Closing
from models.errors import UsageError, first_line
from stream.sources.clock import Clock, SystemClock
from stream.telling.item import TAKEN, Answer, Item
from stream.telling.settings import WebhookSettings
from stream.telling.trust import trusting

PASSING = frozenset({408, 425, 429})
"""Beside all from 500 on: the receiver may think otherwise later."""
LARGEST_ANSWER = 65_536
"""Bytes; behind a longer one the connection is not used again."""


class Webhook(Closing):
    """For one thread; `cut` may be called from another one.

    Raises:
        UsageError: the address is none, or the certificates cannot be read.
    """

    refusals = 1

    def __init__(self, settings: WebhookSettings, clock: Clock | None = None) -> None:
        self._address = _address(settings.url.get_secret_value())
        self._secret, self._timeout = settings.secret.get_secret_value(), settings.timeout
        self._clock = clock or SystemClock()
        self._context = trusting(settings.ca_certs, "webhook.ca_certs") if self._address.scheme == "https" else None
        self._connection: HTTPConnection | None = None
        self._late = False

    @property
    def place(self) -> str:
        """The address for people. Its path is hidden too: with some receivers it is the secret."""
        port = f":{self._address.port}" if self._address.port else ""
        return f"{self._address.scheme}://{self._address.hostname}{port}/***"

    def send(self, item: Item) -> Answer:
        """Posts an item; it is taken once the receiver has answered with 2xx. Takes `timeout` seconds at most, and once more to connect."""
        used_before = self._connection is not None
        try:
            connection = self._connection = self._connection or self._connected()
        except OSError as error:
            return Answer("away", f"cannot connect to the webhook {self.place}: {first_line(error)}")
        self._late = False
        timer = Timer(self._timeout, self._too_late)
        timer.daemon = True
        timer.start()
        try:
            response = self._posted(connection, item)
        except (OSError, HTTPException) as error:
            self.close()
            if self._late or isinstance(error, TimeoutError):
                return Answer("later", f"the webhook {self.place} gives no answer within {self._timeout:g} s")
            if used_before:  # it had been idle, and the receiver has closed it
                return self.send(item)
            return Answer("later", f"the webhook {self.place} gives no answer: {first_line(error)}")
        finally:
            timer.cancel()
        return self._judged(response)

    def cut(self) -> None:
        """Ends a `send` under way."""
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with suppress(OSError):  # of the plain socket: the TLS layer belongs to the other thread
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """May be called twice; `send` connects anew."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _too_late(self) -> None:
        self._late = True
        self.cut()

    def _connected(self) -> HTTPConnection:
        host, port = self._address.hostname or "", self._address.port
        connection: HTTPConnection
        if self._context is not None:
            connection = HTTPSConnection(host, port, timeout=self._timeout, context=self._context)
        else:
            connection = HTTPConnection(host, port, timeout=self._timeout)
        try:
            connection.connect()
        except BaseException:
            connection.close()
            raise
        return connection

    def _posted(self, connection: HTTPConnection, item: Item) -> HTTPResponse:
        body, stamp = item.message, str(int(self._clock.wall()))
        path = self._address.path or "/"
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"rivereye/{version('rivereye')}",
            "X-Rivereye-Id": item.id,
            "X-Rivereye-Timestamp": stamp,
            "X-Rivereye-Signature": signature(self._secret, stamp, body),
        }
        connection.request("POST", f"{path}?{self._address.query}" if self._address.query else path, body, headers)
        response = connection.getresponse()
        if len(response.read(LARGEST_ANSWER)) == LARGEST_ANSWER or response.will_close:
            self.close()
        return response

    def _judged(self, response: HTTPResponse) -> Answer:
        status = response.status
        if 200 <= status < 300:
            return TAKEN
        said = f"the webhook {self.place} answers {status} {responses.get(status, '')}".rstrip()
        wait = self._asked(response.getheader("Retry-After"))
        if 300 <= status < 400:
            return Answer(
                "later", f"{said}, and redirects are not followed; set webhook.url to the final address", wait
            )
        if status == 429:
            return Answer("away", said, wait)
        if status in PASSING or not 400 <= status < 500:
            return Answer("later", said, wait)
        return Answer("refused", said)

    def _asked(self, retry_after: str | None) -> float:
        """Seconds that the receiver wants to be left alone; 0 where it says none, or nonsense."""
        if retry_after is None:
            return 0.0
        if retry_after.isascii() and retry_after.isdigit():
            return float(retry_after[:9])
        try:
            return max(0.0, parsedate_to_datetime(retry_after).timestamp() - self._clock.wall())
        except (ValueError, OverflowError):
            return 0.0


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What stands in the header X-Rivereye-Signature: `sha256=` and the HMAC of the timestamp, a dot and the body."""
    signed = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"sha256={signed.hexdigest()}"


def _address(url: str) -> SplitResult:
    """No message shows any of it: it may be secret."""
    wrong = None
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        parts, wrong = urlsplit(""), "is no address"
    if wrong is None and not (url.isascii() and url.isprintable() and " " not in url):
        wrong = "holds a space or another character that no address has"
    elif wrong is None and (parts.scheme not in ("http", "https") or not parts.hostname):
        wrong = "does not begin with http://HOST or https://HOST"
    elif wrong is None and "@" in parts.netloc:
        wrong = "holds a user; the signature stands for one"
    if wrong is not None:
        raise UsageError(f"webhook.url {wrong}; give the whole address that takes the news")
    return parts
