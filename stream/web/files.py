"""Passages as files, below the interface for programs."""

from collections.abc import Iterator
from itertools import chain
from tempfile import TemporaryFile
from threading import BoundedSemaphore
from typing import BinaryIO

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response, StreamingResponse

from models.errors import MissingExtra
from stream.web.answers import Trouble
from stream.web.api import WRONG
from stream.web.asked import PREFIX, Box, Name, Responses, Time, camera_of, seconds_of
from stream.web.exports import Found, as_csv, as_json, file_name, pages, write_parquet
from stream.web.room import Room

AT_ONCE = 2
"""A file of a million passages takes most of a minute of one core."""
CHUNK = 65_536
NOT_INSTALLED: Responses = {501: {"model": Trouble, "description": "The library for it is not installed."}}


def files(room: Room) -> APIRouter:
    router = APIRouter(
        prefix=PREFIX, tags=["files"], responses={503: {"model": Trouble, "description": "The store is away, or busy."}}
    )
    free = BoundedSemaphore(AT_ONCE)

    def found(box: str | None, camera: str | None, begin: Time, end: Time) -> Found:
        return pages(room.reader, camera_of(box, camera), seconds_of(begin), seconds_of(end))

    def kinds(*names: str) -> Responses:
        return {200: {"content": {name: {} for name in names}, "description": "A file."}, **WRONG}

    @router.get("/passages.csv", response_class=Response, responses=kinds("text/csv"))
    def csv(box: Box = None, camera: Name = None, begin: Time = None, end: Time = None) -> Response:
        """All passages as a table, the newest first. In an empty field there is nothing; fields that a spreadsheet would run begin with '."""
        return _sent(_in_turn(free, as_csv(found(box, camera, begin, end))), "text/csv; charset=utf-8", "csv", camera)

    @router.get("/passages.json", response_class=Response, responses=kinds("application/json"))
    def json(box: Box = None, camera: Name = None, begin: Time = None, end: Time = None) -> Response:
        """All passages as one array."""
        return _sent(_in_turn(free, as_json(found(box, camera, begin, end))), "application/json", "json", camera)

    @router.get(
        "/passages.parquet",
        response_class=Response,
        responses=kinds("application/vnd.apache.parquet") | NOT_INSTALLED,
    )
    def parquet(box: Box = None, camera: Name = None, begin: Time = None, end: Time = None) -> Response:
        """All passages as Parquet, where the extra `parquet` of rivereye is installed."""
        rows = found(box, camera, begin, end)
        try:
            pieces = _in_turn(free, _as_parquet(rows))
            return _sent(pieces, "application/vnd.apache.parquet", "parquet", camera)
        except MissingExtra as error:
            raise HTTPException(501, str(error)) from error

    return router


def _in_turn(free: BoundedSemaphore, pieces: Iterator[str | bytes]) -> Iterator[str | bytes]:
    if not free.acquire(blocking=False):
        raise HTTPException(503, "others are being given files at present; try again later", {"Retry-After": "30"})
    try:
        yield from pieces
    finally:
        free.release()


def _sent(pieces: Iterator[str | bytes], kind: str, suffix: str, camera: str | None) -> Response:
    """The first piece is made here: where the store is away, that is said in time; and from then on `pieces` end in order, whoever hangs up."""
    first = next(pieces)
    name = file_name("passages", *([camera] if camera else []))
    headers = {"Content-Disposition": f'attachment; filename="{name}.{suffix}"'}
    return StreamingResponse(chain([first], pieces), media_type=kind, headers=headers)


def _as_parquet(found: Found) -> Iterator[bytes]:
    """On the disk first: what a Parquet file holds where is written at its end, and memory is short."""
    with TemporaryFile() as file:
        write_parquet(found, file)
        yield from _chunks(file)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield chunk
