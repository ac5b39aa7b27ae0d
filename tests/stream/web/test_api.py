"""The interface for programs: what it says, and what it says when something is wrong."""

from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from stream.store.reading import Reader
from stream.store.store import Store
from tests.faults.peers.postgres import missing, postgres_server
from tests.stream.store.makers import NOON, minute, passing, up
from tests.stream.web.rooms import NOW, SAILING, SHIPS, client, records_first, served

NORTH = {"box": "lock", "camera": "north"}


def test_cameras(asking: httpx.Client) -> None:
    found = {each["name"]: each for each in asking.get("/api/v1/cameras").json()["cameras"]}
    assert {"north", "south"} < found.keys()
    assert (found["north"]["phase"], found["north"]["age_s"]) == ("up", 2.5)
    assert (found["south"]["phase"], found["south"]["trouble"]) == ("offline", "connection refused")
    assert asking.get("/api/v1/camera", params=NORTH).json() == found["north"]
    assert asking.get("/api/v1/camera", params={**NORTH, "camera": "none"}).status_code == 404


def test_a_camera_whose_box_says_nothing_any_more_is_silent(river: str) -> None:
    """It writes every 5 s; a kill is seen within four times that."""
    for later, phase in ((15, "up"), (20, "silent")):
        with served(river, now=NOW + later) as web, client(web) as asking:
            assert asking.get("/api/v1/camera", params=NORTH).json()["phase"] == phase


def test_passages_page_by_page(asking: httpx.Client, river: str) -> None:
    found: list[dict[str, Any]] = []
    older: str | None = ""
    while older is not None:
        page = asking.get("/api/v1/passages", params={"limit": 4, "before": older}).json()
        found += page["passages"]
        older = page["older"]
    with Reader(river) as reader:
        expected = [(each.box, each.passage.model_dump(mode="json")) for each in reader.passages().passages]
    assert [(each["box"], each["passage"]) for each in found] == expected
    assert len(found) == SHIPS + 1
    one = asking.get("/api/v1/passage", params={"box": "lock", "id": found[3]["passage"]["id"]}).json()
    assert one == found[3]


def test_passages_between_times(asking: httpx.Client) -> None:
    def count(**asked: object) -> int:
        return len(asking.get("/api/v1/passages", params=asked).json()["passages"])  # type: ignore[arg-type]

    assert count(**NORTH) == sum(name == "north" for name, _ in SAILING)
    assert count(begin="2026-11-25T12:00:00Z", end="2026-11-25T12:31:00+00:00") == 2
    assert count(begin="2026-11-25T13:00:00+01:00", end=NOON + 1801) == 2
    assert count(begin=NOW) == 0


def test_counts_and_coverage(asking: httpx.Client) -> None:
    day = {"begin": "2026-11-24T23:00:00Z", "end": "2026-11-25T23:00:00Z", **NORTH}
    (whole,) = asking.get("/api/v1/counts", params={**day, "by": "day"}).json()["spans"]
    assert (whole["begin"], whole["end"]) == (NOON - 13 * 3600, NOON + 11 * 3600)
    assert whole["seconds"] == 19 * 3600
    assert whole["unknown"] == {"dark": 7 * 3600, "offline": 1200}
    assert whole["coverage"] == round(1 - (7 * 3600 + 1200) / (19 * 3600), 4)
    hours = asking.get("/api/v1/counts", params={**day, "by": "hour"}).json()["spans"]
    assert len(hours) == 19
    assert sum(each["passages"] for each in hours) == whole["passages"] == 6
    minutes = asking.get("/api/v1/coverage", params={**NORTH, "begin": NOON, "end": NOON + 600}).json()["spans"]
    assert [each["begin"] for each in minutes] == [NOON + 60 * number for number in range(10)]


@pytest.mark.parametrize(
    "path",
    [
        "/passages?limit=0",
        "/passages?limit=1001",
        "/passages?before=nonsense",
        "/passages?before=1,99999999999999999999,a",
        "/passages?begin=yesterday",
        "/passages?box=lock",
        "/passages?camera=north",
        "/counts",
        "/counts?begin=0&end=1&by=week",
        "/counts?begin=1&end=1&by=day",
        "/counts?begin=0&end=20000000000&by=day",
        "/coverage?begin=0&end=900000",
        "/passage?box=lock",
        f"/camera?box={'a' * 501}&camera=b",
    ],
)
def test_what_makes_no_sense_is_told(asking: httpx.Client, path: str) -> None:
    answer = asking.get(f"/api/v1{path}")
    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], str)


def test_snapshots(asking: httpx.Client) -> None:
    first = records_first()
    ids = [each["passage"]["id"] for each in asking.get("/api/v1/passages", params=NORTH).json()["passages"]]
    for width, shape in (("whole", (360, 640, 3)), ("small", (180, 320, 3))):
        answer = asking.get("/api/v1/passage/snapshot.jpg", params={"box": "lock", "id": ids[0], "width": width})
        assert answer.headers["content-type"] == "image/jpeg"
        picture = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        assert picture.shape == shape
    assert asking.get("/api/v1/passage/snapshot.jpg", params={"box": "lock", "id": first}).status_code == 404


def test_a_broken_snapshot_is_none(river: str, tmp_path: Path) -> None:
    (tmp_path / "north").mkdir()
    (tmp_path / "north" / f"{records_first()}.jpg").write_bytes(b"no picture at all")
    with served(river, snapshots=tmp_path) as web, client(web) as asking:
        asked = {"box": "lock", "id": records_first(), "width": "small"}
        assert asking.get("/api/v1/passage/snapshot.jpg", params=asked).status_code == 404


def test_pictures_come_from_a_watch_in_this_process_only(asking: httpx.Client) -> None:
    assert asking.get("/api/v1/camera/picture.jpg", params=NORTH).status_code == 404


def test_a_store_that_is_not_there(tmp_path: Path) -> None:
    with served(str(tmp_path / "none.db")) as web, client(web) as asking:
        answer = asking.get("/api/v1/cameras")
        assert answer.status_code == 503
        assert "no store at" in answer.json()["detail"]
        assert asking.get("/api/v1/passages.csv").status_code == 503
        page = asking.get("/")
        assert page.status_code == 503
        assert "no store at" in page.text


def test_a_server_that_goes_and_comes() -> None:
    """PostgreSQL is stopped and started: pages say so meanwhile, and no password."""
    if why := missing():
        pytest.skip(why)
    with postgres_server() as server:
        place = server.database()
        with Store(place, "lock") as store:
            store.write([up(at=NOW - 1), minute(), passing()])
        with served(place) as web, client(web) as asking:
            assert len(asking.get("/api/v1/cameras").json()["cameras"]) == 1
            assert [asking.get(path).status_code for path in ("/", "/day", "/passages", "/counts")] == [200] * 4
            for strange in (
                {"box": "a\x00b", "id": "c"},
                {"box": "\ud800".encode("utf-8", "surrogatepass"), "id": "c"},
            ):
                assert asking.get("/api/v1/passage", params=strange).status_code in (404, 422)  # type: ignore[arg-type]
            server.stop()
            for path in ("/api/v1/cameras", "/", "/day"):
                answer = asking.get(path)
                assert answer.status_code == 503
                assert "refused" in answer.text
                assert "s3cret" not in answer.text
            server.start()
            assert asking.get("/").status_code == 200
