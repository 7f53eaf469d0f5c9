"""Tables of the vault: wrapped keys where the database keeps them, what was shredded, operations on the whole."""

from sqlalchemy import JSON, Column, LargeBinary, String, Table, UniqueConstraint

from steek.ledger.database import Instant, metadata
from steek.ledger.tables import Sequence

# Rows are only ever added at the end, so that no page that holds a key is copied while SQLite balances its tree.
vault_keys = Table(
    "vault_keys",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("name", String(190), nullable=False, unique=True),
    Column("wrapped", LargeBinary, nullable=False),
)

shredded_keys = Table(
    "shredded_keys",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("key", String(300), nullable=False),
    Column("name", String(190), nullable=False),
    Column("fingerprint", String(16), nullable=False),
    Column("condemned_at", Instant, nullable=False),
    Column("shredded_at", Instant),
    UniqueConstraint("key", "name"),
)

vault_operations = Table(
    "vault_operations",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("operation", String(20), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Column("result", JSON, nullable=False),
)
