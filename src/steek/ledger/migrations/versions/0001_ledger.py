"""The first tables of ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _events()
    _outside_changes()
    _subscription_cursors()
    _lineage_edges()


def _events() -> None:
    op.create_table(
        "events",
        sa.Column(
            "sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("causes", sa.JSON(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("payload_version", sa.Integer(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("events_by_at", "events", ["at"], unique=False)
    op.create_index("events_by_kind", "events", ["kind", "sequence"], unique=False)
    op.create_index("events_by_subject", "events", ["subject", "sequence"], unique=False)


def _outside_changes() -> None:
    op.create_table(
        "outside_changes",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )


def _subscription_cursors() -> None:
    op.create_table(
        "subscription_cursors",
        sa.Column("subscriber", sa.String(length=100), nullable=False),
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("subscriber"),
    )


def _lineage_edges() -> None:
    op.create_table(
        "lineage_edges",
        sa.Column("upstream", sa.String(length=300), nullable=False),
        sa.Column("downstream", sa.String(length=300), nullable=False),
        sa.Column("event_sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_sequence"],
            ["events.sequence"],
        ),
        sa.PrimaryKeyConstraint("upstream", "downstream"),
    )
    op.create_index("lineage_by_downstream", "lineage_edges", ["downstream", "upstream"], unique=False)
