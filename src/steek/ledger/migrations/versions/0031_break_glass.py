"""Access in an emergency, concerns and refusals."""

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    pass
