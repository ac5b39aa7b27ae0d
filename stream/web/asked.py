"""What may be asked for: cameras, times and pages, as they stand in an address."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs

from fastapi import Depends, HTTPException, Query, Request

from stream.store.seen import Camera
from stream.web.room import Room

PREFIX = "/api/v1"
By = Literal["minute", "hour", "day"]
Responses = dict[int | str, dict[str, Any]]
"""What an address of the interface answers, for its description."""
DAY_S = 86_400
LONGEST_S = {"minute": 8 * DAY_S, "hour": 400 * DAY_S, "day": 3700 * DAY_S}
"""More at once is a mistake, or takes long: ask for one piece after the other."""
SETTINGS = {"lang", "theme"}
"""Of each page: see `Desk.page`."""
MOST = 500
"""Characters of a name."""


async def room_of(request: Request) -> Room:
    room = request.app.state.room
    assert isinstance(room, Room)
    return room


TheRoom = Annotated[Room, Depends(room_of)]
Box = Annotated[str | None, Query(max_length=MOST, description="The machine that watches.")]
Name = Annotated[str | None, Query(max_length=MOST, description="A camera of that box; without one, all of all boxes.")]
Pick = Annotated[str | None, Query(max_length=7 * MOST, description="box=...&camera=..., encoded once more.")]
WholeBox = Annotated[str, Query(max_length=MOST, description="The machine that watches.")]
WholeName = Annotated[str, Query(max_length=MOST, description="A camera of that box.")]
Id = Annotated[str, Query(max_length=MOST, description="Of the passage.")]
Time = Annotated[
    datetime | None,
    Query(description="ISO 8601, or seconds since 1970; without an offset it is UTC."),
]
WholeTime = Annotated[datetime, Query(description="ISO 8601, or seconds since 1970; without an offset it is UTC.")]
Before = Annotated[str | None, Query(max_length=700, description="`older` of the page before.")]


async def only_known(request: Request) -> None:
    """Of a page. Raises HTTPException 422: the address asks for what it does not know, which is told, and not left out unsaid."""
    known = {each.alias for each in request.scope["route"].dependant.query_params} | SETTINGS
    if unknown := sorted(set(request.query_params) - known):
        raise HTTPException(
            422, f"this page knows no {unknown[0][:40]!r}; it can be asked for by {', '.join(sorted(known - SETTINGS))}"
        )


def seconds_of(time: datetime | None) -> float | None:
    """Since 1970."""
    if time is None:
        return None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def camera_of(box: str | None, name: str | None) -> Camera | None:
    """None: all of all boxes. Raises HTTPException 422 where half of a camera is named."""
    if not box and not name:
        return None
    if not box or not name:
        raise HTTPException(422, "a camera is named by its box and its name; give both, or neither")
    return Camera(box, name)


def picked(pick: str | None, box: str | None, name: str | None) -> Camera | None:
    """The camera that was chosen from a list, as `Pick` has it, or else named in the address. None: all."""
    if pick is None:
        return camera_of(box, name)
    said = {key: values[0] for key, values in parse_qs(pick, errors="replace").items()}
    return camera_of(said.get("box"), said.get("camera"))


def stretch_of(begin: datetime, end: datetime, by: By) -> tuple[float, float]:
    """Seconds since 1970. Raises HTTPException 422."""
    first, last = seconds_of(begin), seconds_of(end)
    assert first is not None
    assert last is not None
    if not first < last:
        raise HTTPException(422, f"the end {end.isoformat()} is not after the begin {begin.isoformat()}")
    if last - first > LONGEST_S[by]:
        raise HTTPException(422, f"by {by}, {LONGEST_S[by] // DAY_S} days at once at most; ask for a shorter stretch")
    return first, last
