"""What a watch leaves for the pages, without ever waiting for them."""

import time
from threading import Event, Thread
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from models.picture import Picture
from stream.looking.detection import Detection
from stream.sources.status import Status
from stream.web.live import Live
from tests.factories import make_detection, rippled
from tests.stream.web.rooms import NOW, client, served

SIZE = (1920, 1080)


def look(camera: str = "north", level: int = 100, index: int = 0) -> tuple[Detection, Picture]:
    return make_detection(index / 5, 0.9, camera=camera), rippled(level, *SIZE)


def decoded(content: bytes) -> Picture:
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture  # type: ignore[return-value]


def test_the_newest_picture_is_encoded_once_and_when_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[object] = []
    real = cv2.imencode

    def counted(*given: Any) -> Any:
        encoded.append(given)
        return real(*given)

    monkeypatch.setattr(cv2, "imencode", counted)
    live = Live("lock")
    for level in (60, 100, 200):
        live.look(*look(level=level))
    assert not encoded
    stills = [live.still("north", drawn=False) for _ in range(5)]
    assert len(encoded) == 1
    assert stills[0] is not None
    assert (stills[0].number, len(set(map(id, stills)))) == (3, 1)
    picture = decoded(stills[0].jpeg)
    assert picture.shape == (720, 1280, 3)
    assert abs(float(picture.mean()) - 200) < 5
    live.look(*look(level=60))
    again = live.still("north", drawn=False)
    assert again is not None
    assert abs(float(decoded(again.jpeg).mean()) - 60) < 5


def test_what_was_seen_is_drawn_onto_it() -> None:
    live = Live("lock")
    live.look(*look(level=100))
    plain, drawn = live.still("north", drawn=False), live.still("north")
    assert plain is not None
    assert drawn is not None
    assert abs(float(decoded(plain.jpeg)[:20].mean()) - 100) < 5
    frame = decoded(drawn.jpeg)
    green = frame[:24, :32].mean(axis=(0, 1))
    assert green[1] > green[0] + 5, "where the ship is"
    assert abs(float(frame[:20, 200:].mean()) - 100) < 5, "no words, which would be English everywhere"


def test_a_moment_without_a_picture_keeps_the_last_one() -> None:
    live = Live("lock")
    live.look(*look())
    blind = make_detection(1.0, None, camera="north")
    live.look(blind, None)
    sight = live.sight("north")
    assert sight is not None
    assert (sight.newest, sight.number) == (blind, 1)
    assert live.still("north") is not None
    assert live.still("south") is None
    assert live.sight("south") is None


def test_a_camera_that_is_watched_no_more_is_gone() -> None:
    live = Live("lock", lambda: 100.0)
    live.look(*look())
    live.still("north")
    live.states({"north": Status(phase="up", last_frame=98.5), "south": Status()})
    sight = live.sight("north")
    assert sight is not None
    assert live.age(sight) == 1.5
    live.states({"south": Status()})
    assert live.cameras == ["south"]
    assert live.still("north") is None


def test_the_watch_is_not_slowed_by_those_who_look() -> None:
    """Five look without a pause; each hand-over takes microseconds all the same."""
    live, ended = Live("lock"), Event()
    looks = [look(level=level) for level in (60, 200)]
    live.look(*looks[0])

    def stare() -> None:
        while not ended.is_set():
            live.still("north")

    threads = [Thread(target=stare) for _ in range(5)]
    for each in threads:
        each.start()
    taken = []
    for number in range(300):
        began = time.perf_counter()
        live.look(*looks[number % 2])
        live.states({"north": Status(phase="up")})
        taken.append(time.perf_counter() - began)
        time.sleep(0.002)
    ended.set()
    for each in threads:
        each.join()
    assert sorted(taken)[150] < 0.002


def test_pages_show_it(river: str) -> None:
    live = Live("lock")
    live.look(*look())
    live.states({"north": Status(phase="up", last_frame=time.monotonic() - 3, decoder="vaapi"), "new": Status()})
    with served(river, live=live) as web, client(web) as asking:
        north = asking.get("/api/v1/camera", params={"box": "lock", "camera": "north"}).json()
        assert (north["state"], north["picture"], north["decoder"], north["told"]) == ("ship", 1, "vaapi", NOW)
        assert 3 <= north["age_s"] < 8
        answer = asking.get("/api/v1/camera/picture.jpg", params={"box": "lock", "camera": "north"})
        assert decoded(answer.content).shape == (720, 1280, 3)
        assert answer.headers["cache-control"] == "no-store"
        assert ">new</a>" in asking.get("/").text, "not in the store yet"
        other = asking.get("/api/v1/camera/picture.jpg", params={"box": "quay", "camera": "north"})
        assert other.status_code == 404


def test_pictures_are_there_while_the_store_is_away(tmp_path: object) -> None:
    live = Live("lock")
    live.look(*look())
    live.states({"north": Status(phase="up")})
    with served(f"{tmp_path}/none.db", live=live) as web, client(web) as asking:
        page: httpx.Response = asking.get("/")
        assert page.status_code == 200
        assert "The store is away." in page.text
        assert "north" in page.text
        assert asking.get("/api/v1/camera/picture.jpg", params={"box": "lock", "camera": "north"}).status_code == 200
