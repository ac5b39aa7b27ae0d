"""What pages show, the same of both kinds of store."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from models.errors import StoreError, UsageError
from stream.store.page import Stored
from stream.store.reading import Reader
from stream.store.records import Record, SettingsRecord
from stream.store.seen import Camera
from stream.store.store import Store
from tests.faults.peers.postgres import PostgresServer
from tests.stream.store.makers import MINUTE, NOON, minute, passage, passing, up

NORTH, SOUTH = Camera("lock", "north"), Camera("lock", "south")


@pytest.fixture
def reader(place: str) -> Iterator[Reader]:
    with Reader(place) as reader:
        yield reader


def written(place: str, *records: Record, box: str = "lock") -> None:
    with Store(place, box, now=lambda: NOON) as store:
        store.write(records)


def turned(reader: Reader, limit: int, camera: Camera | None = None) -> list[Stored]:
    """All passages, page by page."""
    found: list[Stored] = []
    before = None
    while True:
        page = reader.passages(camera, limit=limit, before=before)
        found += page.passages
        assert len(page.passages) == limit or page.older is None
        if page.older is None:
            return found
        before = page.older


def test_a_passage_is_read_as_it_was_written(place: str, reader: Reader) -> None:
    ships = [
        passage(1),
        passage(2, "south", zones=(), box=(0, 0, 1, 1), ended="blind", unseen_s=3.25, has_snapshot=True),
        passage(3, end_time=None, ended=None, active=True, start_time=NOON + 1 / 3),
    ]
    written(place, *(passing().model_copy(update={"passage": each}) for each in ships))
    for each in ships:
        assert reader.passage("lock", each.id) == Stored("lock", each)
    assert reader.passage("lock", "nothing") is None
    assert reader.passage("other", ships[0].id) is None


@pytest.mark.parametrize("limit", [1, 7, 99, 100, 101])
def test_pages_hold_each_passage_once_and_the_newest_first(place: str, reader: Reader, limit: int) -> None:
    """Many begin at the same time; boxes have passages of the same names."""
    draw = random.Random(3)
    for box in ("lock", "quay"):
        ships = [passing(draw.randrange(9), 1, name, id=f"{name}{number}") for name in "ab" for number in range(25)]
        written(place, *ships, box=box)
    found = turned(reader, limit)
    assert len({(each.box, each.passage.id) for each in found}) == len(found) == 100
    times = [each.passage.start_time for each in found]
    assert times == sorted(times, reverse=True)
    mine = turned(reader, limit, Camera("quay", "a"))
    assert mine == [each for each in found if (each.box, each.passage.camera) == ("quay", "a")]
    assert len(mine) == 25


def test_what_comes_in_meanwhile_moves_no_page(place: str, reader: Reader) -> None:
    written(place, *(passing(number) for number in range(10)))
    first = reader.passages(limit=4)
    written(place, *(passing(number) for number in range(10, 15)))
    second = reader.passages(limit=4, before=first.older)
    assert [round(each.passage.start_time - NOON) // 60 for each in (*first.passages, *second.passages)] == [
        *range(9, 1, -1)
    ]


def test_passages_between_times(place: str, reader: Reader) -> None:
    written(place, *(passing(number) for number in range(10)))

    def numbers(begin: float | None, end: float | None, camera: Camera | None = None) -> list[int]:
        page = reader.passages(camera, begin, end)
        return [round(each.passage.start_time - NOON) // 60 for each in page.passages]

    assert numbers(NOON + 180, NOON + 300) == [4, 3]
    assert numbers(None, NOON + 60) == [0]
    assert numbers(NOON + 540, None, NORTH) == [9]
    assert numbers(None, None, SOUTH) == numbers(NOON + 9999, None) == []


@pytest.mark.parametrize("before", ["", "nonsense", "1,x", "x,1,a", "1,x,a", "'; DROP TABLE passages; --"])
def test_what_is_no_page_is_told(tmp_path: Path, before: str) -> None:
    with pytest.raises(UsageError, match="no page begins at"):
        Reader(str(tmp_path / "river.db")).passages(before=before)


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_pages_have_a_size(tmp_path: Path, limit: int) -> None:
    with pytest.raises(UsageError, match=f"no page of {limit} passages"):
        Reader(str(tmp_path / "river.db")).passages(limit=limit)


def test_minutes(place: str, reader: Reader) -> None:
    """Parts of a minute are one, and so are several cameras where none is named."""
    written(
        place,
        minute(0, dark=6.0),
        minute(1, part=1, seconds=20.0, ship_s=0.0),
        minute(1, part=2, seconds=30.0, unknown={"offline": 3.0}),
        minute(1, camera="south", unknown={"offline": 60.0}, ship_s=0.0),
        minute(3),
    )
    north = reader.spans(NOON, NOON + 300, "minute", NORTH)
    assert [(each.begin - NOON, each.end - NOON, each.seconds, each.unknown, each.passages) for each in north] == [
        (0, 60, 60, {"dark": 6}, 1),
        (60, 120, 50, {"offline": 3}, 2),
        (180, 240, 60, {}, 1),
    ]
    assert [each.coverage for each in north] == [0.9, 0.94, 1]
    both = reader.spans(NOON + 60, NOON + 120, "minute")
    assert [(each.seconds, each.unknown, each.ship_s, each.frames) for each in both] == [(110, {"offline": 63}, 5, 900)]


def test_hours_and_days_are_sums_of_minutes(place: str, reader: Reader) -> None:
    written(place, *(minute(number, dark=float(number % 11)) for number in range(0, 3000, 7)), minute(5, dark=30.0))
    end = NOON + 3000 * 60
    minutes = reader.spans(NOON, end, "minute", NORTH)
    for by in ("hour", "day"):
        found = reader.spans(NOON, end, by, NORTH)
        assert sum(each.seconds for each in found) == sum(each.seconds for each in minutes)
        assert sum(each.unknown["dark"] for each in found if each.unknown) == sum(
            each.unknown.get("dark", 0) for each in minutes
        )
        assert sum(each.passages for each in found) == len(minutes) == 430
        assert [each.begin for each in found] == sorted({each.begin for each in found})
    assert len(reader.spans(NOON, end, "hour")) == 50
    days = [datetime.fromtimestamp(each.begin, UTC) for each in reader.spans(NOON, end, "day")]
    assert [f"{day:%m-%d %H}" for day in days] == ["11-25 00", "11-26 00", "11-27 00"]


def test_days_begin_at_midnight_where_one_lives(place: str, reader: Reader) -> None:
    """They have 23 or 25 hours where the clock is changed."""
    zone = ZoneInfo("Europe/Berlin")
    begin = datetime(2026, 10, 24, tzinfo=zone).timestamp()
    written(place, *(minute(int(begin) // 60 - MINUTE + 60 * hour) for hour in range(80)))
    days = reader.spans(begin, begin + 80 * 3600, "day", NORTH, zone)
    assert [(each.passages, (each.end - each.begin) / 3600) for each in days] == [(24, 24), (25, 25), (24, 24), (7, 24)]
    assert {datetime.fromtimestamp(each.begin, zone).hour for each in days} == {0}


def test_what_each_camera_watched(place: str, reader: Reader) -> None:
    """By itself; parts of a minute stand one after another."""
    written(
        place,
        minute(0, dark=6.0),
        minute(1, part=1, seconds=20.0),
        minute(1, part=2, seconds=30.0, unknown={"offline": 3.0}),
        minute(1, camera="south", ship_s=0.0),
    )
    found = reader.watched(NOON, NOON + 120, "minute")
    assert [(each.camera, each.begin - NOON, each.seconds, each.blind_s, each.unknown) for each in found] == [
        (NORTH, 0, 60, 6, {"dark": 6}),
        (NORTH, 60, 20, 0, {}),
        (NORTH, 60, 30, 3, {"offline": 3}),
        (SOUTH, 60, 60, 0, {}),
    ]
    assert reader.watched(NOON, NOON + 120, "minute", SOUTH) == found[3:]
    assert reader.watched(NOON + 60, NOON + 120, "minute", NORTH) == found[1:3]
    hours = reader.watched(NOON, NOON + 3600, "hour")
    assert [(each.camera, each.seconds, each.passages, each.unknown) for each in hours] == [
        (NORTH, 110, 3, {"dark": 6, "offline": 3}),
        (SOUTH, 60, 1, {}),
    ]
    assert reader.watched(NOON, NOON + 120, "minute", Camera("lock", "none")) == []


def test_nothing_watched_is_no_span(place: str, reader: Reader) -> None:
    written(place, up())
    assert reader.spans(NOON, NOON + 3600, "minute") == reader.spans(NOON, NOON + 3600, "day", NORTH) == []


def test_cameras(place: str, reader: Reader) -> None:
    written(place, up("south", phase="offline", trouble="refused", last_frame=None), minute(camera="new"))
    written(place, up(), box="quay")
    found = reader.cameras()
    assert [each.camera for each in found] == [("lock", "new"), ("lock", "south"), ("quay", "north")]
    assert [(each.phase, each.trouble, each.last_frame, each.seen) for each in found] == [
        (None, None, None, NOON),
        ("offline", "refused", None, NOON),
        ("up", None, NOON, NOON),
    ]


def test_the_first_record_of_a_camera(place: str, reader: Reader) -> None:
    """It began 20 s after the second minute; of south nothing is known yet."""
    written(place, up("south", 1), minute(3, 2), minute(1, 3, seconds=40.0), minute(3, 4, "quay"), minute(5, 5, "quay"))
    firsts = {each.camera.name: each.first for each in reader.cameras()}
    assert firsts == {"north": NOON + 80, "quay": NOON + 180, "south": None}


def test_settings(place: str, reader: Reader) -> None:
    for number, fps in enumerate((2, 5)):
        written(place, SettingsRecord(settings={"fps": fps}, at=NOON + number, revision=number))
    assert [(each.at - NOON, each.settings) for each in reader.settings("lock")] == [(1, {"fps": 5}), (0, {"fps": 2})]
    assert reader.settings("other") == []


def test_reading_while_somebody_writes(place: str, reader: Reader) -> None:
    """Both see a whole state, and neither waits for the other."""
    with Store(place, "lock") as store:
        for number in range(50):
            store.write([passing(number), minute(number)])
            assert len(reader.passages().passages) == number + 1
            assert sum(each.passages for each in reader.spans(NOON, NOON + 3600, "hour")) == number + 1


def test_reading_makes_no_store(tmp_path: Path) -> None:
    with Reader(str(tmp_path / "river.db")) as reader, pytest.raises(StoreError, match="no store at .*river.db"):
        reader.cameras()
    assert not list(tmp_path.iterdir())


def test_a_server_that_was_started_again_is_asked_again(postgres: PostgresServer) -> None:
    place = postgres.database()
    written(place, up())
    with Reader(place) as reader:
        assert len(reader.cameras()) == 1
        postgres.stop()
        with pytest.raises(StoreError, match="refused"):
            reader.cameras()
        postgres.start()
        assert len(reader.cameras()) == 1
        postgres.stop()
        postgres.start()
        assert len(reader.cameras()) == 1
