"""Tables of feed checks: the profile of each batch, what the checks said, and what people decided."""

from sqlalchemy import JSON, BigInteger, Column, Float, Index, String, Table, Text, UniqueConstraint

from steek.ledger.database import Instant, metadata
from steek.ledger.tables import Sequence

feed_profiles = Table(
    "feed_profiles",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("receipt_id", String(32), nullable=False, unique=True),
    Column("dataset", String(200), nullable=False),
    Column("arrived_at", Instant, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("fingerprint", String(40), nullable=False),
    Column("standing", String(10), nullable=False),
    Column("verdict", String(10), nullable=False),
    Column("profile", JSON, nullable=False),
    Index("feed_profiles_by_standing", "dataset", "standing", "sequence"),
    Index("feed_profiles_by_fingerprint", "dataset", "fingerprint"),
    Index("feed_profiles_by_arrival", "dataset", "arrived_at"),
)

feed_verdicts = Table(
    "feed_verdicts",
    metadata,
    Column("receipt_id", String(32), primary_key=True),
    Column("check", String(40), primary_key=True),
    Column("verdict", String(10), nullable=False),
    Column("value", Float),
    Column("expected", Float),
    Column("evidence", Text, nullable=False),
    Column("parts", JSON, nullable=False),
)

feed_decisions = Table(
    "feed_decisions",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("key", String(300), nullable=False),
    Column("receipt_id", String(32), nullable=False),
    Column("dataset", String(200), nullable=False),
    Column("action", String(10), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("key"),
    Index("feed_decisions_by_receipt", "receipt_id"),
)
