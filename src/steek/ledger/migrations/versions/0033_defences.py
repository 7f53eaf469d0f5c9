"""Follow-ups, answers about readiness, reviews of architecture."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    _follow_ups()
    _answers()
    _architecture()


def _follow_ups() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "follow_ups",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("priority", sa.String(length=2), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("cost", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("due_at", instant, nullable=True),
        sa.Column("done_means", sa.Text(), nullable=False),
        sa.Column("done_check", sa.JSON(), nullable=False),
        sa.Column("postmortem", sa.String(length=20), nullable=True),
        sa.Column("category", sa.String(length=80), nullable=True),
        sa.Column("for_leaders", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", instant, nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("ending", sa.JSON(), nullable=False),
        sa.Column("review", sa.JSON(), nullable=False),
        sa.Column("tracker", sa.JSON(), nullable=False),
        sa.Column("escalation_step", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("follow_ups_by_number", "follow_ups", ["number"], unique=True)
    op.create_index("follow_ups_by_state", "follow_ups", ["state", "due_at"], unique=False)
    op.create_index("follow_ups_by_postmortem", "follow_ups", ["postmortem"], unique=False)
    op.create_table(
        "follow_up_requests",
        sa.Column("operation", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("follow_up", sa.String(length=20), nullable=True),
        sa.Column("at", instant, nullable=False),
        sa.PrimaryKeyConstraint("operation", "key"),
    )


def _answers() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "readiness_answers",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("test", sa.String(length=60), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("answered_at", instant, nullable=False),
        sa.Column("expires_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("readiness_answers_by_number", "readiness_answers", ["number"], unique=True)
    op.create_index("readiness_answers_by_model", "readiness_answers", ["model", "test"], unique=False)


def _architecture() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "architecture_entries",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("added_at", instant, nullable=False),
        sa.Column("settled_at", instant, nullable=True),
        sa.Column("settled_by", sa.String(length=200), nullable=True),
        sa.Column("settled_because", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("architecture_entries_by_id", "architecture_entries", ["id"], unique=True)
    op.create_table(
        "architecture_reviews",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reviewed_at", instant, nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("architecture_reviews_by_id", "architecture_reviews", ["id"], unique=True)
