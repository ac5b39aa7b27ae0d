"""All passages, page by page, and each by itself; and all of them as a file."""

import importlib.util
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse

from models.errors import UsageError
from stream.store.seen import Camera
from stream.web.asked import Before, Box, Id, Name, Pick, WholeBox, only_known, picked
from stream.web.curve import drawn
from stream.web.desk import Desk
from stream.web.moments import FIRST, day_named

ROWS = 50
KINDS = ("csv", "json", "parquet")
"""Of files. Parquet is offered where its library is installed."""
Day = Annotated[str | None, Query(max_length=20, description="YYYY-MM-DD.")]


def passage_pages(desk: Desk) -> APIRouter:
    router = APIRouter(dependencies=[Depends(only_known)])
    room, zone = desk.room, desk.room.zone

    @router.get("/passages")
    def passages(
        request: Request,
        box: Box = None,
        camera: Name = None,
        pick: Pick = None,
        first: Day = None,
        last: Day = None,
        before: Before = None,
    ) -> HTMLResponse:
        one = picked(pick, box, camera)
        begin, end = (day_named(text, FIRST) if text else None for text in (first, last))
        if (first and begin is None) or (last and end is None):
            return desk.trouble(request, 404, "There is no such day; a day is written YYYY-MM-DD.")
        since = None if begin is None else zone.begin(begin)
        until = None if end is None else zone.end(end)
        try:
            page = room.reader.passages(one, since, until, ROWS, before or None)
        except UsageError as error:
            raise HTTPException(422, str(error)) from error
        seen = [each.camera for each in room.reader.cameras()]
        return desk.page(
            request,
            "passages",
            passages=page.passages,
            older=page.older,
            newer=before is not None,
            camera=one,
            cameras=seen,
            boxes=len({each.box for each in seen}) > 1,
            first=begin,
            last=end,
            since=since,
            until=until,
            kinds=[kind for kind in KINDS if kind != "parquet" or importlib.util.find_spec("pyarrow") is not None],
        )

    @router.get("/passage")
    def passage(request: Request, box: WholeBox, id: Id) -> HTMLResponse:  # noqa: A002 - as it stands in the address
        found = room.reader.passage(box, id)
        if found is None:
            return desk.trouble(request, 404, "There is no such passage.")
        one = found.passage
        curve = room.reader.curve(box, id)
        return desk.page(
            request,
            "passage",
            stored=found,
            camera=Camera(box, one.camera),
            pictured=room.snapshot(one.camera, one.id) is not None,
            curve=None if curve is None else drawn(curve, one.length_s),
            day=zone.day(one.start_time),
        )

    return router
