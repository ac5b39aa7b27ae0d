"""News to a real server that fails in all ways."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from pydantic import SecretStr

from models.errors import UsageError
from stream.telling.item import Item
from stream.telling.settings import WebhookSettings
from stream.telling.telling import Telling
from stream.telling.webhook import Webhook
from tests.clocks import HastyClock
from tests.faults.peers.subscriber import until
from tests.stream.telling.factories import passage, told_to

pytestmark = pytest.mark.timeout(60)
SECRET = "hunter2-of-the-hook"  # noqa: S105 - planted, to be looked for
ITEM = Item(7, "abc-7", "north", "new", '{"n": 1}')


class Hook:
    """`answers`: status and headers of the next answers, the last one for ever. 0: none, the connection ends. -1: it hangs."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str]]] = [(200, {})]
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.over = Event()
        self.url = ""

    def next(self) -> tuple[int, dict[str, str]]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def hook() -> Iterator[Hook]:
    found = Hook()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.paths.append(self.path)
            found.headers.append({key.lower(): value for key, value in self.headers.items()})
            found.bodies.append(body)
            status, more = found.next()
            if status == -1:
                found.over.wait(20)
            if status <= 0:
                self.close_connection = True
                return
            self.send_response(status)
            for key, value in {"Content-Length": "2", **more}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        found.url = f"http://127.0.0.1:{server.server_port}/private/path?key=1"
        try:
            yield found
        finally:
            found.over.set()
            server.shutdown()
            thread.join()


def settings(url: str, timeout: float = 5.0) -> WebhookSettings:
    return WebhookSettings(url=SecretStr(url), secret=SecretStr(SECRET), timeout=timeout)


def test_a_message_is_signed_and_has_its_id() -> None:
    with hook() as server, Webhook(settings(server.url)) as webhook:
        assert webhook.send(ITEM).verdict == "taken"
        (head,), (body,) = server.headers, server.bodies
        assert json.loads(body) == {"id": "abc-7", "n": 1}
        assert (head["x-rivereye-id"], server.paths) == ("abc-7", ["/private/path?key=1"])
        signed = head["x-rivereye-timestamp"].encode() + b"." + body
        assert head["x-rivereye-signature"] == f"sha256={hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()}"
        assert abs(int(head["x-rivereye-timestamp"]) - time.time()) < 5


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        *((each, "taken") for each in (200, 202, 204)),
        *((each, "later") for each in (408, 500, 502, 503, 301, 302, 308)),
        (429, "away"),
        *((each, "refused") for each in (400, 401, 403, 404, 410, 422)),
    ],
)
def test_what_each_answer_means(status: int, verdict: str) -> None:
    with hook() as server, Webhook(settings(server.url)) as webhook:
        more = {"Content-Length": "0"} if status == 204 else {}
        server.answers = [(status, more | {"Location": "/elsewhere"})]
        answer = webhook.send(ITEM)
        assert answer.verdict == verdict
        assert len(server.paths) == 1, "no redirect is followed"
        if verdict != "taken":
            assert str(status) in str(answer.trouble)
            assert "private" not in str(answer.trouble)


@pytest.mark.parametrize(("header", "wait"), [("7", 7), ("-3", 0), ("soon", 0), ("Fri, 31 Dec 1999 23:59:59 GMT", 0)])
def test_how_long_to_wait_is_read(header: str, wait: float) -> None:
    with hook() as server, Webhook(settings(server.url)) as webhook:
        server.answers = [(503, {"Retry-After": header})]
        assert webhook.send(ITEM).wait == wait


def test_a_server_that_hangs_is_given_up_in_time() -> None:
    with hook() as server, Webhook(settings(server.url, timeout=0.5)) as webhook:
        server.answers = [(-1, {}), (200, {})]
        began = time.monotonic()
        answer = webhook.send(ITEM)
        assert 0.4 < time.monotonic() - began < 3
        assert answer.verdict == "later"
        assert "no answer within 0.5 s" in str(answer.trouble)
        assert webhook.send(ITEM).verdict == "taken"


def test_an_idle_connection_that_was_closed_costs_no_try() -> None:
    with hook() as server, Webhook(settings(server.url)) as webhook:
        assert webhook.send(ITEM).verdict == "taken"
        server.answers = [(0, {}), (200, {})]
        assert webhook.send(ITEM).verdict == "taken"
        server.answers = [(0, {})]
        assert webhook.send(ITEM).verdict == "later"


def test_nobody_there_is_said_without_secrets() -> None:
    with Webhook(settings("http://127.0.0.1:9/private?key=hunter2")) as webhook:
        answer = webhook.send(ITEM)
    assert answer.verdict == "away"
    assert "http://127.0.0.1:9/***" in str(answer.trouble)
    assert "private" not in str(answer.trouble)
    assert "hunter2" not in str(answer.trouble)


@pytest.mark.parametrize(
    "url", ["", "ftp://h/hunter2", "http://", "http://u:hunter2@h/", "http://h:x/hunter2", "http://h/ hunter2"]
)
def test_an_address_that_is_none_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(UsageError, match=r"webhook\.url ") as raised:
        Webhook(settings(url))
    assert "hunter2" not in str(raised.value)


def told_by(server: Hook, tmp_path: Path, what: Callable[[Telling], None]) -> None:
    with Telling(
        told_to(webhook=settings(server.url, 1.0)), {"north": True}, tmp_path / "o", clock=HastyClock()
    ) as ours:
        what(ours)


def test_all_arrive_in_order_over_all_kinds_of_failure(tmp_path: Path) -> None:
    events = passage("north")

    def tell(ours: Telling) -> None:
        ours.news(events)
        until(lambda: ours.depths() == {"webhook": 0}, "all were taken", 20)
        assert ours.left_out() == {}

    with hook() as server:
        server.answers = [(500, {}), (429, {"Retry-After": "1"}), (0, {}), (200, {})]
        told_by(server, tmp_path, tell)
        arrived = list(dict.fromkeys(json.loads(each)["id"] for each in server.bodies))
        kinds = {json.loads(each)["id"]: json.loads(each)["type"] for each in server.bodies}
        assert [kinds[each] for each in arrived] == [each.type for each in events]


def test_what_is_refused_is_set_aside_after_one_try_and_said(tmp_path: Path) -> None:
    events = passage("north")

    def tell(ours: Telling) -> None:
        ours.news(events)
        until(lambda: ours.depths() == {"webhook": 0}, "none waits")
        assert ours.left_out() == {"webhook": 1}
        assert "404 Not Found" in ours.troubles()["webhook"]
        assert "set aside" in ours.troubles()["webhook"]

    with hook() as server:
        server.answers = [(404, {}), (200, {})]
        told_by(server, tmp_path, tell)
        assert len(server.bodies) == len(events)
