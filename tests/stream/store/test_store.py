"""Writing: each record once, the newest wins, all of a transaction or none. The same on both kinds of store."""

import random
from pathlib import Path

import pytest

from models.errors import RecordRefused, StoreAway, StoreError, UsageError
from stream.store.records import BeginRecord, Record, SettingsRecord
from stream.store.store import Store
from tests.stream.store.makers import MINUTE, NOON, minute, passing, rows, under_way, up, whole

HOSTILE = [
    "'; DROP TABLE passages; --",
    'a"b',
    "Fähre ⛴",
    "../../etc/passwd",
    "%s %(x)s :y",
    "x" * 5000,
    "a\x00b",
    "",
    "{}",
]
ENDED = "SELECT active, ended, end_time, revision FROM passages"


def written(place: str, *records: Record, box: str = "lock") -> None:
    with Store(place, box, now=lambda: NOON) as store:
        store.write(records)


def test_what_was_written_is_there(place: str) -> None:
    written(place, passing(), minute(dark=2.5), up(trouble="slow"))
    assert rows(place, "SELECT name, seen FROM boxes") == [("lock", NOON)]
    assert rows(place, "SELECT name, phase, trouble, last_frame FROM cameras") == [("north", "up", "slow", NOON)]
    assert rows(place, "SELECT minute, part, seconds, blind_s, ship_s, frames FROM minutes") == [
        (MINUTE, 1, 60, 2.5, 5, 300)
    ]
    ((start, length, left, bottom, active),) = rows(
        place, "SELECT start_time, length_s, x_min, y_max, active FROM passages"
    )
    assert (start, length, left, bottom, bool(active)) == (NOON + 60, 30, 1, 40, False)


def test_writing_again_changes_nothing(place: str) -> None:
    records: list[Record] = [
        BeginRecord(at=NOON, revision=1),
        *(passing(number, 2 + number, camera) for number in range(20) for camera in ("north", "south")),
        *(minute(number, 50, camera) for number in range(130) for camera in ("north", "south")),
        up(revision=90),
        SettingsRecord(settings={"fps": 2}, at=NOON, revision=91),
    ]
    written(place, *records)
    before = whole(place)
    written(place, *records)
    for each in random.Random(1).sample(records, 40):
        written(place, each)
    assert whole(place) == before
    assert len(before["passages"]) == 40
    assert len(before["minutes"]) == 260


def test_the_newest_wins_in_whatever_order_they_come(place: str) -> None:
    old: list[Record] = [under_way(1, 10), minute(0, 11, frames=1), up(revision=12, phase="offline")]
    new: list[Record] = [passing(1, 20), minute(0, 21, frames=2), up(revision=22)]
    for box, batches in (("a", (old, new)), ("b", (new, old)), ("c", ([*new, *old],)), ("d", ([*old, *new],))):
        for batch in batches:
            written(place, *batch, box=box)
    assert {bool(active) for (active,) in rows(place, "SELECT active FROM passages")} == {False}
    assert {each for (each,) in rows(place, "SELECT frames FROM minutes")} == {2}
    assert {each for (each,) in rows(place, "SELECT frames FROM hours")} == {2}
    assert {each for (each,) in rows(place, "SELECT phase FROM cameras")} == {"up"}


