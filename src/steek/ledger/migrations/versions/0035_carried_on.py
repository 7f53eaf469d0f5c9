"""Which process carries a mitigation on, so that one that was interrupted is taken up."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0033"


def upgrade() -> None:
    with op.batch_alter_table("incident_actions") as actions:
        actions.add_column(sa.Column("process", sa.String(length=200), nullable=True))
