"""What outsiders were promised, corrections of what they read, and how much somebody sees who asks."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0035"


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    with op.batch_alter_table("incident_updates") as updates:
        updates.add_column(sa.Column("outside_next_at", instant, nullable=True))
        updates.add_column(sa.Column("corrected_at", instant, nullable=True))
        updates.add_column(sa.Column("corrected_by", sa.String(length=200), nullable=True))
    with op.batch_alter_table("incident_questions") as questions:
        questions.add_column(sa.Column("asked_as", sa.String(length=20), nullable=True))
