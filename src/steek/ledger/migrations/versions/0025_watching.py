"""Models that others train and serve."""

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    pass
