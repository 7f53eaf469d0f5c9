"""Tables of labels: batches of statements by version of their lake table, and who read which version."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, UniqueConstraint

from steek.ledger.database import Instant, metadata

label_batches = Table(
    "label_batches",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("table_version", Integer, nullable=False),
    Column("key", String(300), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("new_rows", BigInteger, nullable=False),
    Column("repeated_rows", BigInteger, nullable=False),
    Column("corrected_rows", BigInteger, nullable=False),
    Column("late_rows", BigInteger, nullable=False),
    Column("early_rows", BigInteger, nullable=False),
    Column("first_moment_at", Instant),
    Column("last_moment_at", Instant),
    Column("known_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", String(200), nullable=False),
    UniqueConstraint("name", "key"),
    UniqueConstraint("name", "table_version"),
)

label_uses = Table(
    "label_uses",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("table_version", Integer, nullable=False),
    Column("urn", String(300), nullable=False),
    Column("at", Instant, nullable=False),
    Index("label_uses_by_version", "name", "table_version"),
)
