"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "boxes",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("seen", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_boxes"),
        sa.UniqueConstraint("name", name="uq_boxes_name"),
    )
    op.create_table(
        "cameras",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("box_id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("phase", sa.Text),
        sa.Column("trouble", sa.Text),
        sa.Column("decoder", sa.Text),
        sa.Column("connections", sa.Integer),
        sa.Column("failures", sa.Integer),
        sa.Column("last_frame", sa.Double),
        sa.Column("at", sa.Double),
        sa.PrimaryKeyConstraint("id", name="pk_cameras"),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.id"], name="fk_cameras_box_id"),
        sa.UniqueConstraint("box_id", "name", name="uq_cameras_box_id"),
    )
    op.create_table(
        "passages",
        sa.Column("box_id", sa.Integer, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("camera_id", sa.Integer, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("start_time", sa.Double, nullable=False),
        sa.Column("end_time", sa.Double),
        sa.Column("clock", sa.Text, nullable=False),
        sa.Column("frame_time", sa.Double, nullable=False),
        sa.Column("length_s", sa.Double, nullable=False),
        sa.Column("unseen_s", sa.Double, nullable=False),
        sa.Column("ended", sa.Text),
        sa.Column("score", sa.Double, nullable=False),
        sa.Column("top_score", sa.Double, nullable=False),
        sa.Column("best_frame", sa.BigInteger, nullable=False),
        sa.Column("best_time", sa.Double, nullable=False),
        sa.Column("start_media", sa.Double, nullable=False),
        sa.Column("x_min", sa.Integer, nullable=False),
        sa.Column("y_min", sa.Integer, nullable=False),
        sa.Column("x_max", sa.Integer, nullable=False),
        sa.Column("y_max", sa.Integer, nullable=False),
        sa.Column("zones", sa.JSON, nullable=False),
        sa.Column("has_snapshot", sa.Boolean, nullable=False),
        sa.Column("has_clip", sa.Boolean, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("box_id", "id", name="pk_passages"),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.id"], name="fk_passages_box_id"),
        sa.ForeignKeyConstraint(["camera_id"], ["cameras.id"], name="fk_passages_camera_id"),
    )
    op.create_index("ix_passages_camera", "passages", ["camera_id", "start_time", "box_id", "id"])
    op.create_index("ix_passages_time", "passages", ["start_time", "box_id", "id"])
    op.create_index(
        "ix_passages_active",
        "passages",
        ["box_id"],
        sqlite_where=sa.text("active = 1"),
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "minutes",
        sa.Column("camera_id", sa.Integer, nullable=False),
        sa.Column("minute", sa.Integer, nullable=False),
        sa.Column("part", sa.BigInteger, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("blind_s", sa.Double, nullable=False),
        sa.Column("ship_s", sa.Double, nullable=False),
        sa.Column("frames", sa.BigInteger, nullable=False),
        sa.Column("passages", sa.BigInteger, nullable=False),
        sa.Column("unknown", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "minute", "part", name="pk_minutes"),
        sa.ForeignKeyConstraint(["camera_id"], ["cameras.id"], name="fk_minutes_camera_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "hours",
        sa.Column("camera_id", sa.Integer, nullable=False),
        sa.Column("hour", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("blind_s", sa.Double, nullable=False),
        sa.Column("ship_s", sa.Double, nullable=False),
        sa.Column("frames", sa.BigInteger, nullable=False),
        sa.Column("passages", sa.BigInteger, nullable=False),
        sa.Column("unknown", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "hour", name="pk_hours"),
        sa.ForeignKeyConstraint(["camera_id"], ["cameras.id"], name="fk_hours_camera_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "settings",
        sa.Column("box_id", sa.Integer, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("box_id", "revision", name="pk_settings"),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.id"], name="fk_settings_box_id"),
    )
