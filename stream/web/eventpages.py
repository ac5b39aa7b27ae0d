"""News as they come: server-sent events."""

from fastapi import APIRouter, Header, HTTPException
from fastapi.responses import Response, StreamingResponse

from stream.web.answers import Trouble
from stream.web.asked import PREFIX, Responses
from stream.web.feed import Feed

EVENTS: Responses = {
    200: {
        "content": {"text/event-stream": {}},
        "description": "`passage`, `camera` (as the interface has them), `store` (what is the matter with it), `missed` (you read too slowly: ask anew), `alive` (nothing is new, for 5 s).",
    },
    503: {"model": Trouble, "description": "Too many listen."},
}


def events(feed: Feed) -> APIRouter:
    router = APIRouter(prefix=PREFIX, tags=["events"])

    @router.get("/events", response_class=Response, responses=EVENTS)
    async def listen(last_event_id: str | None = Header(None, max_length=20)) -> Response:
        """A stream without end. With Last-Event-ID, what came since is told first, as far as it is still known."""
        if feed.full:
            raise HTTPException(503, "too many listen already", {"Retry-After": "30"})
        after = int(last_event_id) if last_event_id and last_event_id.isascii() and last_event_id.isdigit() else None
        return StreamingResponse(
            feed.listen(after), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
        )

    return router
