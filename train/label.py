"""`rivereye label`: pictures sorted by eye into a training set, on a page in the browser. Needs no TensorFlow."""

import os
import sys
import webbrowser
from pathlib import Path
from shlex import quote

from rich.console import Console

from models.errors import DataError, UsageError
from models.say import say
from train.labelpage import PageServer, next_step
from train.localserver import HOST
from train.sorting import Sorting


def label(folder: Path, port: int, browser: bool, console: Console) -> None:
    """Serves the page until Ctrl-C, then says what was sorted.

    Args:
        folder: its pictures are moved into its sub-folders ship, no_ship and .set-aside.
        port: of the page; 0 takes any that is free.
        browser: open the page.
        console: for the address and the result.

    Raises:
        UsageError: no such folder, or the port is taken.
        DataError: the folder has no pictures.
    """
    if not folder.is_dir():
        raise UsageError(f"no folder at {folder}; give one with pictures to sort, as `rivereye collect` makes it")
    sorting = Sorting(folder)
    counts = sorting.counts()
    if not any(counts.values()):
        raise DataError(
            f"no pictures in {folder}; put some there, or let `rivereye collect SOURCE --out {quote(str(folder))}` do it"
        )
    if not counts["left"]:
        say(console, f"all pictures of {folder} are sorted: {_words(counts)}; {next_step(counts, folder)}")
        return
    try:
        server = PageServer(sorting, port)
    except OSError as error:
        raise UsageError(f"cannot serve at {HOST}:{port}: {error.strerror}; give another --port") from error
    with server:
        say(console, f"{_number(counts['left'])} to sort at {server.address}")
        say(console, "S ship, N no ship, U undo, Space later, X set aside; Ctrl-C here ends it")
        try:
            if browser and not _open(server.address):
                say(console, "no browser was found here; open the address in one on this machine", "yellow")
            server.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            pass
        finally:
            sorting.close()
            say(console, _result(sorting))


def _open(address: str) -> bool:
    """Opens a browser with windows. In a terminal without a screen Python would find one that takes the terminal over."""
    screen = sys.platform != "linux" or any(os.environ.get(each) for each in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    return screen and webbrowser.open(address)


def _result(sorting: Sorting) -> str:
    now, counts = sorting.sorted_now(), sorting.counts()
    said = f"{_number(sum(now.values()))} sorted ({_words(now)}), {counts['left']} left"
    again = (
        f"go on with: rivereye label {quote(str(sorting.folder))}"
        if counts["left"]
        else next_step(counts, sorting.folder)
    )
    return f"{said}; {again}"


def _number(pictures: int) -> str:
    return "1 picture" if pictures == 1 else f"{pictures} pictures"


def _words(counts: dict[str, int]) -> str:
    return f"{counts['ship']} ship, {counts['no_ship']} no ship, {counts['aside']} set aside"
