"""Cleaning, sampling and joins."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    _join_reports()
    _derivations()


def _join_reports() -> None:
    # No join so far was by point in time, and none counted the rows that found several partners.
    with op.batch_alter_table("join_reports") as batch:
        batch.add_column(sa.Column("several_rows", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("point_in_time", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("join_reports") as batch:
        batch.alter_column("point_in_time", existing_type=sa.Boolean(), server_default=None)


def _derivations() -> None:
    with op.batch_alter_table("derivations") as batch:
        batch.add_column(sa.Column("rows_before", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("unexpected", sa.Text(), nullable=True))
