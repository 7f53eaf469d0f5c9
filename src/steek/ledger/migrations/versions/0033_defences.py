"""Follow-ups, answers about readiness, reviews of architecture."""

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    pass
