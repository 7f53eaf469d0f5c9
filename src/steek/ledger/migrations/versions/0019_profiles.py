"""Profiles of windows and slices: edges by version, runs of catching up, parts of windows, slices seen."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    _profile_edges()
    _profile_runs()
    _profile_parts()
    _profile_slices()


def _profile_edges() -> None:
    op.create_table(
        "profile_edges",
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("column", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("what", "column", "version"),
    )


def _profile_runs() -> None:
    op.create_table(
        "profile_runs",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("last_version", sa.Integer(), nullable=True),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sequence"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("profile_runs_by_what", "profile_runs", ["what", "state", "sequence"], unique=False)


def _profile_parts() -> None:
    op.create_table(
        "profile_parts",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("window_start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source_version", sa.Integer(), nullable=True),
        sa.Column("replaces", sa.Boolean(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("slices", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", "what", "window_start_at"),
    )
    op.create_index("profile_parts_by_window", "profile_parts", ["what", "window_start_at"], unique=False)


def _profile_slices() -> None:
    op.create_table(
        "profile_slices",
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("slice", sa.String(length=300), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("what", "slice"),
    )
