"""Lineage of columns, runs told by others, and the upkeep of lake tables."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    _outside_runs()
    _column_maps()
    _column_edges()
    _lake_pins()
    _lake_compactions()
    _lake_vacuums()
    _ended_table_versions()


def _outside_runs() -> None:
    op.create_table(
        "outside_runs",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("event_type", sa.String(length=20), nullable=False),
        sa.Column("job", sa.String(length=300), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "event_type"),
    )


def _column_maps() -> None:
    op.create_table(
        "column_maps",
        sa.Column("downstream", sa.String(length=300), nullable=False),
        sa.Column("definition_hash", sa.String(length=64), nullable=False),
        sa.Column("known_by", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("downstream", "definition_hash"),
    )


def _column_edges() -> None:
    op.create_table(
        "column_edges",
        sa.Column("upstream", sa.String(length=300), nullable=False),
        sa.Column("upstream_column", sa.String(length=200), nullable=False),
        sa.Column("downstream", sa.String(length=300), nullable=False),
        sa.Column("downstream_column", sa.String(length=200), nullable=False),
        sa.Column("definition_hash", sa.String(length=64), nullable=False),
        sa.Column("effect", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("upstream", "upstream_column", "downstream", "downstream_column", "definition_hash"),
    )
    op.create_index("column_edges_by_downstream", "column_edges", ["downstream", "downstream_column"], unique=False)


def _lake_pins() -> None:
    op.create_table(
        "lake_pins",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("sequence"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("lake_pins_by_name", "lake_pins", ["name", "version"], unique=False)


def _lake_compactions() -> None:
    op.create_table(
        "lake_compactions",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("clustered_by", sa.String(length=200), nullable=True),
        sa.Column("files_before", sa.Integer(), nullable=False),
        sa.Column("files_after", sa.Integer(), nullable=False),
        sa.Column("size_bytes_before", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes_after", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )


def _lake_vacuums() -> None:
    op.create_table(
        "lake_vacuums",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kept_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_versions", sa.JSON(), nullable=False),
        sa.Column("kept_versions", sa.Integer(), nullable=False),
        sa.Column("deleted_files", sa.Integer(), nullable=False),
        sa.Column("despite_pins", sa.String(length=500), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )


def _ended_table_versions() -> None:
    op.create_table(
        "ended_table_versions",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "version"),
    )
