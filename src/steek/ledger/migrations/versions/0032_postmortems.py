"""Postmortems that are edited, reviewed, published and searched."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    _reports()
    _versions()
    _requests()
    _comments()
    _unsettled()
    _taxonomies()


def _reports() -> None:
    op.create_table(
        "postmortem_reports",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("incident_id", sa.String(length=20), nullable=True),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("writers", sa.JSON(), nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=True),
        sa.Column("reviewed_by", sa.String(length=200), nullable=True),
        sa.Column("source_name", sa.String(length=300), nullable=True),
        sa.Column("source_hash", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("incident_id"),
    )
    op.create_index("postmortem_reports_by_source", "postmortem_reports", ["source_hash"], unique=True)


def _versions() -> None:
    op.create_table(
        "postmortem_versions",
        sa.Column("postmortem_id", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["postmortem_id"], ["postmortem_reports.id"]),
        sa.PrimaryKeyConstraint("postmortem_id", "version"),
    )


def _requests() -> None:
    op.create_table(
        "postmortem_requests",
        sa.Column("operation", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("postmortem_id", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["postmortem_id"], ["postmortem_reports.id"]),
        sa.PrimaryKeyConstraint("operation", "key"),
    )


def _comments() -> None:
    op.create_table(
        "postmortem_comments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("postmortem_id", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(length=300), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["postmortem_id"], ["postmortem_reports.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("postmortem_comments_by_postmortem", "postmortem_comments", ["postmortem_id", "at"], unique=False)


def _unsettled() -> None:
    op.create_table(
        "postmortem_unsettled",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("postmortem_id", sa.String(length=60), nullable=False),
        sa.Column("field", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["postmortem_id"], ["postmortem_reports.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("postmortem_unsettled_by_postmortem", "postmortem_unsettled", ["postmortem_id", "at"], unique=False)


def _taxonomies() -> None:
    op.create_table(
        "taxonomies",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version"),
        sa.UniqueConstraint("key"),
    )
