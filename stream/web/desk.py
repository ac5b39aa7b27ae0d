"""Makes pages from templates, in the reader's language."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from stream.store.seen import Camera
from stream.web.language import COOKIE, LANGUAGES, language_for
from stream.web.room import Room

FOLDER = Path(__file__).parent
YEAR_S = 365 * 86_400
THEMES = ("system", "light", "dark")
THEME = "theme"


class Desk:
    """May be used by several threads.

    Args:
        room: what is shown.
        locked: a token is wanted, so that one can log out.
        secure: it is served by TLS.
    """

    def __init__(self, room: Room, locked: bool = False, secure: bool = False) -> None:
        self.room, self.locked, self.secure = room, locked, secure
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    def warm(self) -> None:
        """Reads all templates, which takes a tenth of a second, before somebody waits for it."""
        for name in self._environment.list_templates():
            self._environment.get_template(name)

    def page(self, request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """The template of this name, as an answer."""
        language = language_for(request.query_params.get("lang"), request.cookies.get(COOKIE), request.headers)
        chosen = {"lang": (COOKIE, LANGUAGES), THEME: (THEME, THEMES)}
        asked = {key: value for key in chosen if (value := request.query_params.get(key)) in chosen[key][1]}
        theme = asked.get(THEME, request.cookies.get(THEME))
        kept = [(key, value) for key, value in request.query_params.multi_items() if key not in chosen]
        said = {
            "_": language.say,
            "number": language.number,
            "percent": language.percent,
            "length": language.length,
            "reason": language.reason,
            "ended": language.ends,
            "zone": self.room.zone,
            "language": language,
            "languages": [(each, f"?{urlencode([*kept, ('lang', each)])}") for each in LANGUAGES],
            "theme": theme if theme in THEMES else THEMES[0],
            "themes": [(each, f"?{urlencode([*kept, (THEME, each)])}") for each in THEMES],
            "at": request.url.path,
            "today": self.room.zone.day(self.room.now()),
            "now": self.room.now(),
            "locked": self.locked,
            "address": address,
        }
        text = self._environment.get_template(f"{template}.html.j2").render({**said, **context})
        # Surrogates cannot be sent; no name holds any on purpose.
        answer = HTMLResponse(text.encode("utf-8", "replace"), status)
        for key, value in asked.items():
            answer.set_cookie(chosen[key][0], value, YEAR_S, secure=self.secure, httponly=True, samesite="lax")
        answer.headers["Vary"] = "Accept-Language, Cookie"
        return answer

    def trouble(self, request: Request, status: int, sentence: str) -> HTMLResponse:
        return self.page(request, "trouble", status, sentence=sentence)


def address(path: str, camera: Camera | None = None, **query: str | float | date | None) -> str:
    """Of a page; names of cameras may hold whatever they like."""
    named: Mapping[str, Any] = {} if camera is None else {"box": camera.box, "camera": camera.name}
    rest = {**named, **{key: value for key, value in query.items() if value is not None}}
    return f"{path}?{urlencode(rest, errors='replace')}" if rest else path
