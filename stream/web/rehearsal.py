"""Pages are asked for once before anybody comes: what a first answer has to import, compile and read takes a third of a second."""

import asyncio
import gc
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from anyio import to_thread
from starlette.types import ASGIApp, Message

from models.errors import StoreError
from stream.web.asked import PREFIX
from stream.web.room import Room

PATIENCE_S = 5.0
"""A store that is away, or slow, keeps nobody from coming in: the rest is done meanwhile."""
PAGES = ("/", "/day", "/passages", "/counts", f"{PREFIX}/cameras", f"{PREFIX}/passages")
OF_A_CAMERA = ("/camera", "/log", "/log.csv", "/counts")


async def rehearsed(app: ASGIApp, room: Room) -> asyncio.Task[None]:
    """Returns when it is over, or after PATIENCE_S. The task may have to be cancelled."""
    task = asyncio.create_task(_rehearse(app, room))
    await asyncio.wait({task}, timeout=PATIENCE_S)
    return task


async def _rehearse(app: ASGIApp, room: Room) -> None:
    with suppress(
        StoreError
    ):  # what is away is asked once: each page would wait for it, or try a wrong password, again
        cameras = await to_thread.run_sync(room.reader.cameras, abandon_on_cancel=True)
        addresses = [(path, "") for path in PAGES]
        addresses += [
            (path, urlencode({"box": each.camera.box, "camera": each.camera.name}, errors="replace"))
            for each in cameras[:1]
            for path in OF_A_CAMERA
        ]
        for path, query in addresses:
            with suppress(Exception):  # who asks next is told
                await app(_scope(path, query), _nothing, _unheard)
    gc.collect()
    gc.freeze()  # what is there now stays; looking through it again and again would make a page in a hundred slow


def _scope(path: str, query: str) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [],
        "client": None,
        "server": None,
    }


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _unheard(_: Message) -> None:
    pass
