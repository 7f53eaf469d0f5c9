"""Tables of retention: runs that took rows out, and rules that are or were not met."""

from sqlalchemy import JSON, BigInteger, Column, String, Table, Text

from steek.ledger.database import Instant, metadata

retention_runs = Table(
    "retention_runs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("key", String(300), nullable=False, unique=True),
    Column("table_name", String(200), nullable=False),
    Column("dataset", String(200), nullable=False),
    Column("before_at", Instant, nullable=False),
    Column("state", String(20), nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("changed_at", Instant, nullable=False),
)

compliance = Table(
    "compliance",
    metadata,
    Column("rule", String(40), primary_key=True),
    Column("subject", String(200), primary_key=True),
    Column("met", String(20), nullable=False),
    Column("measured", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since_at", Instant, nullable=False),
)
