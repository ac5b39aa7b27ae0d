"""Where a store is: a file, or an address with a password that no message shows."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from models.errors import UsageError

POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")
SQLITE = "sqlite"
SPOOLS = Path("rivereye", "spool")
SECRET_KEYS = ("password", "sslpassword")


@dataclass(frozen=True, slots=True)
class Server:
    """How a PostgreSQL server is reached. `options`: libpq's, such as sslmode."""

    host: str | None
    port: int | None
    database: str
    user: str | None = field(repr=False)
    password: str | None = field(repr=False)
    options: Mapping[str, str] = field(repr=False)

    @property
    def secrets(self) -> list[str]:
        """What no message may hold."""
        return [each for each in (self.password, *(self.options.get(key) for key in SECRET_KEYS)) if each]


@dataclass(frozen=True, slots=True)
class Place:
    """`shown` is for people. Either `file` or `server` is there."""

    shown: str
    file: Path | None = None
    server: Server | None = None

    @property
    def kind(self) -> Literal["sqlite", "postgresql"]:
        return "sqlite" if self.server is None else "postgresql"


def place_named(text: str) -> Place:
    """From a path, sqlite:///PATH or postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=...

    Raises:
        UsageError: it is none of these. The message shows no part of an address that may be secret.
    """
    if not text.strip():
        raise UsageError("no place for the store: the name is empty; is a variable unset?")
    scheme, separator, rest = text.partition("://")
    if not separator:
        return _file(Path(text))
    if scheme.lower() == SQLITE:
        if not rest.startswith("/") or len(rest) < 2 or "?" in rest:
            raise UsageError(
                "no store at this sqlite address: it has to be sqlite:///PATH, of a file, without options; give that, or the path alone"
            )
        return _file(Path(unquote(rest[1:])))
    if scheme.lower() not in POSTGRES:
        raise UsageError(f"no store of the kind {scheme[:20]!r}; give a path, sqlite:///PATH or postgresql://...")
    server = _server(text)
    at = f"{server.host or ''}{f':{server.port}' if server.port else ''}"
    return Place(f"postgresql://{'***@' if server.user or server.password else ''}{at}/{server.database}", None, server)


def spool_of(place: Place, box: str, environ: Mapping[str, str] = os.environ) -> Path:
    """Where records wait by themselves: beside a file, else below $XDG_STATE_HOME, or ~/.local/state. Another password does not change it.

    Raises:
        UsageError: neither is known.
    """
    if place.file is not None:
        return place.file.with_name(f"{place.file.name}.spool")
    name = f"{hashlib.sha256(f'{place.shown} {box}'.encode(errors='replace')).hexdigest()[:16]}.db"
    folder = Path(environ.get("XDG_STATE_HOME", ""))
    if folder.is_absolute():  # any other is to be left alone, says the XDG specification
        return folder / SPOOLS / name
    try:
        return Path.home() / ".local" / "state" / SPOOLS / name
    except RuntimeError as error:
        raise UsageError(
            "no place for records that wait for the store: this user has no home folder; set XDG_STATE_HOME"
        ) from error


def _file(path: Path) -> Place:
    if path.is_dir():
        raise UsageError(f"no store at {path}: it is a folder; give the name of a file")
    return Place(str(path), path)


def _server(text: str) -> Server:
    """Strict: an address that is not understood whole might be shown in part, and that part might be of a password."""
    misread = UsageError(
        "the address of the store is not understood; it has to be postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with @ / : ? # % of a password percent-encoded (%40 for @)"
    )
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:  # its message shows the address
        raise misread from None
    if "@" in parts.path + parts.query or parts.fragment or parts.netloc.count("@") > 1 or not _plain(parts):
        raise misread
    database = unquote(parts.path[1:])
    if not database or "/" in database:
        raise UsageError(
            f"the address of the store names no database; add one: postgresql://{parts.hostname or ''}/DATABASE"
        )
    return Server(
        host=parts.hostname,
        port=port,
        database=database,
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        options=dict(parse_qsl(parts.query)),
    )


def _plain(parts: SplitResult) -> bool:
    """Whether the host is one: a name, an IPv4 or IPv6 address, or none (a socket)."""
    return all(letter.isalnum() or letter in ".-_:" for letter in parts.hostname or "")
