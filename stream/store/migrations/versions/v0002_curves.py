"""Scores of passages."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "curves",
        sa.Column("box_id", sa.Integer, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("begin", sa.Double, nullable=False),
        sa.Column("step", sa.Double, nullable=False),
        sa.Column("scores", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("box_id", "id", name="pk_curves"),
        sa.ForeignKeyConstraint(["box_id"], ["boxes.id"], name="fk_curves_box_id"),
        sqlite_with_rowid=False,
    )
