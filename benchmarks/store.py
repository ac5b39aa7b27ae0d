"""How fast a store is that has grown for long: a million passages, and four cameras' minutes of a year.

    python -m benchmarks.store [PLACE] [--passages 1000000] [--json FILE]

PLACE is a path or postgresql://USER:PASSWORD@HOST/DATABASE of an empty store; by itself a file in a temporary folder. It is filled row by row as a watch
would leave it, then asked what pages ask, at times drawn from a seed, and written to as a watch of four cameras does, twice a second for a minute.
"""

import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import psutil
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, insert

from models.outputs import replace_text
from stream.following.passage import Passage
from stream.store.engine import engine_for, transaction
from stream.store.migrating import upgrade
from stream.store.place import Place, place_named
from stream.store.reading import Reader
from stream.store.records import CameraRecord, MinuteRecord, PassageRecord, Record
from stream.store.seen import Camera
from stream.store.store import Store
from stream.store.tables import boxes, cameras, hours, minutes, passages

NAMES = ("north", "south", "lock", "quay")
BEGIN = 1_764_547_200
"""2025-12-01, 00:00 UTC."""
DAY_S, DAYS = 86_400, 365
PIECE = 20_000
REPEATS = 100
WRITES = 120
EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Figure:
    """Milliseconds of `n` attempts."""

    what: str
    n: int
    median: float
    p95: float
    worst: float


def main(
    place: Annotated[str | None, typer.Argument(help="Of an empty store.")] = None,
    many: Annotated[int, typer.Option("--passages", help="Passages that it holds.")] = 1_000_000,
    out: Annotated[Path | None, typer.Option("--json", help="File for all figures.")] = None,
) -> None:
    """Fills a store and asks it."""
    with TemporaryDirectory(prefix="rivereye-store-") as folder:
        text = place or str(Path(folder) / "river.db")
        there = place_named(text)
        took = fill(text, there, many)
        size = None if there.file is None else there.file.stat().st_size
        figures = [*asked(text), *written(text)]
        a_day = load(text) if there.file is not None else None
    shown = Table(
        "what",
        "n",
        "median ms",
        "95 % ms",
        "worst ms",
        title=f"{there.kind}, {many:,} passages, {DAYS} days of minutes of {len(NAMES)} cameras",
    )
    for each in figures:
        shown.add_row(each.what, str(each.n), *(f"{value:.1f}" for value in (each.median, each.p95, each.worst)))
    console = Console(width=140)
    console.print(shown)
    grown = (
        ""
        if size is None or a_day is None
        else f"; the file has {size / 1e6:.0f} MB, and a watch writes {a_day / 1e9:.2f} GB a day"
    )
    console.print(f"filled in {took:.0f} s{grown}")
    if out is not None:
        said = {
            "kind": there.kind,
            "passages": many,
            "size": size,
            "figures": [asdict(each) for each in figures],
            "written_a_day": a_day,
            "python": sys.version,
        }
        replace_text(out, json.dumps(said, indent=1) + "\n")


def fill(text: str, there: Place, many: int) -> float:
    """Returns how many seconds it took."""
    began = time.monotonic()
    upgrade(text)
    engine = engine_for(there, write=True, busy_s=10)
    with transaction(engine, there) as connection:
        connection.execute(insert(boxes), [{"id": 1, "name": "box", "seen": 0.0}])
        named = [{"id": number, "box_id": 1, "name": name, "revision": 0} for number, name in enumerate(NAMES, 1)]
        connection.execute(insert(cameras), named)
    draw = random.Random(1)
    for table, rows in ((passages, passage_rows(many, draw)), (minutes, minute_rows(draw)), (hours, hour_rows())):
        _insert_all(engine, there, table, rows)
    if there.kind == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")  # as its own daemon does within minutes
    engine.dispose()
    return time.monotonic() - began


