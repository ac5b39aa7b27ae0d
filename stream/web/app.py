"""All pages and the interface, as one ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from anyio import to_thread
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from stream.web import api
from stream.web.asked import PREFIX
from stream.web.countpages import count_pages
from stream.web.daypages import day_pages
from stream.web.desk import Desk
from stream.web.eventpages import events
from stream.web.feed import Feed
from stream.web.files import files
from stream.web.guard import Guard
from stream.web.heads import Heads
from stream.web.loginpages import login_pages
from stream.web.passagepages import passage_pages
from stream.web.refusals import tell
from stream.web.rehearsal import rehearsed
from stream.web.room import Room
from stream.web.settings import WebSettings
from stream.web.tokens import Gate
from stream.web.wallpages import wall_pages

STATIC = Path(__file__).parent / "static"
THREADS = 8
"""In which answers are made: as many connections to the store at most."""


def application(settings: WebSettings, room: Room) -> ASGIApp:
    """Nothing in it changes anything but who is logged in."""
    token = settings.token
    gate = None if token is None else Gate(token.get_secret_value())
    secure = settings.certificate is not None
    desk = Desk(room, gate is not None, secure)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = THREADS
        await to_thread.run_sync(desk.warm)
        rehearsal = await rehearsed(app, room)
        yield
        rehearsal.cancel()

    app = FastAPI(
        title="rivereye",
        version=version("rivereye"),
        description="What a watch has seen: cameras, passages, coverage. Everything here is only read.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # its script would come from elsewhere
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.room = room
    for router in (api.router, files(room), events(Feed(room))):
        app.include_router(router)
    pages = [wall_pages(desk), day_pages(desk), passage_pages(desk), count_pages(desk)]
    for router in (*pages, *([login_pages(desk, gate)] if gate else [])):
        app.include_router(router, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC))

    tell(app, desk)
    return Guard(Heads(app), gate, settings.names, secure)
