"""The page on which pictures are sorted, and what it asks for."""

import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from shlex import quote as quote_for_shell
from typing import cast, get_args
from urllib.parse import quote, unquote_to_bytes

from train.collected import read_reasons
from train.localserver import LocalHandler, LocalServer, Refusal, object_in
from train.sorting import Class, Moved, Sorting

PAGE = Path(__file__).with_name("label.html")
TYPES = {
    ".bmp": "image/bmp",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
}


class PageServer(LocalServer):
    """Serves the page for the pictures of one folder. `port` 0 takes any that is free.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, sorting: Sorting, port: int = 0) -> None:
        self.sorting = sorting
        super().__init__(port, _Handler)


def next_step(counts: Mapping[str, int], folder: Path) -> str:
    """What to do once no picture is left to be sorted."""
    for name in ("ship", "no_ship"):
        if not counts[name]:
            return f"training needs pictures of both, and {folder / name} has none; collect more"
    return f"now train on them: rivereye train {quote_for_shell(str(folder))} --out runs/mine"


class _Handler(LocalHandler):
    server: PageServer

    def do_GET(self) -> None:  # noqa: N802 - as the base class finds it
        self._answer(self._get)

    def do_POST(self) -> None:  # noqa: N802
        self._answer(self._post)

    def _answer(self, method: Callable[[], None]) -> None:
        try:
            method()
        except Refusal as refusal:
            self.send_json(refusal.status, {"error": str(refusal)})
        except Moved as error:
            self.send_json(HTTPStatus.CONFLICT, {"error": str(error)})
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        except OSError as error:
            self.send_json(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": f"it cannot be done: {error}"})

    def _get(self) -> None:
        what = self.asked_for()
        if what == "":
            self._send_page()
        elif what == "state":
            self.send_json(HTTPStatus.OK, self._state())
        elif what.startswith("picture/"):
            self._send_picture(what.removeprefix("picture/"))
        else:
            raise Refusal(HTTPStatus.NOT_FOUND, "there is nothing at this address")

    def _post(self) -> None:
        body = self.body()
        what, asked, sorting = self.asked_for(), object_in(body), self.server.sorting
        if what == "sort":
            to = asked.get("to")
            if to not in get_args(Class):
                raise Refusal(HTTPStatus.BAD_REQUEST, f"a picture is sorted to ship, no_ship or aside, not {to!r}")
            sorting.sort(_name(asked.get("id")), cast(Class, to), str(asked.get("tab")))
            self.send_json(HTTPStatus.OK, {"counts": sorting.counts()})
        elif what == "undo":
            name = sorting.undo(str(asked.get("tab")))
            self.send_json(HTTPStatus.OK, {"item": self._items([name])[0], "counts": sorting.counts()})
        else:
            raise Refusal(HTTPStatus.NOT_FOUND, "there is nothing at this address")

    def _state(self) -> dict[str, object]:
        sorting = self.server.sorting
        counts = sorting.counts()
        return {
            "items": self._items(sorting.left()),
            "counts": counts,
            "next": next_step(counts, sorting.folder),
        }

    def _items(self, names: list[str]) -> list[dict[str, str]]:
        reasons = read_reasons(self.server.sorting.folder)
        return [{"id": _id(name), "name": _shown(name), "why": reasons.get(name, "")} for name in names]

    def _send_page(self) -> None:
        nonce = secrets.token_urlsafe(16)
        content = PAGE.read_text(encoding="utf-8").replace("{{nonce}}", nonce).encode()
        own = f"style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'"
        allowed = f"default-src 'none'; img-src 'self' data:; connect-src 'self'; {own}"
        self.send_head(HTTPStatus.OK, "text/html; charset=utf-8", len(content), allowed)
        self.wfile.write(content)

    def _send_picture(self, identity: str) -> None:
        try:
            path = self.server.sorting.path_of(_name(identity))
            file = path.open("rb")
        except (Moved, FileNotFoundError) as error:
            raise Refusal(HTTPStatus.NOT_FOUND, str(error)) from error
        with file:
            self.send_head(HTTPStatus.OK, TYPES[path.suffix.lower()], os.fstat(file.fileno()).st_size)
            shutil.copyfileobj(file, self.wfile)


def _id(name: str) -> str:
    """A file name as an address can hold it, and JSON: it need not be Unicode."""
    return quote(name, safe="", errors="surrogateescape")


def _name(identity: object) -> str:
    """The file name that an id stands for."""
    return unquote_to_bytes(str(identity)).decode(errors="surrogateescape")


def _shown(name: str) -> str:
    return name.encode(errors="surrogateescape").decode(errors="replace")
