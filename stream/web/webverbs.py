"""The verb about the pages, as the command line has it."""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import SecretStr, ValidationError

from models.errors import UsageError, reason
from models.extras import check_installed
from models.say import say
from stream.options import console

if TYPE_CHECKING:
    from stream.web.settings import WebSettings

TOKEN = "RIVEREYE_WEB_TOKEN"  # noqa: S105 - the name of a variable


def serve(
    store: Annotated[
        str,
        typer.Option(
            help="The store that is shown: a path, postgresql://USER@HOST/DATABASE, or a configuration file (.toml), whose store, \\[web] and snapshots are taken where no option says otherwise. A password typed here stands in the list of processes: set PGPASSWORD, or write {NAME} in that file."
        ),
    ],
    listen: Annotated[
        str | None,
        typer.Option(
            help="ADDRESS:PORT, by itself 127.0.0.1:8765. Anything but loopback needs a token and TLS.",
            show_default=False,
        ),
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help=f"File with the token that who looks has to know; or set {TOKEN}.")
    ] = None,
    certificate: Annotated[Path | None, typer.Option(help="TLS: certificate chain (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(help="TLS: its private key (PEM).")] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(help="A name by which browsers reach this machine, beside its own. May be given again."),
    ] = None,
    zone: Annotated[
        str | None, typer.Option(help="Where days begin at midnight, such as Europe/Berlin. By itself as this machine.")
    ] = None,
    snapshots: Annotated[
        Path | None, typer.Option(help="Folder of the best frames, as `rivereye stream --snapshots` writes it.")
    ] = None,
) -> None:
    """Show in a browser what watches have put into a store: cameras, days, passages, counts. Ends at Ctrl-C."""
    check_installed("web", "fastapi", "uvicorn")
    from stream.store.place import place_named
    from stream.store.reading import Reader
    from stream.web.moments import zone_named
    from stream.web.room import Room
    from stream.web.web import Web

    token = _token(token_file)
    place, written, pictures = _of_file(Path(store), token) if store.endswith(".toml") else (store, {}, None)
    options = {"listen": listen, "token": token, "certificate": certificate, "key": key, "names": name, "zone": zone}
    settings = _settings({**written, **{each: value for each, value in options.items() if value is not None}})
    if snapshots is not None and not snapshots.is_dir():
        raise UsageError(f"no folder of snapshots at {snapshots}; give the one that `rivereye stream --snapshots` has")
    file = place_named(place).file
    if file is not None and not file.is_file():  # a server may come back, a file that is not there is a mistake
        raise UsageError(f"no store at {file}: no such file; give the one that `rivereye stream --store` writes")
    with (
        Reader(place) as reader,
        Web(settings, Room(reader, zone_named(settings.zone), None, snapshots or pictures)) as web,
        _ended() as end,
    ):
        reader.look()
        web.start()
        web.ready()
        say(console, f"serving {reader.place.shown} at {web.address} until Ctrl-C")
        while web.running and not end.wait(0.5):
            pass


def _of_file(file: Path, token: SecretStr | None) -> tuple[str, Mapping[str, object], Path | None]:
    """Store, settings of the pages, and folder of snapshots that a configuration file names. Other secrets of it need not be there, nor that of its
    token where one is given.
    """
    from stream.configuration.config import read_settings
    from stream.configuration.resolving import outputs_in_place, web_in_place
    from stream.store.storeverbs import store_of

    settings = read_settings(file)
    outputs, web = outputs_in_place(settings, os.environ, file), settings.web
    if web is not None and token is not None:
        web = web.model_copy(update={"token": None})
    try:
        said = {} if web is None else dict(web_in_place(web, os.environ, file))
    except UsageError as error:
        raise UsageError(f"{error}; or give a token by --token-file") from None
    return store_of(outputs, file), said, outputs.snapshots


def _settings(given: Mapping[str, object]) -> "WebSettings":
    from stream.web.settings import WebSettings

    try:
        return WebSettings.model_validate(given)
    except ValidationError as error:
        raise UsageError("; ".join(each["msg"].removeprefix("Value error, ") for each in error.errors())) from None


def _token(path: Path | None) -> SecretStr | None:
    if path is None:
        text = os.environ.get(TOKEN)
        return SecretStr(text) if text else None
    try:
        return SecretStr(path.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the token in {path}: {reason(error)}; write it there") from error


@contextmanager
def _ended() -> Iterator[Event]:
    """Set by Ctrl-C and SIGTERM."""
    end = Event()

    def stop(_: int, __: FrameType | None) -> None:
        end.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield end
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
