"""Postmortems that are edited, reviewed, published and searched."""

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    pass
