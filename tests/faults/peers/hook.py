"""A receiver of a webhook that goes and comes back: it checks signatures as docs/telling.md says, and drops what came twice."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from tests.faults.peers.ports import HOST, reserved_port

PAGE = Path(__file__).parents[3] / "docs" / "telling.md"


class Receiver:
    """`taken`: records by their ids, in the order in which they came first. `doubles`: how often one came again. `refused`: wrong signatures."""

    def __init__(self, port: int, secret: str) -> None:
        self.port, self._secret = port, secret
        self.taken: dict[str, dict[str, Any]] = {}
        self.doubles = self.refused = 0
        names: dict[str, Callable[..., bool]] = {}
        (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
        exec(code, names)  # noqa: S102 - our own page
        self._genuine = names["is_genuine"]
        self._server: ThreadingHTTPServer | None = None
        self._thread = Thread()

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Returns the status to answer with."""
        if not self._genuine(self._secret, headers, body):
            self.refused += 1
            return 403
        record = json.loads(body)
        known = self.taken.setdefault(headers["X-Rivereye-Id"], record)
        assert known == record, "one id, two contents"
        assert record["id"] == headers["X-Rivereye-Id"]
        self.doubles += known is not record
        return 204

    def start(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(receiver.take(dict(self.headers.items()), body))
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer((HOST, self.port), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self) -> None:
        """May be called twice."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
            self._thread.join()

    def ended(self, camera: str) -> list[str]:
        """Ids of the passages of a camera that it was told the ends of, in order."""
        news = [each for each in self.taken.values() if each["after"]["camera"] == camera]
        return [each["after"]["id"] for each in news if each["type"] == "end"]


@contextmanager
def receiver(secret: str) -> Iterator[Receiver]:
    """A running one; its port stays its own while it is stopped."""
    with reserved_port() as port:
        running = Receiver(port, secret)
        running.start()
        try:
            yield running
        finally:
            running.stop()
