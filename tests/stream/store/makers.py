"""Records whose content can be foretold, and what a store holds of them."""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from stream.following.passage import Passage, PassageEvent
from stream.looking.detection import Detection, ModelId, View, seen
from stream.sources.frame import Frame
from stream.store.engine import engine_for, transaction
from stream.store.place import place_named
from stream.store.records import CameraRecord, MinuteRecord, PassageRecord

NOON = 1_795_608_000
"""2026-11-25, 12:00 UTC: seconds since 1970, the beginning of an hour."""
MINUTE = NOON // 60


def passage(number: int = 1, camera: str = "north", **changes: object) -> Passage:
    """One of half a minute, over, which began `number` minutes after noon."""
    start = NOON + 60.0 * number
    usual: dict[str, Any] = {
        "id": f"{start:.6f}-{camera}",
        "camera": camera,
        "start_time": start,
        "end_time": start + 30,
        "clock": "wall",
        "frame_time": start + 30,
        "length_s": 30.0,
        "ended": "left",
        "score": 0.8,
        "top_score": 0.95,
        "best_frame": 7,
        "best_time": 12.5,
        "start_media": 10.0,
        "box": (1, 2, 30, 40),
        "zones": ("channel", "lock"),
        "active": False,
    }
    return Passage(**{**usual, **changes})


def ended(number: int, camera: str = "north", **changes: object) -> PassageEvent:
    """The end of a passage."""
    return PassageEvent(type="end", before=None, after=passage(number, camera, **changes))


def frame(at: float, index: int = 0, camera: str = "north") -> Detection:
    """Without a ship, so many seconds after noon."""
    model = ModelId(name="none", sha256="0" * 64, precision="fp32")
    view = View(box=(0, 0, 32, 24), confidence=0.1)
    return seen(Frame(index, None, at, arrived=0.0, time=NOON + at), camera, model, (view,), 0.5, None)


def passing(number: int = 1, revision: int = 1, camera: str = "north", **changes: object) -> PassageRecord:
    return PassageRecord(revision=revision, passage=passage(number, camera, **changes))


def under_way(number: int = 1, revision: int = 1, camera: str = "north") -> PassageRecord:
    return passing(number, revision, camera, end_time=None, ended=None, active=True)


def minute(
    number: int = 0, revision: int = 1, camera: str = "north", part: int = 1, dark: float = 0.0, **changes: object
) -> MinuteRecord:
    """The one that begins `number` minutes after noon, of which `dark` seconds were so."""
    usual: dict[str, Any] = {
        "seconds": 60.0,
        "unknown": {"dark": dark} if dark else {},
        "ship_s": 5.0,
        "frames": 300,
        "passages": 1,
    }
    return MinuteRecord(camera=camera, minute=MINUTE + number, part=part, revision=revision, **{**usual, **changes})


def up(camera: str = "north", revision: int = 1, at: float = NOON, **changes: object) -> CameraRecord:
    usual: dict[str, Any] = {"phase": "up", "decoder": "software", "last_frame": at, "at": at, "connections": 1}
    return CameraRecord(camera=camera, revision=revision, **{**usual, **changes})


def rows(place: str, query: str) -> list[tuple[Any, ...]]:
    """What the tables hold."""
    there = place_named(place)
    engine = engine_for(there, write=False)
    try:
        with transaction(engine, there) as connection:
            return [tuple(row) for row in connection.execute(text(query))]
    finally:
        engine.dispose()


def whole(place: str) -> dict[str, list[tuple[Any, ...]]]:
    """All that a store holds, but for when a box was seen."""
    tables = {
        "boxes": "SELECT id, name FROM boxes ORDER BY id",
        "cameras": "SELECT * FROM cameras ORDER BY id",
        "passages": "SELECT * FROM passages ORDER BY box_id, id",
        "minutes": "SELECT * FROM minutes ORDER BY camera_id, minute, part",
        "hours": "SELECT * FROM hours ORDER BY camera_id, hour",
        "settings": "SELECT * FROM settings ORDER BY box_id, revision",
    }
    return {name: rows(place, query) for name, query in tables.items()}


def until(what: Callable[[], object], within: float = 15.0) -> None:
    deadline = time.monotonic() + within
    while not what():
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.02)
