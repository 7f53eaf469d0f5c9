"""Indicators: business series, user-defined values, their own health."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    _series_values()
    _series_feeds()
    _monitor_health()
    _serving_replicas()


def _series_values() -> None:
    op.create_table(
        "series_values",
        sa.Column("series", sa.String(length=120), nullable=False),
        sa.Column("slice", sa.String(length=300), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("series", "slice", "at"),
    )
    op.create_index("series_values_by_time", "series_values", ["series", "at"], unique=False)


def _series_feeds() -> None:
    op.create_table(
        "series_feeds",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("series", sa.String(length=120), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("receipt", sa.JSON(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )


def _monitor_health() -> None:
    op.create_table(
        "monitor_health",
        sa.Column("monitor", sa.String(length=120), nullable=False),
        sa.Column("definition", sa.String(length=64), nullable=False),
        sa.Column("first_window_end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evaluated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("took_ms", sa.Float(), nullable=False),
        sa.Column("value_window_end_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("empty_windows", sa.Integer(), nullable=False),
        sa.Column("slices", sa.Integer(), nullable=False),
        sa.Column("folded", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=500), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("condition", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("monitor"),
    )


def _serving_replicas() -> None:
    op.create_table(
        "serving_replicas",
        sa.Column("replica", sa.String(length=100), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("trained_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("data_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("replica", "model"),
    )
