"""Signals, severity, impact, merged incidents and pins."""

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    pass
