"""HEAD, as link checkers and download managers ask."""

import http.client
from urllib.parse import urlencode

import pytest

from stream.web.web import Web
from tests.stream.web.rooms import client

OF_NORTH = urlencode({"box": "lock", "camera": "north"})
PATHS = (
    "/",
    "/day?day=2026-11-25",
    f"/log.csv?{OF_NORTH}&day=2026-11-25",
    "/static/room.css",
    "/api/v1/cameras",
    "/api/v1/openapi.json",
    "/api/v1/passages.csv",
    "/nothing",
    "/api/v1/camera?box=a&camera=b",
)


@pytest.mark.parametrize("path", PATHS)
def test_it_is_answered_as_get_without_what_follows(web: Web, path: str) -> None:
    with client(web) as asking:
        whole, head = asking.get(path), asking.head(path)
    assert head.status_code == whole.status_code
    assert head.content == b""
    assert {**head.headers, "date": ""} == {**whole.headers, "date": ""}


def test_of_news_without_an_end_the_headers_end(web: Web) -> None:
    """And the connection is good for the next question."""
    asking = http.client.HTTPConnection("127.0.0.1", web.port, timeout=5)
    asking.request("HEAD", "/api/v1/events")
    answer = asking.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")
    asking.request("GET", "/api/v1/cameras")
    assert asking.getresponse().status == 200
    asking.close()