def _insert_all(engine: Engine, there: Place, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    piece: list[dict[str, Any]] = []
    for row in rows:
        piece.append(row)
        if len(piece) == PIECE:
            with transaction(engine, there, within=600) as connection:
                connection.execute(insert(table), piece)
            piece = []
    if piece:
        with transaction(engine, there, within=600) as connection:
            connection.execute(insert(table), piece)


def passage_rows(many: int, draw: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(many):
        start = round(BEGIN + number * DAYS * DAY_S / many + draw.random(), 3)
        length = round(draw.expovariate(1 / 40), 3)
        record = PassageRecord(revision=number, passage=ship(number, start, length, draw.choice(NAMES)))
        row = record.passage.model_dump(exclude={"camera", "box", "zones"})
        corners = dict(zip(("x_min", "y_min", "x_max", "y_max"), record.passage.box, strict=True))
        camera = NAMES.index(record.passage.camera) + 1
        yield {**row, **corners, "zones": ["channel"], "box_id": 1, "camera_id": camera, "revision": number}


def ship(number: int, start: float, length: float, camera: str) -> Passage:
    return Passage(
        id=f"{start:.6f}-{number % 16_777_216:06x}",
        camera=camera,
        start_time=start,
        end_time=start + length,
        clock="wall",
        frame_time=start + length,
        length_s=length,
        ended="left",
        score=0.9,
        top_score=0.97,
        best_frame=number,
        best_time=start - BEGIN,
        start_media=start - BEGIN,
        box=(100, 200, 700, 500),
        zones=("channel",),
        has_snapshot=True,
        active=False,
    )


def dark(minute: int) -> dict[str, float]:
    """A night of eight hours, and a second without connection now and then."""
    night = {"dark": 60.0} if minute // 60 % 24 >= 16 else {}
    return night or ({"offline": 1.5} if minute % 50 == 0 else {})


def minute_rows(draw: random.Random) -> Iterator[dict[str, Any]]:
    for camera in range(1, len(NAMES) + 1):
        for minute in range(BEGIN // 60, BEGIN // 60 + DAYS * 1440):
            unknown = dark(minute)
            tally = {
                "seconds": 60.0,
                "ship_s": round(draw.random() * 5, 3),
                "frames": 300,
                "passages": draw.randrange(2),
            }
            yield {
                "camera_id": camera,
                "minute": minute,
                "part": minute,
                "revision": minute,
                "unknown": unknown,
                "blind_s": sum(unknown.values()),
                **tally,
            }


def hour_rows() -> Iterator[dict[str, Any]]:
    for camera in range(1, len(NAMES) + 1):
        for hour in range(BEGIN // 3600, BEGIN // 3600 + DAYS * 24):
            all_reasons = [dark(minute) for minute in range(60 * hour, 60 * hour + 60)]
            unknown = {
                name: total
                for name in ("dark", "offline")
                if (total := sum(each.get(name, 0.0) for each in all_reasons))
            }
            tally = {"seconds": 3600.0, "ship_s": 150.0, "frames": 18_000, "passages": 30}
            yield {"camera_id": camera, "hour": hour, "unknown": unknown, "blind_s": sum(unknown.values()), **tally}


def asked(text: str) -> Iterator[Figure]:
    """What pages ask."""
    draw = random.Random(2)
    end = BEGIN + DAYS * DAY_S

    def camera() -> Camera:
        return Camera("box", draw.choice(NAMES))

    def day() -> float:
        return float(BEGIN + DAY_S * draw.randrange(DAYS))

    with Reader(text) as reader:
        deep = {each: _deep(reader, each) for each in (None, Camera("box", NAMES[0]))}
        known = reader.passages(limit=500, before=deep[None]).passages
        questions: list[tuple[str, Callable[[], object]]] = [
            ("newest 50 passages of all", lambda: reader.passages()),
            ("newest 50 of a camera", lambda: reader.passages(camera())),
            ("50 of all, half a million back", lambda: reader.passages(before=deep[None])),
            (
                "50 of a camera, half of all back",
                lambda: reader.passages(Camera("box", NAMES[0]), before=deep[Camera("box", NAMES[0])]),
            ),
            ("50 of a camera on a day", lambda: reader.passages(camera(), at := day(), at + DAY_S)),
            ("1000 of all", lambda: reader.passages(limit=1000)),
            ("one passage", lambda: reader.passage("box", draw.choice(known).passage.id)),
            ("a day of a camera by minute", lambda: reader.spans(at := day(), at + DAY_S, "minute", camera())),
            ("a day of all by minute", lambda: reader.spans(at := day(), at + DAY_S, "minute")),
            ("a month of a camera by hour", lambda: reader.spans(at := day(), at + 31 * DAY_S, "hour", camera())),
            ("a month of all by hour", lambda: reader.spans(at := day(), at + 31 * DAY_S, "hour")),
            ("a year of a camera by day", lambda: reader.spans(BEGIN, end, "day", camera())),
            ("a year of all by day", lambda: reader.spans(BEGIN, end, "day")),
            ("cameras", reader.cameras),
        ]
        for what, question in questions:
            yield figure(what, [timed(question) for _ in range(REPEATS)])


def _deep(reader: Reader, camera: Camera | None) -> str | None:
    """Where a page in the middle begins."""
    page = reader.passages(camera, end=BEGIN + DAYS * DAY_S / 2, limit=1)
    return page.older


def written(text: str) -> Iterator[Figure]:
    """What a watch of four cameras writes twice a second: their minutes, their states, a passage."""
    with Store(text, "box", busy_s=5) as store:
        batches = [batch(number) for number in range(WRITES)]
        yield figure("write of half a second", [timed(lambda each=each: store.write(each)) for each in batches])  # type: ignore[misc]


def load(text: str) -> float:
    """Bytes that this process hands to the disk a day, at that pace."""
    process = psutil.Process()
    before, began = process.io_counters().write_bytes, time.monotonic()
    with Store(text, "box", busy_s=5) as store:
        for number in range(WRITES):
            store.write(batch(WRITES + number))
            time.sleep(max(0.0, began + EVERY_S * (number + 1) - time.monotonic()))
    return (process.io_counters().write_bytes - before) * DAY_S / (time.monotonic() - began)


def batch(number: int) -> list[Record]:
    at = BEGIN + DAYS * DAY_S + EVERY_S * number
    revision = 10**15 + 100 * number
    seconds = at % 60
    records: list[Record] = [
        MinuteRecord(
            camera=name,
            minute=int(at // 60),
            part=1,
            seconds=seconds,
            unknown={},
            ship_s=0.0,
            frames=int(5 * seconds),
            passages=0,
            revision=revision,
        )
        for name in NAMES
    ]
    if number % 10 == 0:
        records += [CameraRecord(camera=name, phase="up", at=at, last_frame=at, revision=revision) for name in NAMES]
        records.append(PassageRecord(passage=ship(number, at, 30.0, NAMES[0]), revision=revision))
    return records


def timed(question: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    question()
    return 1000 * (time.perf_counter() - began)


def figure(what: str, taken: Sequence[float]) -> Figure:
    ordered = sorted(taken)
    return Figure(what, len(taken), statistics.median(taken), ordered[int(0.95 * (len(taken) - 1))], ordered[-1])


if __name__ == "__main__":
    typer.run(main)
