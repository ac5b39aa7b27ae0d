"""What is old goes, and nothing else."""

import pytest

from models.errors import UsageError
from stream.store.forgetting import forget, forget_box
from stream.store.reading import Reader
from stream.store.records import CurveRecord, Record, SettingsRecord
from stream.store.seen import Camera
from stream.store.store import Store
from tests.stream.store.makers import NOON, minute, passing, rows, under_way, up


def test_old_passages_and_minutes_go(place: str) -> None:
    """Two days, of which one stays; more than one transaction takes."""
    with Store(place, "lock") as store:
        store.write([SettingsRecord(settings={}, at=0.0, revision=1), up()])
        store.write([passing(number, camera=name) for number in range(1500) for name in ("north", "south")])
        store.write([minute(number, camera=name) for number in range(2880) for name in ("north", "south")])
    gone = forget(place, NOON + 24 * 3600 + 1000)
    # A passage lasts half a minute, so that of the last minute was seen later.
    assert gone == {"passages": 2 * (24 * 60 + 17), "minutes": 2 * 24 * 60, "hours": 2 * 24}
    assert rows(place, "SELECT min(start_time) FROM passages") == [(NOON + 60.0 * (24 * 60 + 17),)]
    with Reader(place) as reader:
        (first, *_) = reader.spans(0, NOON + 10**7, "minute")
        assert first.begin == NOON + 24 * 3600
        assert sum(each.passages for each in reader.spans(0, NOON + 10**7, "hour")) == 2 * 24 * 60
        assert len(reader.cameras()) == 2
        assert len(reader.settings("lock")) == 1
    assert forget(place, NOON + 24 * 3600 + 1000) == {"passages": 0, "minutes": 0, "hours": 0}


def test_a_passage_that_lasts_stays(place: str) -> None:
    with Store(place, "lock") as store:
        store.write(
            [
                under_way(0).model_copy(
                    update={"passage": under_way(0).passage.model_copy(update={"frame_time": NOON + 5000.0})}
                )
            ]
        )
    assert forget(place, NOON + 4000)["passages"] == 0
    assert forget(place, NOON + 6000)["passages"] == 1


def test_scores_go_with_their_passages(place: str) -> None:
    with Store(place, "lock") as store:
        for number in range(4):
            ship = passing(number)
            store.write([ship, CurveRecord(passage=ship.passage.id, begin=0.0, step=1.0, scores="00ff")])
    assert forget(place, NOON + 100)["passages"] == 2
    assert rows(place, "SELECT id FROM curves ORDER BY id") == rows(place, "SELECT id FROM passages ORDER BY id")
    assert rows(place, "SELECT count(*) FROM curves") == [(2,)]


def test_others_write_meanwhile(place: str) -> None:
    from threading import Thread

    with Store(place, "lock") as store:
        store.write([minute(number, camera=f"c{camera}") for number in range(1440) for camera in range(4)])
        thread = Thread(target=forget, args=(place, NOON + 10**6))
        thread.start()
        written = 0
        while thread.is_alive() or written < 10:
            store.write([passing(100_000 + written)])
            written += 1
        thread.join()
    assert rows(place, "SELECT count(*) FROM passages") == [(written,)]
    assert rows(place, "SELECT count(*) FROM minutes") == [(0,)]


def two_boxes(place: str) -> None:
    """With two cameras each, and more passages than go in one transaction."""
    for box in ("lock", "weir"):
        records: list[Record] = [SettingsRecord(settings={}, at=0.0, revision=1), up("north"), up("south")]
        for number in range(1200):
            ship = passing(number, camera="north" if number < 1100 else "south")
            records += [ship, CurveRecord(passage=ship.passage.id, begin=0.0, step=1.0, scores="00ff")]
        records += [minute(number, camera=name) for number in range(90) for name in ("north", "south")]
        with Store(place, box) as store:
            store.write(records)


def test_a_camera_that_is_gone_can_be_forgotten(place: str) -> None:
    two_boxes(place)
    gone = {"passages": 1100, "minutes": 90, "hours": 2, "cameras": 1}
    assert forget_box(place, "lock", "north") == gone
    with Reader(place) as reader:
        left = [("lock", "south"), ("weir", "north"), ("weir", "south")]
        assert [each.camera for each in reader.cameras()] == [Camera(*each) for each in left]
        assert reader.passages(Camera("lock", "south"), limit=1000).older is None
        assert len(reader.settings("lock")) == 1
    assert rows(place, "SELECT count(*) FROM passages") == rows(place, "SELECT count(*) FROM curves") == [(1300,)]


def test_a_box_that_is_gone_can_be_forgotten(place: str) -> None:
    two_boxes(place)
    assert forget_box(place, "lock") == {"passages": 1200, "minutes": 180, "hours": 4, "cameras": 2}
    for table in ("boxes", "settings"):
        assert rows(place, f"SELECT count(*) FROM {table}") == [(1,)]
    assert rows(place, "SELECT count(*) FROM passages") == rows(place, "SELECT count(*) FROM curves") == [(1200,)]
    with Reader(place) as reader:
        assert {each.camera.box for each in reader.cameras()} == {"weir"}


def test_what_is_still_watched_comes_back(place: str) -> None:
    with Store(place, "lock") as store:
        store.write([up(), passing(1), minute(0)])
        forget_box(place, "lock")
        store.write([up(revision=2), passing(2, 2), minute(1, 2)])
    assert rows(place, "SELECT count(*) FROM passages") == rows(place, "SELECT count(*) FROM cameras") == [(1,)]


def test_a_name_that_is_not_there_is_told_with_those_that_are(place: str) -> None:
    two_boxes(place)
    with pytest.raises(UsageError, match="no box 'dam'; it has: lock, weir"):
        forget_box(place, "dam")
    with pytest.raises(UsageError, match="no camera 'east' of the box 'lock'; it has: north, south"):
        forget_box(place, "lock", "east")
    assert rows(place, "SELECT count(*) FROM cameras") == [(4,)]
