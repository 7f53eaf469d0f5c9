"""Attributions of changes to slices."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "attributions",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("dataset", sa.String(length=300), nullable=False),
        sa.Column("monitor", sa.String(length=120), nullable=True),
        sa.Column("alert", sa.String(length=16), nullable=True),
        sa.Column("window_start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("question", sa.JSON(), nullable=False),
        sa.Column("against", sa.JSON(), nullable=False),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("attributions_by_dataset", "attributions", ["dataset", "made_at"], unique=False)
    op.create_index("attributions_by_monitor", "attributions", ["monitor", "window_end_at"], unique=False)
