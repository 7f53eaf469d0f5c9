"""Changes that wait for approval, and agreements to mitigations."""

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    pass
