"""Table of quarantine decisions: which rows were sent again or given up, by whom and why."""

from sqlalchemy import JSON, BigInteger, Column, Index, String, Table, Text, UniqueConstraint

from steek.ledger.database import Instant, metadata
from steek.ledger.tables import Sequence

quarantine_decisions = Table(
    "quarantine_decisions",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("key", String(300), nullable=False),
    Column("dataset", String(200), nullable=False),
    Column("action", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    Column("asked", JSON, nullable=False),
    Column("rows", JSON, nullable=False),
    Column("row_count", BigInteger, nullable=False),
    Column("left_count", BigInteger, nullable=False),
    Column("contract_hash", String(64)),
    Column("receipts", JSON, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("key"),
    Index("quarantine_decisions_by_dataset", "dataset", "sequence"),
)
