"""Where the token is typed once."""

from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from stream.web.desk import Desk
from stream.web.guard import client_of
from stream.web.tokens import COOKIE, SESSION_S, Gate

LONGEST = 4096
"""Bytes of the form."""


def login_pages(desk: Desk, gate: Gate) -> APIRouter:
    router = APIRouter()

    @router.get("/login")
    def form(request: Request, to: str = "/") -> Response:
        return desk.page(request, "login", to=_inside(to), wrong=None, locked=False)

    @router.post("/login")
    async def login(request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST:
                return desk.trouble(request, 413, "That is too long.")
        said = {key: values[0] for key, values in parse_qs(body.decode("latin-1")).items()}
        to = _inside(said.get("to", "/"))
        if not gate.knows(said.get("token", "").strip()):
            wait = gate.guesses.refused(client_of(request.scope))
            return _refused(desk, request, to, wait)
        answer = RedirectResponse(to, 303)
        answer.set_cookie(COOKIE, gate.cookie(), SESSION_S, secure=desk.secure, httponly=True, samesite="lax")
        return answer

    @router.post("/logout")
    def logout() -> Response:
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, secure=desk.secure, httponly=True, samesite="lax")
        return answer

    return router


def _refused(desk: Desk, request: Request, to: str, wait: int) -> Response:
    """The form once more. `locked`: who is not in has nothing to log out of."""
    if not wait:
        return desk.page(request, "login", 403, to=to, wrong="This is not the token.", locked=False)
    answer = desk.page(request, "login", 429, to=to, wrong="Too many wrong tokens. Wait a minute.", locked=False)
    answer.headers["Retry-After"] = str(wait)
    return answer


def _inside(to: str) -> str:
    """A place on these pages; whatever a browser might take for another site's is the first page."""
    plain = to.startswith("/") and not to.startswith("//") and to.isascii() and to.isprintable() and "\\" not in to
    return to if plain else "/"
