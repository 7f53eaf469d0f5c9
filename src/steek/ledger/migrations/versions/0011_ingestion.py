"""What ingestion keeps: receipts with a state, groups, producers."""

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    pass
