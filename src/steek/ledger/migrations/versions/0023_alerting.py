"""Groups, silences, verdicts and noise of alerts."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    _alerts()
    _groups()
    _silences()
    _verdicts()
    _alone()


def _alone() -> None:
    """Each alert of before is a group of its own: what belonged together then is not known."""
    op.execute("UPDATE alerts SET group_id = 'g' || substr(id, 1, 11)")
    op.execute(
        "INSERT INTO alert_groups (id, state, head, subject, severity, onset_start_at, onset_end_at, is_told, "
        "opened_at, changed_at, resolved_at) SELECT group_id, CASE WHEN state = 'resolved' THEN 'resolved' ELSE 'open' "
        "END, id, subject, severity, onset_start_at, onset_end_at, FALSE, opened_at, opened_at, resolved_at FROM alerts"
    )
    op.execute(
        "INSERT INTO alert_group_onsets (group_id, subject, onset_start_at, onset_end_at, head, severity) "
        "SELECT group_id, subject, onset_start_at, onset_end_at, id, severity FROM alerts"
    )


def _alerts() -> None:
    with op.batch_alter_table("alerts") as batch:
        batch.add_column(sa.Column("group_id", sa.String(length=16), nullable=True))
        batch.add_column(sa.Column("silence_id", sa.String(length=16), nullable=True))
        batch.add_column(sa.Column("flapping_since_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("affected", sa.JSON(), nullable=True))
        batch.add_column(sa.Column("size", sa.JSON(), nullable=True))
        batch.create_index("alerts_by_group", ["group_id"], unique=False)
        batch.create_index("alerts_by_opening", ["opened_at"], unique=False)


def _groups() -> None:
    op.create_table(
        "alert_groups",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("head", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("onset_start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("onset_end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.Column("merged_into", sa.String(length=16), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("alert_groups_by_state", "alert_groups", ["state", "changed_at"], unique=False)
    op.create_table(
        "alert_group_onsets",
        sa.Column("group_id", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("onset_start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("onset_end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("head", sa.String(length=16), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "subject", "onset_start_at", "onset_end_at"),
    )


def _silences() -> None:
    op.create_table(
        "alert_silences",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("monitor", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("slice", sa.String(length=300), nullable=False),
        sa.Column("covers_pages", sa.Boolean(), nullable=False),
        sa.Column("hides", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("alert_silences_by_state", "alert_silences", ["state", "ends_at"], unique=False)


def _verdicts() -> None:
    op.create_table(
        "alert_verdicts",
        sa.Column("alert", sa.String(length=16), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("alert"),
    )
    op.create_table(
        "alert_requests",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("operation", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=16), nullable=False),
        sa.Column("alerts", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", "operation"),
    )
    op.create_table(
        "alert_noise_reports",
        sa.Column("week_start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noisy", sa.JSON(), nullable=False),
        sa.Column("unheard", sa.JSON(), nullable=False),
        sa.Column("fired", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("week_start_at"),
    )
