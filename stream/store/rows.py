"""Passages as the tables hold them, and as they were written."""

from typing import Any

from sqlalchemy import Row, Select, select

from stream.following.passage import Passage
from stream.store.page import Stored
from stream.store.tables import boxes, cameras, passages
from stream.store.writing import CORNERS

NOT_OF_PASSAGE = ("box_id", "camera_id", "revision", "box_name")


def whole() -> Select[Any]:
    joined = passages.join(boxes, passages.c.box_id == boxes.c.id).join(cameras, passages.c.camera_id == cameras.c.id)
    return select(passages, boxes.c.name.label("box_name"), cameras.c.name.label("camera")).select_from(joined)


def stored(row: Row[Any]) -> Stored:
    said = row._asdict()
    box = tuple(said.pop(corner) for corner in CORNERS)
    for name in NOT_OF_PASSAGE:
        del said[name]
    return Stored(row.box_name, Passage(box=box, **said))
