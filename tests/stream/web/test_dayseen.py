"""Gaps: when nothing was seen, and why."""

from collections.abc import Iterable

import pytest

from stream.store.seen import Camera
from stream.store.watched import Watched
from stream.web.dayseen import UNWATCHED, DaySeen, Gap, day_seen, days_seen

NORTH, SOUTH = Camera("lock", "north"), Camera("lock", "south")
HOUR = 3600.0


def row(number: int, seconds: float = 60.0, camera: Camera = NORTH, ship: float = 0.0, **blind: float) -> Watched:
    return Watched(camera, 60.0 * number, seconds, sum(blind.values()), ship, 0, blind)


def seen(
    rows: Iterable[Watched], end: float = HOUR, now: float = 10 * HOUR, first: float | None = -HOUR, begin: float = 0.0
) -> DaySeen:
    return day_seen(NORTH, rows, begin, end, now, first)


def test_all_was_seen() -> None:
    day = seen(row(number) for number in range(60))
    assert (day.share, day.gaps, day.blind) == (1.0, (), {})


def test_what_nobody_watched_is_a_gap() -> None:
    day = seen([row(number) for number in range(60) if not 10 <= number < 25])
    assert day.gaps == (Gap(600, 1500, UNWATCHED, 900),)
    assert day.share == 0.75
    assert day.blind == {UNWATCHED: 900}
    assert seen([]).gaps == (Gap(0, HOUR, UNWATCHED, HOUR),)


def test_gaps_have_the_reason_that_weighs_most_and_join_where_it_is_the_same() -> None:
    rows = [row(0, dark=50, offline=10), row(1, dark=60), row(2, offline=60), row(3, frozen=40), row(4, frozen=20)]
    day = seen(rows, end=300)
    assert day.gaps == (
        Gap(0, 120, "dark", 110),
        Gap(120, 180, "offline", 60),
        Gap(180, 240, "frozen", 60),  # with those of the minute after it, of which most was seen
    )
    assert list(day.blind.items()) == [("dark", 110), ("offline", 70), ("frozen", 60)]
    assert day.seen_s == 60


def test_a_gap_has_one_length_to_the_second() -> None:
    """Of an outage from 48 s after a minute to 12 s after another one, the day and the gap say the same."""
    rows = [row(0), row(1, offline=12), row(2, offline=60), row(3, offline=60), row(4, offline=12), row(5)]
    day = seen(rows, end=360)
    assert day.gaps == (Gap(120, 240, "offline", 144),)
    assert day.blind == {"offline": 144}


def test_what_two_gaps_have_beside_them_counts_once() -> None:
    rows = [row(0, offline=60), row(1, offline=20), row(2, offline=60)]
    assert [each.seconds for each in seen(rows, end=180).gaps] == [80, 60]


def test_all_of_the_time_is_accounted_for() -> None:
    """Seen, blind and not watched together are its length: of whole gaps, and of moments that are none."""
    rows = [row(0), row(1, 45, dark=8), row(2, 10), row(4, 45), *(row(number) for number in range(5, 9))]
    day = seen(rows, end=720, now=8 * 60 + 75)
    assert day.length == 540, "what is younger may come yet"
    assert day.blind == {UNWATCHED: 15 + 50 + 60 + 15, "dark": 8}
    assert day.seen_s + sum(day.blind.values()) == day.length
    assert day.gaps == (Gap(120, 240, UNWATCHED, 15 + 50 + 60 + 15),)


def test_minutes_that_are_short_by_a_breath_are_whole() -> None:
    assert seen([row(number, 59.99) for number in range(60)]).blind == {}


def test_before_the_first_record_nothing_is_missing() -> None:
    """It began at 20 s after minute 30; what it did not see later on is missing all the same."""
    rows = [row(30, 40), *(row(number) for number in range(31, 60) if not 40 <= number < 45)]
    day = seen(rows, first=1820)
    assert (day.first, day.length, day.gaps) == (1820, 1780, (Gap(2400, 2700, UNWATCHED, 300),))
    assert day.share == pytest.approx(1480 / 1780)
    assert (seen([], first=2 * HOUR).gaps, seen([], first=2 * HOUR).share) == ((), None)
    assert (seen([], first=None).gaps, seen([], first=None).share) == ((), None)
    assert seen([row(60)], begin=HOUR, end=HOUR + 60, first=1820).first == HOUR, "it is an old one on the next day"


def test_parts_of_a_minute_are_one() -> None:
    day = seen([row(0, 20), row(0, 30), row(1)], end=120)
    assert day.gaps == ()
    assert day.seen_s == 110


def test_a_camera_that_is_looked_at_seldom_sees_on() -> None:
    """Every two minutes: the store counts all of them in the minute in which it looked."""
    assert seen([row(number, 120.0) for number in range(0, 60, 2)]).gaps == ()
    assert seen([row(0, 120.0)], end=300).gaps == (Gap(120, 300, UNWATCHED, 180),)


def test_what_is_yet_to_come_is_no_gap() -> None:
    rows = [row(number) for number in range(30)]
    assert seen(rows, now=1800).share == 1.0
    assert seen(rows, now=1800).gaps == seen(rows, now=1818).gaps == ()
    assert seen(rows, now=1850).gaps == (Gap(1800, 1850, UNWATCHED, 50),)
    assert (seen([], now=-5).share, seen([], now=-5).gaps) == (None, ())


def test_ships_are_minutes_in_a_row() -> None:
    day = seen([row(number, ship=5.0 if number in (3, 4, 9) else 0.0) for number in range(60)])
    assert [(each.begin, each.end) for each in day.ships] == [(180, 300), (540, 600)]
    assert day.ship_s == 15


@pytest.mark.parametrize("cameras", [(NORTH, SOUTH), (SOUTH,), ()])
def test_each_camera_has_its_own_day(cameras: tuple[Camera, ...]) -> None:
    days = days_seen(dict.fromkeys(cameras, 0.0), [row(0), row(0, camera=SOUTH, dark=60)], 0, 60, HOUR)
    assert [each.camera for each in days] == list(cameras)
    assert {each.camera: each.share for each in days} == {each: {NORTH: 1.0, SOUTH: 0.0}[each] for each in cameras}
