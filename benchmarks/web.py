"""How fast the pages of a watch room are over a store that has grown for long: a million passages, and four cameras' minutes of a year.

    python -m benchmarks.web [PLACE] [--passages 1000000] [--repeats 30] [--json FILE]

PLACE is a store that `python -m benchmarks.store PLACE` filled; by itself one is filled in a temporary folder. The pages are served by a process of its own, as
`rivereye serve` does it, and asked by one browser's worth of requests after each other, at days and cameras drawn from a seed; the time is from the request to the last byte.
"""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.store import BEGIN, DAY_S, DAYS, NAMES, Figure, figure, fill, timed
from models.outputs import replace_text
from stream.store.place import place_named

SERVE = """
import sys
from stream.store.reading import Reader
from stream.web.moments import zone_named
from stream.web.room import Room
from stream.web.settings import WebSettings
from stream.web.web import Web
now = float(sys.argv[2])
with Reader(sys.argv[1]) as reader, Web(WebSettings(listen="127.0.0.1:0"), Room(reader, zone_named("UTC"), now=lambda: now)) as web:
    web.start()
    web.ready()
    print(web.address, flush=True)
    sys.stdin.read()
"""
"""What the verb does, but that it is the end of the year in the store."""
NOW = BEGIN + DAYS * DAY_S - 3600


def main(
    place: Annotated[str | None, typer.Argument(help="A filled store.")] = None,
    many: Annotated[
        int, typer.Option("--passages", help="Passages that it holds, where it is filled here.")
    ] = 1_000_000,
    repeats: Annotated[int, typer.Option(min=2, help="Of each page.")] = 30,
    out: Annotated[Path | None, typer.Option("--json", help="File for all figures.")] = None,
) -> None:
    """Asks for each page many times."""
    with TemporaryDirectory(prefix="rivereye-web-") as folder:
        text = place or str(Path(folder) / "river.db")
        if place is None:
            fill(text, place_named(text), many)
        with asking(text) as client:
            figures = list(asked(client, repeats))
        figures.append(figure("the first one after a start, of the six pages in turn", list(first(text))))
    table = Table("page", "n", "median ms", "95 % ms", "worst ms")
    for each in figures:
        table.add_row(each.what, str(each.n), *(f"{value:.1f}" for value in (each.median, each.p95, each.worst)))
    Console(width=120).print(table)
    if out is not None:
        replace_text(out, json.dumps([asdict(each) for each in figures], indent=1) + "\n")


@contextmanager
def asking(place: str) -> Iterator[httpx.Client]:
    with served(place) as address, httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        yield client


def first(place: str) -> Iterator[float]:
    """Milliseconds of what is asked of a server that nobody has asked before."""
    north, day = "box=box&camera=north", time.strftime("%Y-%m-%d", time.gmtime(BEGIN + DAY_S * DAYS / 2))
    for path in ("/", f"/day?day={day}", "/passages", "/counts", f"/camera?{north}", f"/log?{north}&day={day}") * 2:
        with asking(place) as client:
            client.get("/static/icon.svg")  # what the client itself does but once
            yield timed(partial(client.get, path))


@contextmanager
def served(place: str) -> Iterator[str]:
    command = [sys.executable, "-c", SERVE, place, str(NOW)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def asked(client: httpx.Client, repeats: int) -> Iterator[Figure]:
    draw = random.Random(4)

    def camera() -> dict[str, str]:
        return {"box": "box", "camera": draw.choice(NAMES)}

    def day() -> str:
        return time.strftime("%Y-%m-%d", time.gmtime(BEGIN + DAY_S * draw.randrange(DAYS)))

    def get(path: str, **query: Any) -> None:
        client.get(path, params=query).raise_for_status()

    newest = client.get("/api/v1/passages", params={"limit": 1000}).json()
    names = [each["passage"]["id"] for each in newest["passages"]]
    deep = client.get("/api/v1/passages", params={"limit": 1, "end": BEGIN + DAYS * DAY_S / 2}).json()["older"]
    questions: list[tuple[str, Callable[[], None]]] = [
        ("wall", lambda: get("/")),
        ("day of the river, 2,740 passages", lambda: get("/day", day=day())),
        ("passages, newest", lambda: get("/passages")),
        ("passages, half a million back", lambda: get("/passages", before=deep)),
        ("passages of a camera on a day", lambda: get("/passages", first=(at := day()), last=at, **camera())),
        ("passage", lambda: get("/passage", box="box", id=draw.choice(names))),
        ("counts by day, a month of all", lambda: get("/counts", last=day())),
        ("counts by hour, three days of a camera", lambda: get("/counts", by="hour", last=day(), **camera())),
        ("camera", lambda: get("/camera", **camera())),
        ("daily log, 685 passages", lambda: get("/log", day=day(), **camera())),
        ("daily log as CSV", lambda: get("/log.csv", day=day(), **camera())),
        ("interface: cameras", lambda: get("/api/v1/cameras")),
        ("interface: 50 passages", lambda: get("/api/v1/passages", end=BEGIN + DAY_S * draw.randrange(1, DAYS))),
        (
            "interface: a day by minute",
            lambda: get("/api/v1/coverage", begin=(at := day()), end=f"{at}T23:59", **camera()),
        ),
        ("interface: a year by day", lambda: get("/api/v1/counts", by="day", begin=BEGIN, end=BEGIN + DAYS * DAY_S)),
    ]
    for what, question in questions:
        yield figure(what, [timed(question) for _ in range(repeats)])


if __name__ == "__main__":
    typer.run(main)
