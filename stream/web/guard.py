"""Stands before all pages: who asks, by which name, and what a browser may do with the answer."""

import socket
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stream.web.asked import PREFIX
from stream.web.tokens import COOKIE, Gate

OPEN = ("/login", "/static/")
"""What can be had without a token."""
POLICY = "; ".join(
    (
        "default-src 'none'",
        "img-src 'self'",
        "style-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
LASTING = "max-age=31536000"
"""A browser that has once seen TLS here takes nothing else for a year."""


class Guard:
    """ASGI, around everything else.

    Args:
        app: what is guarded.
        gate: None: anybody who reaches it may look, which is this machine's users.
        names: by which browsers reach it, beside this machine's own and all addresses.
        secure: it is served by TLS.
    """

    def __init__(self, app: ASGIApp, gate: Gate | None, names: Iterable[str], secure: bool) -> None:
        self._app, self._gate, self._secure = app, gate, secure
        own = socket.gethostname()
        self._names = {each.lower().rstrip(".") for each in ("localhost", own, f"{own}.local", *names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if self._secure:
                    headers["Strict-Transport-Security"] = LASTING
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await (refusal or self._app)(scope, receive, sealed)

    def _refusal(self, scope: Scope) -> Response | None:
        """What is answered in the place of what was asked for; None where that may be had."""
        headers = Headers(scope=scope)
        if not self._is_ours(headers.get("host", "")):
            # Else any page could be made to look like ours, by a name that is turned to this address while it is open.
            return PlainTextResponse(
                "This machine is not known by that name. Use its address, or let it be named in the settings of the pages (names).\n",
                421,
            )
        if _is_foreign(scope["method"], headers):
            return PlainTextResponse("Another site's page asks for this; open it from here.\n", 403)
        path: str = scope["path"]
        if self._gate is None or path.startswith(OPEN):
            return None
        return self._without_token(self._gate, scope, headers)

    def _without_token(self, gate: Gate, scope: Scope, headers: Headers) -> Response | None:
        if gate.admits(cookie_of(headers)):
            return None
        scheme, _, token = headers.get("authorization", "").partition(" ")
        path: str = scope["path"]
        if scheme.lower() == "bearer":
            if gate.knows(token.strip()):
                return None
            if wait := gate.guesses.refused(client_of(scope)):
                return JSONResponse({"detail": "too many wrong tokens"}, 429, {"Retry-After": str(wait)})
        if path.startswith(PREFIX) or scheme:
            return JSONResponse({"detail": "a token is wanted"}, 401, {"WWW-Authenticate": 'Bearer realm="rivereye"'})
        query = scope["query_string"].decode("latin-1")
        return RedirectResponse(f"/login?to={quote(path + (f'?{query}' if query else ''), safe='')}", 303)

    def _is_ours(self, host: str) -> bool:
        """Addresses are: only names can be turned."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        try:
            ip_address(name)
        except ValueError:
            return name.rstrip(".") in self._names
        return True


def client_of(scope: Scope) -> str:
    """The address that asks."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def cookie_of(headers: Headers) -> str:
    try:
        jar = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return jar[COOKIE].value if COOKIE in jar else ""


def _is_foreign(method: str, headers: Headers) -> bool:
    """Whether a page of another site asks: such may lead here by a link, and nothing else."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site in ("cross-site", "same-site") and not (method == "GET" and headers.get("sec-fetch-mode") == "navigate"):
        return True
    if method in ("GET", "HEAD") or origin is None:
        return False
    return urlsplit(origin).netloc != headers.get("host")
