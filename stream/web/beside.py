"""Pages beside a watch, in its process: with live pictures."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.extras import check_installed
from stream.web.live import Live
from stream.web.settings import WebSettings


@contextmanager
def beside(
    settings: WebSettings, store: str, box: str | None = None, snapshots: Path | None = None
) -> Iterator[tuple[str, Live]]:
    """Serves while the block lasts. Gives the address for people, and what the watch hands its looks and states to.

    Args:
        settings: where, and to whom.
        store: the place that the watch writes to; it need not be there yet.
        box: name of this machine in it; None: its host name.
        snapshots: their folder.

    Raises:
        UsageError, MissingExtra: zone, certificate or store cannot be used, or the extra is not installed.
        OutputError: the address cannot be had.
    """
    check_installed("web", "fastapi", "uvicorn")
    from stream.store.reading import Reader
    from stream.web.moments import zone_named
    from stream.web.room import Room
    from stream.web.web import Web

    live = Live(box or socket.gethostname())
    with (
        Reader(store) as reader,
        Web(settings, Room(reader, zone_named(settings.zone), live, snapshots)) as web,
    ):
        web.start()
        yield web.address, live
