"""Tables of the features room: definitions seen, pinned inputs, snapshots, publications."""

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table, Text

from steek.ledger.database import Instant, metadata
from steek.ledger.tables import Sequence

feature_definitions = Table(
    "feature_definitions",
    metadata,
    Column("view", String(200), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("definition_hash", String(64), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("source", Text, nullable=False),
    Column("registered_at", Instant, nullable=False),
)

feature_pins = Table(
    "feature_pins",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("inputs", JSON, nullable=False),
)

feature_snapshots = Table(
    "feature_snapshots",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("key", String(300), nullable=False, unique=True),
    Column("view", String(200), nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("columns", JSON, nullable=False),
    Column("table_version", Integer, nullable=False),
    Column("definition_hash", String(64), nullable=False),
    Column("inputs", JSON, nullable=False),
    Column("materialised_at", Instant, nullable=False),
    Index("feature_snapshots_by_view", "view", "as_of"),
)

feature_publications = Table(
    "feature_publications",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("key", String(300), nullable=False, unique=True),
    Column("view", String(200), nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("table_version", Integer, nullable=False),
    Column("published_at", Instant, nullable=False),
    Index("feature_publications_by_view", "view", "sequence"),
)
