"""Gaps: when nothing was seen, and why."""

from collections.abc import Iterable

import pytest

from stream.store.seen import Camera
from stream.store.watched import Watched
from stream.web.dayseen import UNWATCHED, DaySeen, Stretch, day_seen, days_seen

NORTH, SOUTH = Camera("lock", "north"), Camera("lock", "south")
HOUR = 3600.0


def row(number: int, seconds: float = 60.0, camera: Camera = NORTH, ship: float = 0.0, **blind: float) -> Watched:
    return Watched(camera, 60.0 * number, seconds, sum(blind.values()), ship, 0, blind)


def seen(rows: Iterable[Watched], end: float = HOUR, now: float = 10 * HOUR) -> DaySeen:
    return day_seen(NORTH, rows, 0.0, end, now)


def test_all_was_seen() -> None:
    day = seen(row(number) for number in range(60))
    assert (day.share, day.gaps, day.blind) == (1.0, (), {})


def test_what_nobody_watched_is_a_gap() -> None:
    day = seen([row(number) for number in range(60) if not 10 <= number < 25])
    assert day.gaps == (Stretch(600, 1500, UNWATCHED),)
    assert day.share == 0.75
    assert seen([]).gaps == (Stretch(0, HOUR, UNWATCHED),)


def test_gaps_have_the_reason_that_weighs_most_and_join_where_it_is_the_same() -> None:
    rows = [row(0, dark=50, offline=10), row(1, dark=60), row(2, offline=60), row(3, frozen=40), row(4, frozen=20)]
    day = seen(rows, end=300)
    assert day.gaps == (Stretch(0, 120, "dark"), Stretch(120, 180, "offline"), Stretch(180, 240, "frozen"))
    assert list(day.blind.items()) == [("dark", 110), ("offline", 70), ("frozen", 60)]
    assert day.seen_s == 60


def test_parts_of_a_minute_are_one() -> None:
    day = seen([row(0, 20), row(0, 30), row(1)], end=120)
    assert day.gaps == ()
    assert day.seen_s == 110


def test_a_camera_that_is_looked_at_seldom_sees_on() -> None:
    """Every two minutes: the store counts all of them in the minute in which it looked."""
    assert seen([row(number, 120.0) for number in range(0, 60, 2)]).gaps == ()
    assert seen([row(0, 120.0)], end=300).gaps == (Stretch(120, 300, UNWATCHED),)


def test_what_is_yet_to_come_is_no_gap() -> None:
    rows = [row(number) for number in range(30)]
    assert seen(rows, now=1800).share == 1.0
    assert seen(rows, now=1800).gaps == seen(rows, now=1808).gaps == ()
    assert seen(rows, now=1850).gaps == (Stretch(1800, 1850, UNWATCHED),)
    assert (seen([], now=-5).share, seen([], now=-5).gaps) == (None, ())


def test_ships_are_minutes_in_a_row() -> None:
    day = seen([row(number, ship=5.0 if number in (3, 4, 9) else 0.0) for number in range(60)])
    assert [(each.begin, each.end) for each in day.ships] == [(180, 300), (540, 600)]
    assert day.ship_s == 15


@pytest.mark.parametrize("cameras", [(NORTH, SOUTH), (SOUTH,), ()])
def test_each_camera_has_its_own_day(cameras: tuple[Camera, ...]) -> None:
    days = days_seen(cameras, [row(0), row(0, camera=SOUTH, dark=60)], 0, 60, HOUR)
    assert [each.camera for each in days] == list(cameras)
    assert {each.camera: each.share for each in days} == {each: {NORTH: 1.0, SOUTH: 0.0}[each] for each in cameras}
