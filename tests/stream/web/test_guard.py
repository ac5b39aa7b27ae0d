"""Who may ask, by which name, and what a browser may do with the answer."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stream.web.tokens import COOKIE, GUESSES
from stream.web.web import Web
from tests.stream.web.rooms import TOKEN, client, served

PAGES = ("/", "/day", "/passages", "/counts", "/static/room.css", "/api/v1/cameras", "/nothing", "/day?day=x")


@pytest.fixture
def locked(river: str) -> Iterator[httpx.Client]:
    with served(river, token=TOKEN) as web, client(web) as asking:
        yield asking


@pytest.mark.parametrize("path", PAGES)
def test_no_answer_may_load_or_be_framed_by_anything_else(asking: httpx.Client, path: str) -> None:
    headers = asking.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["referrer-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("localhost:9999", 200),
        ("[::1]:80", 200),
        ("192.168.1.7", 200),
        ("river.example.org", 200),
        ("RIVER.example.org.:8765", 200),
        ("evil.example.org", 421),
        ("127.0.0.1.evil.org", 421),
        ("localhost.evil.org", 421),
        ("", 421),
        ("[::1", 421),
        ("a@127.0.0.1.evil.org", 421),
    ],
)
def test_a_name_that_was_turned_to_this_machine_gets_nothing(river: str, host: str, status: int) -> None:
    """DNS rebinding: names are turned, addresses are not."""
    with served(river, names=("river.example.org",)) as web, client(web) as asking:
        answer = asking.get("/api/v1/cameras", headers={"Host": host})
        assert answer.status_code == status
        assert ("north" in answer.text) == (status == 200)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_pages_of_others_can_lead_here_and_nothing_else(asking: httpx.Client, site: str) -> None:
    def status(mode: str) -> int:
        return asking.get("/", headers={"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}).status_code

    assert [status(mode) for mode in ("navigate", "no-cors", "cors")] == [200, 403, 403]
    assert asking.get("/", headers={"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}).status_code == 200


def test_nothing_can_be_changed(asking: httpx.Client) -> None:
    for path in ("/", "/day", "/api/v1/cameras", "/api/v1/passage", "/static/room.css"):
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
            assert asking.request(method, path).status_code in (404, 405), (method, path)


def test_without_the_token_there_is_a_form_and_nothing_else(locked: httpx.Client) -> None:
    for path in ("/", "/day?day=2026-11-25", "/camera?box=lock&camera=north", "/log.csv", "/nothing"):
        answer = locked.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login?to=")
        assert answer.text == ""
    for path in ("/api/v1/cameras", "/api/v1/events", "/api/v1/openapi.json", "/api/v1/passages.csv"):
        answer = locked.get(path)
        assert (answer.status_code, answer.json()) == (401, {"detail": "a token is wanted"})
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "north" not in locked.get("/login").text
    assert locked.get("/static/room.css").status_code == 200
    assert locked.get("/static/../app.py").status_code in (303, 404)


def test_the_token_is_typed_once(locked: httpx.Client) -> None:
    wanted = "/camera?box=lock&camera=north"
    to = locked.get(wanted).headers["location"]
    page = locked.get(to)
    assert 'value="/camera?box=lock&amp;camera=north"' in page.text
    answer = locked.post("/login", data={"token": TOKEN, "to": wanted})
    assert (answer.status_code, answer.headers["location"]) == (303, wanted)
    cookie = answer.headers["set-cookie"]
    assert all(each in cookie for each in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age="))
    assert TOKEN not in cookie
    assert "Secure" not in cookie, "this machine has no TLS"
    assert locked.get(wanted).status_code == 200
    assert locked.get("/api/v1/cameras").status_code == 200
    answer = locked.post("/logout")
    assert answer.status_code == 303
    assert locked.get(wanted).status_code == 303


def test_who_is_not_in_has_nothing_to_log_out_of(locked: httpx.Client) -> None:
    assert "/logout" not in locked.get("/login").text
    assert "/logout" not in locked.post("/login", data={"token": "wrong"}).text
    locked.post("/login", data={"token": TOKEN})
    assert "/logout" in locked.get("/").text


@pytest.mark.parametrize(
    "to", ["//evil.org", "https://evil.org", "/\\evil.org", "\\\\evil.org", "javascript:alert(1)", "/a\r\nX: y", ""]
)
def test_nobody_is_led_away_by_the_form(locked: httpx.Client, to: str) -> None:
    assert locked.post("/login", data={"token": TOKEN, "to": to}).headers["location"] == "/"


def test_a_form_of_another_site_logs_nobody_in(locked: httpx.Client) -> None:
    answer = locked.post("/login", data={"token": TOKEN}, headers={"Origin": "http://evil.org"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    own = f"http://{locked.base_url.netloc.decode()}"
    assert locked.post("/login", data={"token": TOKEN}, headers={"Origin": own}).status_code == 303


def test_programs_send_it_with_each_request(locked: httpx.Client) -> None:
    def status(header: str) -> int:
        return locked.get("/api/v1/cameras", headers={"Authorization": header}).status_code

    assert status(f"Bearer {TOKEN}") == status(f"bearer  {TOKEN}") == 200
    assert [status(each) for each in (f"Basic {TOKEN}", "Bearer", f"Bearer {TOKEN}x", TOKEN)] == [401] * 4


def test_guesses_are_limited_and_lock_out_nobody_who_knows_the_token(locked: httpx.Client) -> None:
    """From one address, which may be that of a proxy, with everybody behind it."""
    for number in range(GUESSES):
        if number % 2:
            assert locked.post("/login", data={"token": f"wrong{number}"}).status_code == 403
        else:
            wrong = {"Authorization": f"Bearer wrong{number}"}
            assert locked.get("/api/v1/cameras", headers=wrong).status_code == 401
    wrong = {"Authorization": "Bearer wrong"}
    for answer in (locked.post("/login", data={"token": "wrong"}), locked.get("/api/v1/cameras", headers=wrong)):
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 61
    assert locked.get("/api/v1/cameras", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert locked.post("/login", data={"token": TOKEN}).status_code == 303
    assert locked.cookies[COOKIE]
    assert locked.get("/api/v1/cameras").status_code == 200
    locked.cookies.clear()
    assert locked.post("/login", data={"token": "wrong"}).status_code == 429


def test_who_knows_the_token_is_never_counted(locked: httpx.Client) -> None:
    for _ in range(2 * GUESSES):
        assert locked.get("/api/v1/cameras", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert locked.get("/api/v1/cameras", headers={"Authorization": "Bearer wrong"}).status_code == 401


@pytest.mark.parametrize("body", [b"", b"token", b"token=%ff%fe", b"\x00\xff", b"token=" + b"a" * 4000])
def test_a_broken_form_is_a_wrong_token(locked: httpx.Client, body: bytes) -> None:
    assert locked.post("/login", content=body).status_code == 403
    assert locked.post("/login", content=b"a" * 100_000).status_code == 413


@pytest.mark.parametrize("path", ["/passages?begin=abc", "/passages?from=abc", "/counts?first=2026-11-25"])
def test_what_a_page_does_not_know_is_told(asking: httpx.Client, path: str) -> None:
    """All that there is would look like the answer."""
    answer = asking.get(path, params=None)
    assert answer.status_code == 422
    assert "it can be asked for by" in answer.text
    assert "/passage?" not in answer.text
    assert asking.get(f"{path.partition('?')[0]}?last=2026-11-25&lang=en&theme=dark").status_code == 200


def test_names_in_a_store_do_no_harm(web: Web, asking: httpx.Client, snapshots: Path) -> None:
    """Of cameras, passages, zones, reasons and troubles: they are shown, and are nothing else."""
    hostile = {"box": "lock", "camera": "=1+1<script>alert(1)</script>\"'/../..%2f\n"}
    texts = [
        asking.get("/").text,
        asking.get("/day").text,
        asking.get("/passages").text,
        asking.get("/counts", params=hostile).text,
        asking.get("/camera", params=hostile).text,
        asking.get("/log", params={**hostile, "day": "2026-11-25"}).text,
        asking.get("/passage", params={"box": "lock", "id": "../../etc/passwd"}).text,
    ]
    for text in texts:
        assert "alert(1)" in text or "alert(3)" in text
        for harm in ("<script>alert", "<img src=x", "<b>no</b>", '"><script'):
            assert harm not in text
    assert (
        asking.get("/api/v1/passage/snapshot.jpg", params={"box": "lock", "id": "../../etc/passwd"}).status_code == 404
    )
    name = asking.get("/log.csv", params={**hostile, "day": "2026-11-25"}).headers["content-disposition"]
    assert name == 'attachment; filename="river-log-lock-1_1_script_alert_1_script_.._.._2f-2026-11-25.csv"'
