"""The interface for programs, below /api/v1. It says of itself what it can at /api/v1/openapi.json."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import Response
from pydantic import BaseModel

from models.errors import UsageError
from stream.store.reading import MOST
from stream.store.seen import Camera
from stream.web import asked
from stream.web.answers import (
    CameraAnswer,
    CamerasAnswer,
    PassageAnswer,
    PassagesAnswer,
    SpansAnswer,
    Trouble,
    camera_answer,
    passage_answer,
    passages_answer,
    spans_answer,
)
from stream.web.asked import (
    PREFIX,
    Before,
    Box,
    Id,
    Name,
    Responses,
    TheRoom,
    Time,
    WholeBox,
    WholeName,
    WholeTime,
    camera_of,
    seconds_of,
    stretch_of,
)
from stream.web.pictures import thumbnail, whole
from stream.web.room import Room

NONE_SUCH: Responses = {404: {"model": Trouble, "description": "There is no such thing."}}
WRONG: Responses = {422: {"model": Trouble, "description": "What was asked for makes no sense."}}
PICTURE: Responses = {200: {"content": {"image/jpeg": {}}, "description": "A picture."}}
By = Annotated[Literal["hour", "day"], Query(description="Days begin at midnight, in the zone of the pages.")]

router = APIRouter(prefix=PREFIX, responses={503: {"model": Trouble, "description": "The store is away."}})


@router.get("/cameras", tags=["cameras"])
def cameras(room: TheRoom) -> CamerasAnswer:
    """All cameras of all boxes, and how they are."""
    return CamerasAnswer(cameras=tuple(camera_answer(room, each) for each in room.reader.cameras()))


@router.get("/camera", tags=["cameras"], responses=NONE_SUCH | WRONG)
def one_camera(room: TheRoom, box: WholeBox, camera: WholeName) -> CameraAnswer:
    """One camera."""
    found = room.camera(Camera(box, camera))
    if found is None:
        raise HTTPException(404, "there is no such camera")
    return camera_answer(room, found)


@router.get("/camera/picture.jpg", tags=["cameras"], response_class=Response, responses=NONE_SUCH | WRONG | PICTURE)
def picture(room: TheRoom, box: WholeBox, camera: WholeName, boxes: bool = True) -> Response:
    """The newest picture of a camera of the watch that runs in this process; with `boxes`, where ships are is framed."""
    live = None if room.live is None or box != room.live.box else room.live
    still = None if live is None else live.still(camera, boxes)
    if still is None:
        raise HTTPException(404, "there is no picture of this camera here at present")
    return Response(still.jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.get("/passages", tags=["passages"], response_model=PassagesAnswer, responses=WRONG)
def passages(
    room: TheRoom,
    box: Box = None,
    camera: Name = None,
    begin: Time = None,
    end: Time = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    before: Before = None,
) -> Response:
    """A page of passages, the newest first: those that began at or after `begin` and before `end`."""
    one = camera_of(box, camera)
    try:
        page = room.reader.passages(one, seconds_of(begin), seconds_of(end), limit, before or None)
    except UsageError as error:
        raise HTTPException(422, str(error)) from error
    return _json(passages_answer(page))


@router.get("/passage", tags=["passages"], responses=NONE_SUCH | WRONG)
def passage(room: TheRoom, box: WholeBox, id: Id) -> PassageAnswer:  # noqa: A002 - as it stands in the address
    """One passage."""
    found = room.reader.passage(box, id)
    if found is None:
        raise HTTPException(404, "there is no such passage")
    return passage_answer(found)


@router.get("/passage/snapshot.jpg", tags=["passages"], response_class=Response, responses=NONE_SUCH | WRONG | PICTURE)
def snapshot(
    room: TheRoom,
    box: WholeBox,
    id: Id,  # noqa: A002
    width: Annotated[Literal["whole", "small"], Query(description="small: 320 pixels wide.")] = "whole",
) -> Response:
    """The best frame of a passage, where it is kept on this machine."""
    found = room.reader.passage(box, id)
    path = None if found is None else room.snapshot(found.passage.camera, found.passage.id)
    content = None if path is None else (thumbnail(path) if width == "small" else whole(path))
    if content is None:
        raise HTTPException(404, "there is no picture of this passage here")
    return Response(content, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


@router.get("/counts", tags=["counts"], response_model=SpansAnswer, responses=WRONG)
def counts(room: TheRoom, begin: WholeTime, end: WholeTime, by: By, box: Box = None, camera: Name = None) -> Response:
    """Passages by hour or day, with the coverage that goes with each count."""
    return _spans(room, begin, end, by, box, camera)


@router.get("/coverage", tags=["counts"], response_model=SpansAnswer, responses=WRONG)
def coverage(room: TheRoom, begin: WholeTime, end: WholeTime, box: Box = None, camera: Name = None) -> Response:
    """Minute by minute: for how long it was watched, blind by reason, with a ship in sight."""
    return _spans(room, begin, end, "minute", box, camera)


def _spans(room: Room, begin: datetime, end: datetime, by: asked.By, box: str | None, camera: str | None) -> Response:
    first, last = stretch_of(begin, end, by)
    return _json(spans_answer(room.reader.spans(first, last, by, camera_of(box, camera), room.zone.info)))


def _json(answer: BaseModel) -> Response:
    """Written once: FastAPI would look through each of a thousand parts again."""
    return Response(answer.model_dump_json(), media_type="application/json")
