"""All passages as a file that other programs read."""

import csv
import importlib.util
import io
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pyarrow.parquet
import pytest

from stream.store.store import Store
from stream.web.exports import COLUMNS
from stream.web.files import AT_ONCE
from tests.stream.store.makers import NOON, passing, until
from tests.stream.web.rooms import SHIPS, client, served

MANY = 2500
"""Three pages."""


@pytest.fixture(scope="module")
def long_river(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = str(tmp_path_factory.mktemp("long") / "river.db")
    with Store(place, "lock") as store:
        store.write([passing(number, number, "north" if number % 2 else "south") for number in range(MANY)])
    return place


@pytest.fixture
def long(long_river: str) -> Iterator[httpx.Client]:
    with served(long_river) as web, client(web) as asking:
        yield asking


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_all_kinds_hold_all(long: httpx.Client) -> None:
    table = rows(long.get("/api/v1/passages.csv").text)
    array = long.get("/api/v1/passages.json").json()
    parquet = pyarrow.parquet.read_table(io.BytesIO(long.get("/api/v1/passages.parquet").content)).to_pylist()
    assert len(table) == len(array) == len(parquet) == MANY
    assert list(table[0]) == list(parquet[0]) == list(COLUMNS)
    ids = [each["passage"]["id"] for each in array]
    assert ids == [each["id"] for each in table] == [each["id"] for each in parquet]
    assert len(set(ids)) == MANY
    first = parquet[0]
    assert first["start"].timestamp() == first["start_time"] == NOON + 60.0 * (MANY - 1)
    assert (first["zones"], first["x_max"], first["active"]) == (["channel", "lock"], 30, False)
    assert table[0]["zones"] == "channel;lock"


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_a_part_of_them(long: httpx.Client, kind: str) -> None:
    asked: dict[str, str | float] = {"box": "lock", "camera": "north", "begin": NOON, "end": NOON + 600}
    answer = long.get(f"/api/v1/passages.{kind}", params=asked)
    assert answer.headers["content-disposition"] == f'attachment; filename="passages-north.{kind}"'
    none = long.get(f"/api/v1/passages.{kind}", params={**asked, "end": NOON + 1})

    def count(content: bytes) -> int:
        if kind == "parquet":
            return int(pyarrow.parquet.read_table(io.BytesIO(content)).num_rows)
        return len(rows(content.decode())) if kind == "csv" else len(json.loads(content))

    assert (count(answer.content), count(none.content)) == (5, 0)


def test_a_spreadsheet_runs_nothing(asking: httpx.Client) -> None:
    found = rows(asking.get("/api/v1/passages.csv").text)
    assert len(found) == SHIPS + 1
    hostile = next(each for each in found if each["id"] == "../../etc/passwd")
    assert hostile["camera"].startswith("'=1+1<script>")
    assert not any(value.startswith(("=", "+", "-", "@")) for each in found for value in each.values())


def test_parquet_needs_its_library(asking: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does its lack take away the other kinds, or one of the places of those who are given files."""
    find = importlib.util.find_spec

    def none_of_it(name: str, package: str | None = None) -> Any:
        return None if name == "pyarrow" else find(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", none_of_it)
    for _ in range(AT_ONCE + 1):
        answer = asking.get("/api/v1/passages.parquet")
        assert answer.status_code == 501
        assert "pip install 'rivereye[parquet]'" in answer.json()["detail"]
    page = asking.get("/passages").text
    assert "/api/v1/passages.csv" in page
    assert "parquet" not in page.lower(), "a download that cannot be is not offered"
    assert asking.get("/api/v1/passages.csv").status_code == 200


def test_all_kinds_are_offered(asking: httpx.Client) -> None:
    page = asking.get("/passages").text
    assert all(f"/api/v1/passages.{kind}" in page for kind in ("csv", "json", "parquet"))


def test_few_are_given_files_at_once(monkeypatch: pytest.MonkeyPatch, long_river: str) -> None:
    """Whoever hangs up makes room for the next."""
    monkeypatch.setattr("stream.web.exports.MOST", 1)  # a query a passage, so that a file takes a while
    with served(long_river) as web, client(web) as long:

        def status() -> int:
            with long.stream("GET", "/api/v1/passages.csv") as answer:
                return answer.status_code

        def third() -> int | None:
            with long.stream("GET", "/api/v1/passages.json") as one, long.stream("GET", "/api/v1/passages.json") as two:
                return status() if one.status_code == two.status_code == 200 else None

        for _ in range(3):
            until(lambda: third() == 503)
            until(lambda: status() == 200)


def test_the_log_of_a_day(asking: httpx.Client) -> None:
    answer = asking.get("/log.csv", params={"box": "lock", "camera": "north", "day": "2026-11-25"})
    found = rows(answer.text)
    assert [each["kind"] for each in found] == ["day", "gap", "passage", "passage", "gap", *["passage"] * 4]
    assert [(each["begin"], each["reason"]) for each in found[:2]] == [
        ("2026-11-25T00:00:00+01:00", ""),
        ("2026-11-25T00:00:00+01:00", "dark"),
    ]
    assert (found[4]["begin"], found[4]["seconds"], found[4]["reason"]) == (
        "2026-11-25T10:00:00+01:00",
        "1200.0",
        "offline",
    )
    assert (found[0]["seconds"], found[0]["seen_s"], found[0]["share"]) == ("68400", "42000.0", "0.6140")
    assert all(each["seen_s"] == each["share"] == "" for each in found[1:])
    assert [each["begin"] for each in found] == sorted(each["begin"] for each in found)
