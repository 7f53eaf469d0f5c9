"""Tables of ingestion: what lies in the spool, and how far the producers of single events are."""

from sqlalchemy import JSON, BigInteger, Column, Index, String, Table

from steek.ledger.database import Instant, metadata

spool_entries = Table(
    "spool_entries",
    metadata,
    Column("receipt_id", String(32), primary_key=True),
    Column("spool_id", String(32), nullable=False),
    Column("dataset", String(200), nullable=False),
    Column("files", JSON, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("facts", JSON, nullable=False),
    Index("spool_entries_by_spool", "spool_id", "dataset"),
)

event_producers = Table(
    "event_producers",
    metadata,
    Column("dataset", String(200), primary_key=True),
    Column("producer", String(200), primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("receipt_id", String(32), nullable=False),
    Column("at", Instant, nullable=False),
)
