"""The first tables of loop."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    _nights()


def _nights() -> None:
    op.create_table(
        "nights",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("stage", sa.String(length=120), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
