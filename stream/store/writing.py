"""Records into tables, so that a record that comes twice, or after a newer one, changes nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from stream.store.records import (
    BeginRecord,
    CameraRecord,
    CurveRecord,
    MinuteRecord,
    PassageRecord,
    Record,
    SettingsRecord,
)
from stream.store.tables import boxes, cameras, curves, hours, minutes, passages, settings
from stream.store.tallied import Tallied

SEEN_S = 10.0
"""That a box is alive is written at most so often."""
CORNERS = ("x_min", "y_min", "x_max", "y_max")
Row = Mapping[str, Any]


def write(connection: Connection, box: str, records: Sequence[Record], now: float) -> None:
    """All of the records, in the caller's transaction.

    Args:
        box: its name; it is made where it is new, and so are cameras.
        records: of this box; of several with the same key the one with the highest revision counts.
        now: wall clock, seconds since 1970.
    """
    box_id = _box(connection, box, now)
    ids = _cameras(connection, box_id, {name for each in records if (name := _camera_of(each)) is not None})
    newest: dict[str, Record] = {}
    for each in sorted(records, key=lambda record: record.revision):
        newest[each.key] = each
    kept = newest.values()
    rows = [_passage_row(each, box_id, ids) for each in kept if isinstance(each, PassageRecord)]
    _put(connection, passages, rows)
    _put(connection, curves, [_curve_row(each, box_id) for each in kept if isinstance(each, CurveRecord)])
    # After them: one that was under way when the box was killed may have waited together with the news of the next start.
    begins = [each.revision for each in kept if isinstance(each, BeginRecord)]
    left = _end_open(connection, box_id, max(begins)) if begins else []
    _states(connection, [each for each in kept if isinstance(each, CameraRecord)], ids)
    told = [each for each in kept if isinstance(each, MinuteRecord)]
    counted = [*left, *(_minute_row(each, ids) for each in told)]
    _put(connection, minutes, counted)
    _sum_up(connection, {(row["camera_id"], row["minute"] // 60) for row in counted})
    for each in kept:
        if isinstance(each, SettingsRecord):
            _settings(connection, box_id, each)


def _camera_of(record: Record) -> str | None:
    if isinstance(record, PassageRecord):
        return record.passage.camera
    return record.camera if isinstance(record, MinuteRecord | CameraRecord) else None


def _box(connection: Connection, name: str, now: float) -> int:
    wanted = select(boxes.c.id, boxes.c.seen).where(boxes.c.name == name)
    found = connection.execute(wanted).one_or_none()
    if found is None:
        _add(connection, boxes, [{"name": name, "seen": now}])
        found = connection.execute(wanted).one()
    if abs(now - found.seen) > SEEN_S:
        connection.execute(update(boxes).where(boxes.c.id == found.id).values(seen=now))
    return int(found.id)


def _cameras(connection: Connection, box_id: int, names: Iterable[str]) -> dict[str, int]:
    wanted = select(cameras.c.name, cameras.c.id).where(cameras.c.box_id == box_id)
    ids = {str(row.name): int(row.id) for row in connection.execute(wanted)}
    fresh = sorted(set(names) - ids.keys())
    if not fresh:
        return ids
    _add(connection, cameras, [{"box_id": box_id, "name": name, "revision": 0} for name in fresh])
    return {str(row.name): int(row.id) for row in connection.execute(wanted)}


def _add(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Those that are not there yet."""
    connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


def _put(connection: Connection, table: Table, rows: Sequence[Row], newer: bool = True) -> None:
    """In the place of what is there; with `newer`, of what has a lower revision."""
    if not rows:
        return
    insert = _insert(connection, table)
    keys = [column.name for column in table.primary_key]
    fresh = {column.name: insert.excluded[column.name] for column in table.columns if column.name not in keys}
    where = insert.excluded.revision > table.c.revision if newer else None
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=fresh, where=where), rows)


def _insert(connection: Connection, table: Table) -> Any:
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)


def _passage_row(record: PassageRecord, box_id: int, ids: Mapping[str, int]) -> Row:
    passage = record.passage
    row = passage.model_dump(exclude={"camera", "box", "zones"})
    row |= {"box_id": box_id, "camera_id": ids[passage.camera], "revision": record.revision}
    return row | {"zones": list(passage.zones)} | dict(zip(CORNERS, passage.box, strict=True))


def _curve_row(record: CurveRecord, box_id: int) -> Row:
    row = record.model_dump(include={"revision", "begin", "step"})
    return row | {"box_id": box_id, "id": record.passage, "scores": bytes.fromhex(record.scores)}


def _end_open(connection: Connection, box_id: int, revision: int) -> list[Row]:
    """What an earlier start of the box left open ended when it was last seen. Returns the minutes to count it in, as parts of their own: no watch
    will ever tell of them.
    """
    table = passages.c
    open_ones = (table.box_id == box_id, table.active, table.revision < revision)
    found = connection.execute(select(table.camera_id, table.frame_time).where(*open_ones)).all()
    ended = {"active": False, "ended": "stopped", "end_time": table.frame_time, "revision": revision}
    connection.execute(passages.update().where(*open_ones).values(ended))
    nothing = {
        "part": revision,
        "revision": revision,
        "frames": 0,
        **dict.fromkeys(("seconds", "blind_s", "ship_s"), 0.0),
    }
    ends = Counter((row.camera_id, int(row.frame_time // 60)) for row in found)
    return [
        {"camera_id": camera_id, "minute": minute, "passages": count, "unknown": {}, **nothing}
        for (camera_id, minute), count in ends.items()
    ]


def _states(connection: Connection, records: Sequence[CameraRecord], ids: Mapping[str, int]) -> None:
    if not records:
        return
    said = [each.model_dump(exclude={"kind", "camera"}) for each in records]
    rows = [
        {"the_id": ids[each.camera]} | {f"new_{name}": value for name, value in row.items()}
        for each, row in zip(records, said, strict=True)
    ]
    older = (cameras.c.id == bindparam("the_id"), cameras.c.revision < bindparam("new_revision"))
    connection.execute(update(cameras).where(*older).values({name: bindparam(f"new_{name}") for name in said[0]}), rows)


def _minute_row(record: MinuteRecord, ids: Mapping[str, int]) -> Row:
    row = record.model_dump(exclude={"kind", "camera"})
    return row | {"camera_id": ids[record.camera], "blind_s": round(sum(record.unknown.values()), 3)}


def _sum_up(connection: Connection, touched: Iterable[tuple[int, int]]) -> None:
    """Hours are sums of their minutes, made anew: coming twice, a minute counts once."""
    table = minutes.c
    columns = (table.seconds, table.blind_s, table.ship_s, table.frames, table.passages, table.unknown)
    rows: list[Row] = []
    for camera_id, hour in sorted(touched):
        within = (table.camera_id == camera_id, table.minute >= 60 * hour, table.minute < 60 * (hour + 1))
        whole = Tallied()
        for row in connection.execute(select(*columns).where(*within)):
            whole.add(*row[:-1])
            whole.blind(row.unknown)
        rows.append({"camera_id": camera_id, "hour": hour, **whole.columns})
    _put(connection, hours, rows, newer=False)


def _settings(connection: Connection, box_id: int, record: SettingsRecord) -> None:
    """Where they differ from what ran before."""
    table = settings.c
    last = select(table.settings).where(table.box_id == box_id).order_by(table.revision.desc()).limit(1)
    if connection.execute(last).scalar_one_or_none() != record.settings:
        row = {"box_id": box_id, "revision": record.revision, "at": record.at, "settings": record.settings}
        _add(connection, settings, [row])
