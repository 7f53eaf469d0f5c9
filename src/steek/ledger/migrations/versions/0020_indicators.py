"""Indicators: business series, user-defined values, their own health."""

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    pass
