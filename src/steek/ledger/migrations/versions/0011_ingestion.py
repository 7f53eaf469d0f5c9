"""What ingestion keeps: receipts with a state, the spool, producers of single events."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    _receipts()
    _spool_entries()
    _event_producers()


def _receipts() -> None:
    # Every receipt so far was written with its commit.
    with op.batch_alter_table("receipts") as batch:
        batch.alter_column("table_version", existing_type=sa.Integer(), nullable=True)
        batch.add_column(sa.Column("state", sa.String(length=20), nullable=False, server_default="committed"))
        batch.add_column(sa.Column("steps", sa.JSON(), nullable=False, server_default=sa.text("'{}'")))
        batch.add_column(sa.Column("group_id", sa.String(length=32), nullable=True))
    with op.batch_alter_table("receipts") as batch:
        batch.alter_column("state", existing_type=sa.String(length=20), server_default=None)
        batch.alter_column("steps", existing_type=sa.JSON(), server_default=None)
    op.create_index("receipts_by_state", "receipts", ["dataset", "state", "sequence"], unique=False)


def _spool_entries() -> None:
    op.create_table(
        "spool_entries",
        sa.Column("receipt_id", sa.String(length=32), nullable=False),
        sa.Column("spool_id", sa.String(length=32), nullable=False),
        sa.Column("dataset", sa.String(length=200), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("receipt_id"),
    )
    op.create_index("spool_entries_by_spool", "spool_entries", ["spool_id", "dataset"], unique=False)


def _event_producers() -> None:
    op.create_table(
        "event_producers",
        sa.Column("dataset", sa.String(length=200), nullable=False),
        sa.Column("producer", sa.String(length=200), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("receipt_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "producer"),
    )
