"""HEAD is answered as GET is, without what would follow the headers."""

from anyio import CancelScope
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Heads:
    """ASGI, around `app`, which knows GET alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        with CancelScope() as asking:

            async def headers_alone(message: Message) -> None:
                if message["type"] == "http.response.start" and not asking.cancel_called:
                    await send(message)
                    await send({"type": "http.response.body"})
                    asking.cancel()  # of a file or of news, there may be no end

            await self._app({**scope, "method": "GET"}, receive, headers_alone)
