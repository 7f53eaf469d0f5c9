"""Tables of erasure: requests with what became of them, and whose rows are not taken in again."""

from sqlalchemy import JSON, Column, Index, String, Table, Text

from steek.ledger.database import Instant, metadata

erasures = Table(
    "erasures",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("key", String(300), nullable=False, unique=True),
    Column("kind", String(100), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("sealed", Text),
    Column("reason", Text, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("places", JSON, nullable=False),
    Column("models", JSON, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("certificate", JSON),
    Index("erasures_by_state", "state", "due_at"),
)

erased_subjects = Table(
    "erased_subjects",
    metadata,
    Column("kind", String(100), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("erasure", String(32), nullable=False),
    Column("at", Instant, nullable=False),
)
