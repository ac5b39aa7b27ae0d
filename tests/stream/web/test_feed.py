"""Server-sent events on a real socket, while a store is written to."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import httpx
import pytest

from stream.sources.status import Status
from stream.store.store import Store
from stream.web import feed
from stream.web.live import Live
from stream.web.web import Web
from tests.factories import make_detection
from tests.faults.peers.postgres import missing, postgres_server
from tests.stream.store.makers import passing, under_way, until, up
from tests.stream.web.rooms import NOW, client, served

Event = tuple[str, dict[str, Any], int]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "LOOK_S", 0.05)
    monkeypatch.setattr(feed, "QUIET_S", 0.2)


@pytest.fixture
def place(tmp_path: Path) -> str:
    place = str(tmp_path / "river.db")
    with Store(place, "lock") as store:
        store.write([up(at=NOW), passing(1)])
    return place


@contextmanager
def listening(web: Web, **headers: str) -> Iterator["Queue[Event]"]:
    """Events as they come, from a connection of its own."""
    events: Queue[Event] = Queue()
    with client(web) as asking, asking.stream("GET", "/api/v1/events", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")

        def read() -> None:
            said: dict[str, str] = {}
            try:
                for line in answer.iter_lines():
                    if not line and "data" in said:
                        events.put((said["event"], json.loads(said["data"]), int(said["id"])))
                        said = {}
                    name, _, value = line.partition(": ")
                    said[name] = value
            except httpx.HTTPError:
                return

        thread = Thread(target=read, daemon=True)
        thread.start()
        yield events


def wait_for(events: "Queue[Event]", kind: str) -> Event:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = events.get(timeout=10)
        if found[0] == kind:
            return found
    raise AssertionError(f"no {kind}")


def test_passages_as_they_come_and_change(place: str) -> None:
    with served(place) as web, listening(web) as events, listening(web) as others, Store(place, "lock") as store:
        assert wait_for(events, "camera")[1]["name"] == "north"
        store.write([under_way(2, 1)])
        kind, told, _ = wait_for(events, "passage")
        assert (kind, told["box"], told["passage"]["active"]) == ("passage", "lock", True)
        store.write([passing(2, 2)])
        _, changed, _ = wait_for(events, "passage")
        assert (changed["passage"]["id"], changed["passage"]["ended"]) == (told["passage"]["id"], "left")
        assert wait_for(others, "passage")[1] == told, "what was there before is no news"
        assert wait_for(others, "passage")[1] == changed
        time.sleep(0.3)
        assert "passage" not in {events.get()[0] for _ in range(events.qsize())}, "each is told once"


def test_cameras_as_they_change(place: str) -> None:
    with served(place) as web, listening(web) as events, Store(place, "lock") as store:
        assert wait_for(events, "camera")[1]["phase"] == "up"
        store.write([up(revision=2, phase="offline", trouble="refused", at=NOW)])
        _, told, _ = wait_for(events, "camera")
        assert (told["phase"], told["trouble"]) == ("offline", "refused")


def test_who_comes_back_is_told_what_it_missed(place: str) -> None:
    with served(place) as web, Store(place, "lock") as store:
        with listening(web) as events:
            wait_for(events, "camera")
            store.write([passing(2, 2)])
            _, _, last = wait_for(events, "passage")
        store.write([passing(3, 3), passing(4, 4)])
        with listening(web, **{"Last-Event-ID": str(last)}) as events:
            starts = [wait_for(events, "passage")[1]["passage"]["start_time"] for _ in range(2)]
            assert starts == [passing(3).passage.start_time, passing(4).passage.start_time]
        with listening(web, **{"Last-Event-ID": "nonsense"}) as events:
            store.write([passing(5, 5)])
            assert wait_for(events, "passage")[1]["passage"]["start_time"] == passing(5).passage.start_time


def test_who_has_missed_too_much_is_told_so(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "KEPT", 5)
    with served(place) as web, Store(place, "lock") as store, listening(web) as others:
        wait_for(others, "camera")
        store.write([passing(number, number) for number in range(2, 40)])
        until(lambda: others.get(timeout=10)[2] > 38)
        with listening(web, **{"Last-Event-ID": "1"}) as events:
            wait_for(events, "missed")


def test_a_store_that_goes_and_comes(tmp_path: Path, place: str) -> None:
    file, aside = Path(place), tmp_path / "aside.db"
    with served(place) as web, listening(web) as events:
        wait_for(events, "camera")
        file.rename(aside)
        assert "no store at" in wait_for(events, "store")[1]["trouble"]
        aside.rename(file)
        assert wait_for(events, "store")[1] == {"trouble": None}
        with Store(place, "lock") as store:
            store.write([passing(9, 9)])
        assert wait_for(events, "passage")[1]["passage"]["id"] == passing(9).passage.id


def test_a_listener_is_told_that_somebody_is_there(place: str) -> None:
    with served(place) as web, listening(web) as events:
        wait_for(events, "camera")
        assert [wait_for(events, "alive")[1] for _ in range(3)] == [{}] * 3


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_cameras_of_this_watch_are_told_of_while_the_store_keeps_one_waiting() -> None:
    live = Live("lock")
    live.look(make_detection(0.0, 0.9), None)
    with postgres_server() as server:
        place = server.database()
        with Store(place, "lock") as store:
            store.write([up(at=NOW)])
        with served(place, live=live) as web, listening(web) as events:
            assert wait_for(events, "camera")[1]["state"] == "ship"
            server.pause()
            try:
                time.sleep(0.3)
                live.look(make_detection(0.0, 0.2), None)
                began = time.monotonic()
                while wait_for(events, "camera")[1]["state"] != "no_ship":
                    assert time.monotonic() - began < 1
            finally:
                server.resume()


def test_nobody_looks_while_nobody_listens(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    real = feed.Feed._read

    def counted(self: feed.Feed) -> Any:
        looks.append(1)
        return real(self)

    monkeypatch.setattr(feed.Feed, "_read", counted)
    with served(place) as web:
        time.sleep(0.3)
        assert not looks
        with listening(web) as events, listening(web), listening(web):
            wait_for(events, "camera")
        until(lambda: _still(looks), 20)
        before = len(looks)
        time.sleep(0.4)
        assert len(looks) == before


def _still(looks: list[int]) -> bool:
    before = len(looks)
    time.sleep(0.4)
    return len(looks) == before


def test_only_so_many_listen(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "LISTENERS", 2)
    with served(place) as web, client(web) as asking:
        with listening(web) as first, listening(web) as second:
            wait_for(first, "camera")
            until(lambda: not _listens(asking))
            assert second is not first
            assert asking.get("/api/v1/events").status_code == 503
        until(lambda: _listens(asking))


def _listens(asking: httpx.Client) -> bool:
    with asking.stream("GET", "/api/v1/events") as answer:
        return answer.status_code == 200


def test_how_old_a_frame_of_this_watch_is_stays_true(place: str) -> None:
    """Its frames come many times a second: between two tellings, a page counts on."""
    live = Live("lock")
    live.look(make_detection(0.0, 0.9), None)
    with served(place, live=live) as web, listening(web) as events:
        began = time.monotonic()
        for _ in range(4):
            live.states({"north": Status("up", time.monotonic())})
            assert wait_for(events, "camera")[1]["age_s"] < 0.5
        assert time.monotonic() - began < feed.CAMERA_S
