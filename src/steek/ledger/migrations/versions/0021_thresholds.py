"""Learned thresholds, season, drift, back-tests."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    _learned_thresholds()
    _expected_changes()
    _back_tests()
    with op.batch_alter_table("indicator_points") as batch:
        batch.add_column(sa.Column("drift", sa.String(length=500), nullable=True))


def _learned_thresholds() -> None:
    op.create_table(
        "learned_thresholds",
        sa.Column("monitor", sa.String(length=120), nullable=False),
        sa.Column("in_force_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_window_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_window_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("windows", sa.Integer(), nullable=False),
        sa.Column("slices", sa.Integer(), nullable=False),
        sa.Column("shared_width", sa.Float(), nullable=False),
        sa.Column("incidents", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("drifts", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("monitor", "in_force_at"),
    )


def _expected_changes() -> None:
    op.create_table(
        "expected_changes",
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event", "subject"),
    )
    op.create_index("expected_changes_by_subject", "expected_changes", ["subject", "since_at"], unique=False)


def _back_tests() -> None:
    op.create_table(
        "back_tests",
        sa.Column("monitor", sa.String(length=120), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("windows", sa.Integer(), nullable=False),
        sa.Column("fired", sa.Integer(), nullable=False),
        sa.Column("per_week", sa.Float(), nullable=False),
        sa.Column("budget_per_week", sa.Float(), nullable=False),
        sa.Column("within_budget", sa.Boolean(), nullable=False),
        sa.Column("sentence", sa.String(length=500), nullable=False),
        sa.Column("firings", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("monitor"),
    )
