"""Passages as files that other programs read: CSV, JSON and Parquet, read from the store page by page."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO

from models.extras import check_installed
from stream.store.page import Stored
from stream.store.reading import MOST, Reader
from stream.store.seen import Camera

COLUMNS = (
    "box",
    "camera",
    "id",
    "start",
    "end",
    "start_time",
    "end_time",
    "length_s",
    "unseen_s",
    "ended",
    "top_score",
    "zones",
    "x_min",
    "y_min",
    "x_max",
    "y_max",
    "clock",
    "has_snapshot",
    "active",
)
FARTHEST = 253_402_300_799.0
"""The year 9999: no calendar goes on after it."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is run by spreadsheets."""


Found = Iterator[Sequence[Stored]]


def pages(reader: Reader, camera: Camera | None, begin: float | None, end: float | None) -> Found:
    """All passages, the newest first, a thousand at a time."""
    before: str | None = None
    while True:
        page = reader.passages(camera, begin, end, MOST, before)
        yield page.passages
        if page.older is None:
            return
        before = page.older


def as_csv(found: Found) -> Iterator[str]:
    """Page by page; nothing before the store has answered."""
    head: Sequence[Sequence[object]] = [COLUMNS]
    for page in found:
        yield lines([*head, *([_cell(value) for value in row_of(each).values()] for each in page)])
        head = []


def as_json(found: Found) -> Iterator[str]:
    """One array of objects, each of them as a passage of the interface; page by page."""
    before = "["
    for page in found:
        said = [{"box": each.box, "passage": each.passage.model_dump(mode="json")} for each in page]
        yield before + ",\n".join(map(json.dumps, said))
        before = ",\n"
    yield "]\n"


def write_parquet(found: Found, file: BinaryIO) -> None:
    """Raises MissingExtra where PyArrow is not installed."""
    check_installed("parquet", "pyarrow")
    import pyarrow as pa
    from pyarrow import parquet

    texts = ("box", "camera", "id", "ended", "clock")
    kinds = {name: pa.string() for name in texts}
    kinds |= {"start": pa.timestamp("ms", "UTC"), "end": pa.timestamp("ms", "UTC"), "zones": pa.list_(pa.string())}
    kinds |= dict.fromkeys(("has_snapshot", "active"), pa.bool_())
    kinds |= dict.fromkeys(("x_min", "y_min", "x_max", "y_max"), pa.int32())
    schema = pa.schema([(name, kinds.get(name, pa.float64())) for name in COLUMNS])
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for page in found:
            writer.write_table(pa.Table.from_pylist([row_of(each) for each in page], schema))


def row_of(stored: Stored) -> Mapping[str, Any]:
    passage = stored.passage
    said = passage.model_dump()
    corners = dict(zip(("x_min", "y_min", "x_max", "y_max"), passage.box, strict=True))
    own: dict[str, Any] = {
        "box": stored.box,
        "start": _moment(passage.start_time),
        "end": None if passage.end_time is None else _moment(passage.end_time),
        "zones": list(passage.zones),
        **corners,
    }
    return {name: own[name] if name in own else said[name] for name in COLUMNS}


def lines(rows: Iterable[Sequence[object]]) -> str:
    """Of a CSV file; no cell is one that a spreadsheet would run."""
    text = io.StringIO()
    csv.writer(text).writerows([_tame(cell) for cell in row] for row in rows)
    return text.getvalue()


def file_name(*parts: str) -> str:
    """What a browser may call a file, whatever cameras are called."""
    return "-".join(re.sub(r"[^A-Za-z0-9._-]+", "_", part).strip("._")[:60] or "camera" for part in parts)


def _tame(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    return ";".join(map(str, value)) if isinstance(value, list) else value


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(min(max(seconds, 0.0), FARTHEST), UTC)
