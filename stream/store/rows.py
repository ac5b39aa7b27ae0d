"""Passages as the tables hold them, and as they were written."""

from typing import Any

from sqlalchemy import Row, Select, select

from stream.following.passage import Passage
from stream.store.page import Stored
from stream.store.tables import boxes, cameras, passages
from stream.store.writing import CORNERS

NOT_OF_PASSAGE = ("box_id", "camera_id", "revision", "box_name", "camera", *CORNERS)


def whole() -> Select[Any]:
    joined = passages.join(boxes, passages.c.box_id == boxes.c.id).join(cameras, passages.c.camera_id == cameras.c.id)
    return select(passages, boxes.c.name.label("box_name"), cameras.c.name.label("camera")).select_from(joined)


def stored(row: Row[Any]) -> Stored:
    said = dict(row._mapping)
    box = tuple(said[corner] for corner in CORNERS)
    rest = {name: value for name, value in said.items() if name not in NOT_OF_PASSAGE}
    return Stored(said["box_name"], Passage(camera=said["camera"], box=box, **rest))
