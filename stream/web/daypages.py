"""The day of a river on one time line, and the daily log of each camera."""

from collections import Counter
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from stream.store.page import Stored
from stream.store.reading import MOST
from stream.store.seen import Camera, CameraSeen
from stream.web.asked import WholeBox, WholeName
from stream.web.dayseen import DaySeen, day_seen, days_seen
from stream.web.desk import Desk
from stream.web.exports import file_name, pages
from stream.web.moments import FIRST, LAST, day_named
from stream.web.riverlog import as_csv, entries
from stream.web.room import Room
from stream.web.timeline import timeline

DRAWN = 250
"""Passages that are drawn by themselves: of more, the minutes with a ship are."""
LISTED = 50
Day = Annotated[str | None, Query(max_length=20, description="YYYY-MM-DD; today by itself.")]
NO_DAY = "There is no such day; a day is written YYYY-MM-DD."


def day_pages(desk: Desk) -> APIRouter:
    router = APIRouter()
    room, zone = desk.room, desk.room.zone

    @router.get("/day")
    def river(request: Request, day: Day = None) -> HTMLResponse:
        at = day_named(day, zone.day(room.now()))
        if at is None:
            return desk.trouble(request, 404, NO_DAY)
        begin, end = zone.begin(at), zone.end(at)
        rows = room.reader.watched(begin, end, "minute")
        page = room.reader.passages(None, begin, end, DRAWN)
        drawn = page.passages if page.older is None else None
        # A camera that was taken away long ago is of no interest on a day on which it did nothing.
        busy = {each.camera for each in rows} | {Camera(each.box, each.passage.camera) for each in page.passages}
        seen = room.reader.cameras()
        shown = {each.camera: each.first for each in seen if each.camera in busy or _there(each, begin, end)}
        days = days_seen(shown, rows, begin, end, room.now())
        return desk.page(
            request,
            "day",
            day=at,
            line=timeline(days, drawn, begin, end, zone),
            passages=page.passages[:LISTED],
            more=page.older is not None or len(page.passages) > LISTED,
            end=end,
            begin=begin,
            watched=bool(rows),
            lasting=Counter(Camera(each.box, each.passage.camera) for each in page.passages if each.passage.active),
            boxes=len({each.box for each in shown}) > 1,
            **_beside(at, zone.day(room.now())),
        )

    @router.get("/log")
    def log(request: Request, box: WholeBox, camera: WholeName, day: Day = None) -> HTMLResponse:
        at = day_named(day, zone.day(room.now()))
        if at is None:
            return desk.trouble(request, 404, NO_DAY)
        one = Camera(box, camera)
        found = room.camera(one)
        if found is None:
            return desk.trouble(request, 404, "There is no such camera.")
        begin, end, seen = _seen(room, one, at, found.first)
        page = room.reader.passages(one, begin, end, MOST)
        return desk.page(
            request,
            "log",
            camera=one,
            day=at,
            seen=seen,
            begin=begin,
            end=end,
            entries=entries(seen, page.passages),
            passages=sum(not each.passage.active for each in page.passages),
            lasting=sum(each.passage.active for each in page.passages),
            cut=page.older is not None,
            pictures={each.passage.id for each in page.passages if _pictured(room, each)},
            **_beside(at, zone.day(room.now())),
        )

    @router.get("/log.csv")
    def log_csv(request: Request, box: WholeBox, camera: WholeName, day: Day = None) -> Response:
        at = day_named(day, zone.day(room.now()))
        if at is None:
            return desk.trouble(request, 404, NO_DAY)
        one = Camera(box, camera)
        known = room.camera(one)
        begin, end, seen = _seen(room, one, at, None if known is None else known.first)
        found = [each for page in pages(room.reader, one, begin, end) for each in page]
        content = as_csv(seen, entries(seen, found), zone)
        name = file_name("river-log", box, camera, at.isoformat())
        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return Response(content, media_type="text/csv; charset=utf-8", headers=headers)

    return router


def _there(seen: CameraSeen, begin: float, end: float) -> bool:
    return seen.first is not None and seen.first < end and (seen.at or 0.0) >= begin


def _seen(room: Room, camera: Camera, day: date, first: float | None) -> tuple[float, float, DaySeen]:
    """When the day begins and ends, and what was seen of it."""
    begin, end = room.zone.begin(day), room.zone.end(day)
    rows = room.reader.watched(begin, end, "minute", camera)
    return begin, end, day_seen(camera, rows, begin, end, room.now(), first)


def _pictured(room: Room, stored: Stored) -> bool:
    return room.snapshot(stored.passage.camera, stored.passage.id) is not None


def _beside(day: date, today: date) -> dict[str, Any]:
    """The days before and after, where there are any."""
    return {
        "before": day - timedelta(days=1) if day > FIRST else None,
        "after": day + timedelta(days=1) if day < min(today, LAST) else None,
    }
