"""Tables of pseudonyms: sealed originals, key versions of scopes, and reversals asked for."""

from sqlalchemy import Boolean, Column, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from steek.ledger.database import Instant, metadata
from steek.ledger.tables import Sequence

pseudonym_originals = Table(
    "pseudonym_originals",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("scope", String(160), nullable=False),
    Column("pseudonym", Text, nullable=False),
    Column("key_name", String(190), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    UniqueConstraint("scope", "pseudonym"),
)

pseudonym_versions = Table(
    "pseudonym_versions",
    metadata,
    Column("scope", String(160), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("key", String(300), nullable=False, unique=True),
    Column("actor", String(200), nullable=False),
    Column("at", Instant, nullable=False),
)

# `pseudonym` is a keyed hash of it: what was asked is told again, and nobody who is erased is named.
pseudonym_reversals = Table(
    "pseudonym_reversals",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("scope", String(160), nullable=False),
    Column("pseudonym", Text, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("is_allowed", Boolean, nullable=False),
    Column("rule", Text, nullable=False),
    Column("at", Instant, nullable=False),
)
