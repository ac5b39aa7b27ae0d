"""A river with a day that can be foretold, and pages that show it on a real socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from stream.configuration.outputs import Retention
from stream.sinks.snapshots import Snapshots
from stream.store.reading import Reader
from stream.store.records import CurveRecord, MinuteRecord, PassageRecord, Record, SettingsRecord
from stream.store.seen import Camera
from stream.store.store import Store
from stream.web.live import Live
from stream.web.moments import Zone
from stream.web.room import Room
from stream.web.settings import WebSettings
from stream.web.web import Web
from tests.factories import rippled
from tests.stream.store.makers import NOON, minute, passage, up

TOKEN = "correct-horse-battery"  # noqa: S105
BERLIN = Zone(ZoneInfo("Europe/Berlin"))
NORTH, SOUTH = Camera("lock", "north"), Camera("lock", "south")
HOSTILE = Camera("lock", "=1+1<script>alert(1)</script>\"'/../..%2f\n")
"""A name that no configuration lets pass; a store may hold it."""
MIDNIGHT = NOON - 13 * 3600
"""Of the same day in Berlin."""
NOW = NOON + 6 * 3600
"""19:00 in Berlin."""
SHIPS = 9
SAILING = [("south" if number % 3 == 2 else "north", -240 + 45 * number) for number in range(SHIPS)]
"""Camera, and minutes after noon (UTC)."""


def records() -> list[Record]:
    """Of 25 November in Berlin, up to 19:00: north sees all but the dark until 7 and twenty minutes at 10:00; south begins at 9:00."""
    found: list[Record] = [
        up("north", at=NOW - 1, last_frame=NOW - 2.5),
        up("south", at=NOW - 1, phase="offline", trouble="connection refused", last_frame=NOW - 400),
    ]
    first = int(MIDNIGHT - NOON) // 60
    for number in range(first, int(NOW - NOON) // 60):
        dark = 60.0 if number < first + 7 * 60 else 0.0
        ended = sum(SAILING[each] == ("north", number) for each in range(SHIPS))
        unknown: dict[str, float] = {"dark": dark} if dark else {}
        if first + 600 <= number < first + 620:
            unknown = {"offline": 60.0}
        found.append(minute(number, camera="north", unknown=unknown, ship_s=20.0 * ended, passages=ended))
        if number >= first + 9 * 60:
            ended = sum(SAILING[each] == ("south", number) for each in range(SHIPS))
            found.append(minute(number, camera="south", ship_s=20.0 * ended, passages=ended))
    for number in range(SHIPS):
        name, at = SAILING[number]
        ship_of = passage(
            at,
            name,
            length_s=20.0 + 40 * number,
            end_time=NOON + 60.0 * at + 20 + 40 * number,
            top_score=0.9 + number / 100,
            has_snapshot=True,
        )
        found.append(PassageRecord(passage=ship_of))
        scores = bytes(min(250, 40 + 10 * each if each < 20 else 440 - 10 * each) for each in range(40))
        found.append(CurveRecord(passage=ship_of.id, begin=-5.0, step=(30.0 + 40 * number) / 39, scores=scores.hex()))
    return [each.model_copy(update={"revision": number}) for number, each in enumerate(found, 1)]


def fill(place: str, *more: Record) -> None:
    settings = {"cameras": {"north": {"zones": {"channel": [[0.1, 0.5], [0.9, 0.5], [0.9, 0.9]]}}}}
    ran = SettingsRecord(settings=settings, at=NOON, revision=10**6)
    with Store(place, "lock", now=lambda: NOW - 1) as store:
        store.write([*records(), ran, *more])


def hostile() -> list[Record]:
    """As if somebody had written into the store what no watch would."""
    name = HOSTILE.name
    return [
        up(name, at=NOW - 1, trouble="<img src=x onerror=alert(2)>"),
        MinuteRecord(
            camera=name,
            minute=NOON // 60,
            part=1,
            seconds=60.0,
            unknown={"<b>no</b>": 60.0},
            ship_s=0.0,
            frames=1,
            passages=1,
            revision=10**7,
        ),
        PassageRecord(
            passage=passage(7, name, id="../../etc/passwd", zones=('"><script>alert(3)</script>', "=cmd()")),
            revision=10**7,
        ),
    ]


def pictures(folder: Path) -> Path:
    """A snapshot of each ship but the first."""
    snapshots = Snapshots(folder, Retention(free_mb=0))
    for each in records():
        if isinstance(each, PassageRecord) and each.passage.id != records_first():
            snapshots.save(each.passage.camera, each.passage.id, rippled(130, 640, 360))
    return folder


def records_first() -> str:
    return next(each.passage.id for each in records() if isinstance(each, PassageRecord))


@contextmanager
def served(
    place: str, live: Live | None = None, snapshots: Path | None = None, now: float = NOW, **settings: Any
) -> Iterator[Web]:
    """Pages at a free port; it is `now` there."""
    chosen = WebSettings(**{"listen": "127.0.0.1:0", **settings})
    with Reader(place) as reader, Web(chosen, Room(reader, BERLIN, live, snapshots, lambda: now)) as web:
        web.start()
        yield web


@contextmanager
def client(web: Web, **options: Any) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=web.address, timeout=20, trust_env=False, **options) as asking:
        yield asking
