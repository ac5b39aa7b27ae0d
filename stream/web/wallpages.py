"""The wall of cameras, and the page of each."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from models.errors import StoreError
from stream.store.page import Stored
from stream.store.seen import Camera, CameraSeen
from stream.store.watched import Watched
from stream.web.answers import CameraAnswer, camera_answer
from stream.web.asked import WholeBox, WholeName
from stream.web.dayseen import DaySeen, day_seen
from stream.web.desk import Desk, address
from stream.web.room import Room, is_gone

LATEST = 12
HOUR_S = 3600
DAY_S = 24 * HOUR_S


@dataclass(frozen=True, slots=True)
class Covered:
    """`share`, 0 to 1, of the last `length` seconds."""

    share: float
    length: float


def wall_pages(desk: Desk) -> APIRouter:
    router = APIRouter()
    room = desk.room

    @router.get("/")
    def wall(request: Request, gone: bool = False) -> HTMLResponse:
        """Shows the cameras of this watch also while its store is away. `gone`: those too of which nothing was told for a day."""
        seen: Sequence[CameraSeen] = ()
        passages: Sequence[Stored] = ()
        coverage: Mapping[Camera, Covered] = {}
        trouble = None
        try:
            seen, passages = room.reader.cameras(), room.reader.passages(limit=LATEST).passages
            coverage = _last_day(room, seen)
        except StoreError as error:
            if room.live is None:
                raise
            trouble = str(error)
        every = (*seen, *room.unknown(seen))
        shown = [each for each in every if gone or not is_gone(room, each)]
        return desk.page(
            request,
            "wall",
            cards=[
                (each.camera, camera_answer(room, each), coverage.get(each.camera), room.sight(each.camera) is not None)
                for each in shown
            ],
            passages=passages,
            trouble=trouble,
            left_out=len(every) - len(shown),
            clock=room.now() + room.zone.offset(room.now()),
            boxes=len({each.camera.box for each in shown}) > 1,
        )

    @router.get("/camera")
    def camera(request: Request, box: WholeBox, camera: WholeName) -> HTMLResponse:
        one = Camera(box, camera)
        found = room.camera(one)
        if found is None:
            return desk.trouble(request, 404, "There is no such camera.")
        passages = room.reader.passages(one, limit=LATEST).passages
        ran = room.reader.settings(box, limit=1)
        answer = camera_answer(room, found)
        days = [room.zone.day(room.now()) - timedelta(days=back) for back in range(7)]
        return desk.page(
            request,
            "camera",
            camera=one,
            answer=answer,
            begin=room.zone.begin(days[0]),
            day=_today(room, found),
            passages=passages,
            zones=_zones(ran[0].settings if ran else {}, camera),
            picture=_picture(room, answer, passages),
            days=days,
        )

    return router


def _last_day(room: Room, seen: Sequence[CameraSeen]) -> dict[Camera, Covered]:
    """What cameras saw of the last 24 hours, or of the time since their first record."""
    now = room.now()
    begin = now - DAY_S
    whole = math.ceil(begin / HOUR_S) * HOUR_S
    seconds: dict[Camera, float] = {}
    for row in (*room.reader.watched(begin, whole, "minute"), *room.reader.watched(whole, now, "hour")):
        seconds[row.camera] = seconds.get(row.camera, 0.0) + row.seconds - row.blind_s
    return {
        each.camera: Covered(min(1.0, seconds.get(each.camera, 0.0) / length), length)
        for each in seen
        if each.first is not None and (length := now - max(begin, each.first)) > 0
    }


def _today(room: Room, seen: CameraSeen) -> DaySeen:
    now = room.now()
    begin, end = (at(room.zone.day(now)) for at in (room.zone.begin, room.zone.end))
    rows: list[Watched] = room.reader.watched(begin, end, "minute", seen.camera)
    return day_seen(seen.camera, rows, begin, end, now, seen.first)


def _zones(settings: Mapping[str, Any], camera: str) -> dict[str, list[list[float]]]:
    """As its box ran with last; whatever is no zone is left out."""
    cameras = settings.get("cameras")
    said = cameras.get(camera) if isinstance(cameras, dict) else None
    zones = said.get("zones") if isinstance(said, dict) else None
    return zones if isinstance(zones, dict) else {}


def _picture(room: Room, answer: CameraAnswer, passages: Sequence[Stored]) -> str | None:
    """Address of something to draw zones on: the live picture, or the newest snapshot."""
    if answer.picture is not None:
        return address("/api/v1/camera/picture.jpg", Camera(answer.box, answer.name), boxes="false")
    for each in passages:
        if room.snapshot(each.passage.camera, each.passage.id) is not None:
            return address("/api/v1/passage/snapshot.jpg", box=each.box, id=each.passage.id)
    return None
