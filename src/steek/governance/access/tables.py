"""Tables of access: every read, tokens, and the policies that were in force."""

from sqlalchemy import JSON, Column, Index, Integer, String, Table, Text

from steek.ledger.database import Instant, metadata
from steek.ledger.tables import Sequence

reads = Table(
    "reads",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("day", String(10), nullable=False),
    Column("principal", String(200), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("roles", Text, nullable=False),
    Column("purpose", String(100), nullable=False),
    Column("dataset", String(200), nullable=False),
    Column("version", Integer),
    Column("columns", Text, nullable=False),
    Column("verdict", String(10), nullable=False),
    Column("rule", Text, nullable=False),
    Column("token", String(32)),
    Column("job", String(200)),
    Column("model", String(200)),
    Index("reads_by_at", "at"),
    Index("reads_by_principal", "principal", "at"),
    Index("reads_by_dataset", "dataset", "at"),
)

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("key", String(300), nullable=False, unique=True),
    Column("principal", String(200), nullable=False),
    Column("roles", JSON, nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("issued_by", String(200), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("revoked_by", String(200)),
    Column("revoke_key", String(300), unique=True),
)

access_policies = Table(
    "access_policies",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("hash", String(64), nullable=False),
    Column("document", JSON, nullable=False),
    Column("at", Instant, nullable=False),
)
