"""Pages in the process of a watch, whose store comes after them."""

from pathlib import Path

import httpx

from stream.sources.status import Status
from stream.store.store import Store
from stream.web.beside import beside
from stream.web.settings import WebSettings
from tests.factories import make_detection, rippled
from tests.stream.store.makers import passing


def test_live_pictures_come_at_once_and_passages_with_the_store(tmp_path: Path) -> None:
    place = str(tmp_path / "river.db")
    with (
        beside(WebSettings(listen="127.0.0.1:0", zone="UTC"), place, "lock") as (address, live),
        httpx.Client(base_url=address, trust_env=False) as asking,
    ):
        live.look(make_detection(0.0, 0.9), rippled(200))
        live.states({"north": Status(phase="up")})
        assert "north" in asking.get("/").text
        picture = asking.get("/api/v1/camera/picture.jpg", params={"box": "lock", "camera": "north"})
        assert picture.headers["content-type"] == "image/jpeg"
        assert asking.get("/api/v1/passages").status_code == 503
        with Store(place, "lock") as store:
            store.write([passing(1)])
        assert len(asking.get("/api/v1/passages").json()["passages"]) == 1