def test_hours_are_sums_of_their_minutes(place: str) -> None:
    """A minute may have parts, after a new start; one that comes again with more counts with what it has last."""
    written(place, minute(0, 1, part=1, seconds=20.0, dark=20.0), minute(59, 1), minute(60, 1))
    written(
        place, minute(0, 2, part=1, seconds=30.0, dark=25.0), minute(0, 3, part=2, seconds=10.0, unknown={"offline": 4})
    )
    found = rows(place, "SELECT hour, seconds, blind_s, ship_s, frames, passages FROM hours ORDER BY hour")
    assert found == [(MINUTE // 60, 100, 29, 15, 900, 3), (MINUTE // 60 + 1, 60, 0, 5, 300, 1)]


def test_boxes_do_not_touch_each_other(place: str) -> None:
    """They may have cameras and passages of the same names."""
    written(place, under_way(1, 5), minute(frames=1), box="one")
    written(place, under_way(1, 6), minute(frames=2), BeginRecord(at=NOON, revision=99), box="two")
    assert rows(place, "SELECT count(*) FROM cameras") == [(2,)]
    found = rows(place, "SELECT name, active FROM passages JOIN boxes ON boxes.id = box_id ORDER BY name")
    assert [(name, bool(active)) for name, active in found] == [("one", True), ("two", False)]


def test_a_new_start_ends_what_a_kill_left_open(place: str) -> None:
    written(place, under_way(1, 5))
    written(place, BeginRecord(at=NOON, revision=10), under_way(2, 11))
    found = rows(place, f"{ENDED} ORDER BY start_time")
    assert [(bool(active), *rest) for active, *rest in found] == [
        (False, "stopped", NOON + 90, 10),
        (True, None, None, 11),
    ]
    written(place, under_way(1, 5), BeginRecord(at=NOON, revision=10))
    assert rows(place, f"{ENDED} ORDER BY start_time") == found


def test_what_a_kill_left_open_is_counted_once(place: str) -> None:
    """In the minute in which it was last seen; for the rest that minute stays as its watch told it."""
    tallies = "SELECT sum(passages), sum(seconds), sum(frames) FROM"
    written(place, under_way(1, 5), minute(1, 6))
    ((before, *rest),) = rows(place, f"{tallies} minutes")
    for _ in range(2):
        written(place, under_way(1, 5), minute(1, 6), BeginRecord(at=NOON, revision=10))
        for table in ("minutes", "hours"):
            assert rows(place, f"{tallies} {table}") == [(before + 1, *rest)]


def test_a_passage_that_waited_with_the_news_of_the_next_start_ends_too(place: str) -> None:
    written(place, BeginRecord(at=NOON, revision=10), under_way(1, 5))
    assert [bool(active) for active, *_ in rows(place, ENDED)] == [False]


def test_settings_are_kept_when_they_change(place: str) -> None:
    for number, fps in enumerate((2, 2, 5, 5, 2)):
        written(place, SettingsRecord(settings={"fps": fps}, at=NOON + number, revision=number))
    assert [at - NOON for (at,) in rows(place, "SELECT at FROM settings ORDER BY at")] == [0, 2, 4]


@pytest.mark.parametrize("camera", HOSTILE)
def test_hostile_names_are_names(place: str, camera: str) -> None:
    written(place, passing(camera=camera), minute(camera=camera), up(camera))
    ((name,),) = rows(place, "SELECT name FROM cameras")
    assert name == camera.replace("\x00", "\ufffd")[:500]
    assert rows(place, "SELECT count(*) FROM passages") == [(1,)]


@pytest.mark.parametrize("box", ["", "a\x00b", "x" * 501, "\ud800"])
def test_a_box_has_a_name_that_a_store_takes(box: str) -> None:
    with pytest.raises(UsageError, match="no box can be called"):
        Store("river.db", box)


def test_a_record_that_is_not_taken_leaves_nothing_of_its_transaction(place: str) -> None:
    wrong = minute(1, frames=2**70)
    with Store(place, "lock") as store:
        with pytest.raises(RecordRefused, match="does not take a record"):
            store.write([minute(0), passing(), wrong])
        store.write([up()])
    found = whole(place)
    assert (found["minutes"], found["hours"], found["passages"]) == ([], [], [])


def test_a_locked_file_is_away_and_not_for_long(tmp_path: Path) -> None:
    import sqlite3
    from time import monotonic

    place = str(tmp_path / "river.db")
    written(place, up())
    other = sqlite3.connect(place)
    other.execute("BEGIN IMMEDIATE")
    began = monotonic()
    with (
        Store(place, "lock", busy_s=0.2) as store,
        pytest.raises(StoreAway, match=r"river.db .* another program holds it"),
    ):
        store.write([minute()])
    assert 0.15 < monotonic() - began < 2
    other.close()
    written(place, minute())


@pytest.mark.parametrize("content", [b"this is no database, but a letter\n" * 100, b"\x00" * 8192])
def test_a_file_that_is_no_store_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(content)
    with Store(str(path), "lock") as store, pytest.raises(StoreError, match="letter.txt") as caught:
        store.write([minute()])
    assert not isinstance(caught.value, StoreAway)
    assert path.read_bytes() == content


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with (
        Store(str(tmp_path / "not" / "here.db"), "lock") as store,
        pytest.raises(StoreAway, match="is its folder there"),
    ):
        store.write([minute()])


@pytest.mark.parametrize(("fsync", "level"), [(False, 1), (True, 2)])
def test_a_file_is_written_ahead(tmp_path: Path, fsync: bool, level: int) -> None:
    place = str(tmp_path / "river.db")
    with Store(place, "lock", fsync) as store:
        store.write([minute()])
        with store._engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == level
