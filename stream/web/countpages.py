"""Passages by hour or day, with the coverage that goes with each count."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from stream.store.seen import Camera, CameraSeen
from stream.store.spans import Span
from stream.web.asked import Box, Name, Pick, only_known, picked
from stream.web.daypages import NO_DAY, Day
from stream.web.desk import Desk
from stream.web.moments import FIRST, LAST, Zone, day_named
from stream.web.room import Room

SHOWN = {"hour": 3, "day": 31}
"""Days on one page."""


@dataclass(frozen=True, slots=True)
class Bar:
    """An hour or a day. `share`: of all its time so far, and of all cameras that were there, what was seen; None: it is yet to come, or lies before the first record.

    `height`: 0 to 1, of the highest.
    """

    begin: float
    end: float
    passages: int
    ship_s: float
    share: float | None
    height: float


def count_pages(desk: Desk) -> APIRouter:
    router = APIRouter(dependencies=[Depends(only_known)])
    room, zone = desk.room, desk.room.zone

    @router.get("/counts")
    def counts(
        request: Request,
        by: Annotated[Literal["hour", "day"], Query()] = "day",
        last: Day = None,
        box: Box = None,
        camera: Name = None,
        pick: Pick = None,
    ) -> HTMLResponse:
        today = zone.day(room.now())
        at = day_named(last, today)
        if at is None:
            return desk.trouble(request, 404, NO_DAY)
        one = picked(pick, box, camera)
        seen = room.reader.cameras()
        first = max(FIRST, at - timedelta(days=SHOWN[by] - 1))
        bars = _bars(room, by, first, at, one, seen)
        return desk.page(
            request,
            "counts",
            by=by,
            bars=bars,
            camera=one,
            cameras=[each.camera for each in seen],
            boxes=len({each.camera.box for each in seen}) > 1,
            first=first,
            last=at,
            total=sum(each.passages for each in bars),
            before=first - timedelta(days=1) if first > FIRST else None,
            after=min(today, at + timedelta(days=SHOWN[by])) if at < min(today, LAST) else None,
        )

    return router


def _bars(
    room: Room, by: Literal["hour", "day"], first: date, last: date, camera: Camera | None, seen: list[CameraSeen]
) -> list[Bar]:
    zone, now = room.zone, room.now()
    begin, end = zone.begin(first), zone.end(last)
    spans = {each.begin: each for each in room.reader.spans(begin, end, by, camera, zone.info)}
    # One that was taken away before cannot be missed, nor can what was before the first record.
    firsts = [
        each.first
        for each in seen
        if each.first is not None and (each.camera == camera if camera else each.at is None or each.at >= begin)
    ]
    highest = max((each.passages for each in spans.values()), default=0)
    return [_bar(spans.get(at), at, until, firsts, highest, now) for at, until in _stretches(zone, by, begin, end)]


def _bar(span: Span | None, begin: float, end: float, firsts: list[float], highest: int, now: float) -> Bar:
    possible = sum(max(0.0, min(end, now) - max(begin, first)) for first in firsts)
    seen_s = 0.0 if span is None else span.seconds - sum(span.unknown.values())
    return Bar(
        begin=begin,
        end=end,
        passages=0 if span is None else span.passages,
        ship_s=0.0 if span is None else span.ship_s,
        share=min(1.0, seen_s / possible) if possible > 0 else None,
        height=span.passages / highest if span is not None and highest else 0.0,
    )


def _stretches(zone: Zone, by: Literal["hour", "day"], begin: float, end: float) -> list[tuple[float, float]]:
    found = []
    at = begin
    while at < end:
        until = at + 3600 if by == "hour" else zone.end(zone.day(at))
        found.append((at, until))
        at = until
    return found
