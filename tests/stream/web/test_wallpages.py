"""What the wall and a camera's page say, without a browser."""

import re
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from stream.sources.status import Status
from stream.store.records import Record
from stream.store.store import Store
from stream.web.live import Live
from tests.factories import make_detection
from tests.stream.store.makers import NOON, minute, passing, under_way, up
from tests.stream.web.rooms import client, served

HOUR_S = 3600.0


def wall(tmp_path: Path, records: Sequence[Record], now: float, live: Live | None = None, path: str = "/") -> str:
    """What stands on it."""
    place = str(tmp_path / "river.db")
    with Store(place, "lock", now=lambda: now - 1) as store:
        store.write([each.model_copy(update={"revision": number}) for number, each in enumerate(records, 1)])
    with served(place, live, now=now) as web, client(web) as asking:
        return seen_text(asking.get(path))


def seen_text(answer: httpx.Response) -> str:
    """As people read it: without tags, and without what is hidden."""
    assert answer.status_code == 200
    shown = re.sub(r"<(p|span)[^>]* hidden>.*?</\1>", "", answer.text)
    return " ".join(re.sub(r"<[^>]*>", " ", shown).replace("\xa0", " ").split())


def test_of_a_box_that_runs_for_an_hour_the_hour_counts(tmp_path: Path) -> None:
    records: list[Record] = [up(at=NOON + HOUR_S), *(minute(number) for number in range(60) if number not in (20, 21))]
    assert "Seen of the last 1 h 96.7%" in wall(tmp_path, records, NOON + HOUR_S)


@pytest.mark.parametrize("offset", [0, 30])
def test_the_last_day_is_one_to_the_minute(tmp_path: Path, offset: int) -> None:
    """Blind for the hour up to a day ago, and for half an hour since."""
    first = 25 * 60 - offset
    records: list[Record] = [up(at=NOON)]
    records += [minute(-number, dark=60.0 if number > 24 * 60 or number <= 30 else 0.0) for number in range(1, first)]
    expected = 100 * (1 - 30 / (24 * 60))
    assert f"Seen of the last 24 h {expected:.1f}%" in wall(tmp_path, records, NOON)


def test_without_a_record_nothing_is_said(tmp_path: Path) -> None:
    assert "Seen \N{EN DASH}" in wall(tmp_path, [up(at=NOON)], NOON)


@pytest.mark.parametrize("path", ["/", "/camera?box=lock&camera=north"])
def test_why_a_camera_is_down_is_said_once(tmp_path: Path, path: str) -> None:
    live = Live("lock")
    live.look(make_detection(0.0, None, reason="offline"), None)
    live.states({"north": Status(phase="offline", trouble="refused")})
    said = wall(tmp_path, [up(at=NOON)], NOON, live, path)
    assert said.count("no connection") == 1
    assert "refused" in said
    assert "not seen" not in said


def test_why_a_camera_gives_no_frames_is_said_once(tmp_path: Path) -> None:
    live = Live("lock")
    live.states({"north": Status(phase="stalled", trouble="no frame for 5 s")})
    said = wall(tmp_path, [up(at=NOON)], NOON, live)
    assert (said.count("no frames"), said.count("no frame for")) == (1, 0)


def test_a_picture_that_has_not_come_yet_is_another_matter_than_none_here(tmp_path: Path) -> None:
    live = Live("lock")
    live.states({"north": Status()})
    said = wall(tmp_path, [up("south", at=NOON), up(at=NOON)], NOON, live)
    assert said.count("No picture has come yet") == said.count("No live picture here") == 1


def test_the_day_of_a_new_camera_begins_with_it(tmp_path: Path) -> None:
    """At 13:00 in Berlin, not at midnight; a gap later on is one."""
    records: list[Record] = [up(at=NOON + HOUR_S), *(minute(number) for number in range(60) if not 20 <= number < 26)]
    said = wall(tmp_path, records, NOON + HOUR_S, path="/log?box=lock&camera=north")
    assert "Seen 90.0% 54 min / 1 h since 13:00" in said
    assert "Not seen: not watched 6 min" in said
    assert said.count("not seen") == 1
    assert "13:20\N{EN DASH}13:26 not seen: not watched, 6 min" in said


