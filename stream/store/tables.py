"""The tables of a store, as they are now; `migrations/` makes them, and is compared with this in the tests."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

VERSION = "0002"
"""Of these tables: that of the newest migration."""
VERSION_TABLE = "rivereye_version"
METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

boxes = Table(
    "boxes",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("seen", Double, nullable=False),  # when it last wrote, to about 10 s
)

cameras = Table(
    "cameras",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("box_id", Integer, ForeignKey("boxes.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("phase", Text),
    Column("trouble", Text),
    Column("decoder", Text),
    Column("connections", Integer),
    Column("failures", Integer),
    Column("last_frame", Double),
    Column("at", Double),
    UniqueConstraint("box_id", "name"),
)

passages = Table(
    "passages",
    METADATA,
    Column("box_id", Integer, ForeignKey("boxes.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("camera_id", Integer, ForeignKey("cameras.id"), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("label", Text, nullable=False),
    Column("start_time", Double, nullable=False),
    Column("end_time", Double),
    Column("clock", Text, nullable=False),
    Column("frame_time", Double, nullable=False),
    Column("length_s", Double, nullable=False),
    Column("unseen_s", Double, nullable=False),
    Column("ended", Text),
    Column("score", Double, nullable=False),
    Column("top_score", Double, nullable=False),
    Column("best_frame", BigInteger, nullable=False),
    Column("best_time", Double, nullable=False),
    Column("start_media", Double, nullable=False),
    Column("x_min", Integer, nullable=False),
    Column("y_min", Integer, nullable=False),
    Column("x_max", Integer, nullable=False),
    Column("y_max", Integer, nullable=False),
    Column("zones", JSON, nullable=False),
    Column("has_snapshot", Boolean, nullable=False),
    Column("has_clip", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    # In the order of pages, of one camera and of all.
    Index("ix_passages_camera", "camera_id", "start_time", "box_id", "id"),
    Index("ix_passages_time", "start_time", "box_id", "id"),
    Index("ix_passages_active", "box_id", sqlite_where=text("active = 1"), postgresql_where=text("active")),
)

_TALLY = (
    ("seconds", Double),
    ("blind_s", Double),
    ("ship_s", Double),
    ("frames", BigInteger),
    ("passages", BigInteger),
)

minutes = Table(
    "minutes",
    METADATA,
    Column("camera_id", Integer, ForeignKey("cameras.id"), primary_key=True),
    Column("minute", Integer, primary_key=True, autoincrement=False),  # whole minutes since 1970
    Column("part", BigInteger, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    *(Column(name, kind, nullable=False) for name, kind in _TALLY),
    Column("unknown", JSON, nullable=False),
    sqlite_with_rowid=False,  # a camera's minutes lie side by side
)

hours = Table(
    "hours",
    METADATA,
    Column("camera_id", Integer, ForeignKey("cameras.id"), primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False),  # whole hours since 1970
    *(Column(name, kind, nullable=False) for name, kind in _TALLY),
    Column("unknown", JSON, nullable=False),
    sqlite_with_rowid=False,
)

curves = Table(
    "curves",
    METADATA,
    Column("box_id", Integer, ForeignKey("boxes.id"), primary_key=True),
    Column("id", Text, primary_key=True),  # of the passage
    Column("revision", BigInteger, nullable=False),
    Column("begin", Double, nullable=False),
    Column("step", Double, nullable=False),
    Column("scores", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

settings = Table(
    "settings",
    METADATA,
    Column("box_id", Integer, ForeignKey("boxes.id"), primary_key=True),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("settings", JSON, nullable=False),
)