def test_what_was_seen_and_what_was_not_are_all_of_the_time(tmp_path: Path) -> None:
    """Outages shorter than a minute too."""
    recorded = {3: 22.0, 30: 15.0, 31: 0.0, 32: 41.0}
    records: list[Record] = [up(at=NOON + HOUR_S)]
    records += [minute(each, seconds=recorded.get(each, 60.0), dark=10.0 if each == 40 else 0.0) for each in range(60)]
    said = wall(tmp_path, records, NOON + HOUR_S, path="/log?box=lock&camera=north")
    assert "Seen 95.2% 57 min 08 s / 1 h" in said
    assert "Not seen: not watched 2 min 42 s" in said
    assert "Not seen: too dark 10 s" in said
    assert "13:30\N{EN DASH}13:32 not seen: not watched, 2 min 04 s" in said


def test_only_what_has_ended_counts_and_that_is_said(tmp_path: Path) -> None:
    records: list[Record] = [up(at=NOON + HOUR_S), minute(1), passing(1), under_way(50)]
    for path in ("/day", "/log?box=lock&camera=north", "/camera?box=lock&camera=north"):
        assert "1 + 1 under way" in wall(tmp_path, records, NOON + HOUR_S, path=path), path
    assert "A passage counts when it has ended." in wall(tmp_path, records, NOON + HOUR_S, path="/counts")


def test_what_is_gone_for_a_day_is_left_off_unless_asked_for(tmp_path: Path) -> None:
    day = 24 * HOUR_S
    records: list[Record] = [
        up("ended", at=NOON - day - 1, phase="ended"),
        up("silent", at=NOON - day - 1),
        up("late", at=NOON - day + 60, phase="ended"),
        up(at=NOON),
        minute(-25 * 60, camera="ended"),
    ]
    said = wall(tmp_path, records, NOON)
    assert ("ended" in said.replace("late ended", ""), "silent No" in said, "and 2 more that are gone" in said) == (
        False,
        False,
        True,
    )
    assert "late" in said
    every = wall(tmp_path, records, NOON, path="/?gone=1")
    assert all(name in every for name in ("ended", "silent", "late", "north"))
    assert "more that are gone" not in every
    assert "ended" not in wall(tmp_path, records, NOON, path="/day")
    assert "ended" in wall(tmp_path, records, NOON, path="/day?day=2026-11-24")


@pytest.mark.parametrize(("age", "phase"), [(15, "connected"), (22, "its box is silent")])
def test_a_box_that_says_nothing_is_noticed(tmp_path: Path, age: float, phase: str) -> None:
    assert phase in wall(tmp_path, [up(at=NOON)], NOON + age)


def test_what_decodes_a_pattern_has_no_name(tmp_path: Path) -> None:
    said = wall(tmp_path, [up(at=NOON, decoder="none")], NOON, path="/camera?box=lock&camera=north&lang=ru")
    assert "Декодер \N{EN DASH}" in said


def test_a_gap_that_lasts_ends_now(tmp_path: Path) -> None:
    records: list[Record] = [up(at=NOON + HOUR_S), *(minute(number) for number in range(50))]
    said = wall(tmp_path, records, NOON + HOUR_S + 30, path="/log?box=lock&camera=north")
    assert "13:50\N{EN DASH}now not seen: not watched, 10 min 30 s" in said


def test_log_and_gap_tell_one_length(tmp_path: Path) -> None:
    blind = {10: 12.0, 11: 60.0, 12: 60.0, 13: 17.0}
    records: list[Record] = [up(at=NOON + HOUR_S)]
    records += [minute(number, unknown={"offline": blind[number]} if number in blind else {}) for number in range(60)]
    said = wall(tmp_path, records, NOON + HOUR_S, path="/log?box=lock&camera=north")
    assert "Not seen: no connection 2 min 29 s" in said
    assert "13:11\N{EN DASH}13:13 not seen: no connection, 2 min 29 s" in said


def test_trouble_is_told_in_russian(tmp_path: Path) -> None:
    records = [up(at=NOON, phase="failed", trouble="codec x is unknown")]
    said = wall(tmp_path, records, NOON, path="/?lang=ru")
    assert "подробности по-английски: codec x is unknown" in said
