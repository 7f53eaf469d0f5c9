"""Tables of the ledger: events, lineage edges, how far each subscriber has read, keys of changes
from outside, runs of systems outside, lineage of columns.
"""

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, String, Table

from steek.ledger.database import Instant, metadata

# SQLite numbers rows only for INTEGER; PostgreSQL needs the wider type.
Sequence = BigInteger().with_variant(Integer, "sqlite")

events = Table(
    "events",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    Column("at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("causes", JSON, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("payload_version", Integer, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("events_by_kind", "kind", "sequence"),
    Index("events_by_kind_and_time", "kind", "at"),
    Index("events_by_subject", "subject", "sequence"),
    Index("events_by_at", "at"),
)

lineage_edges = Table(
    "lineage_edges",
    metadata,
    Column("upstream", String(300), primary_key=True),
    Column("downstream", String(300), primary_key=True),
    Column("event_sequence", Sequence, ForeignKey("events.sequence"), nullable=False),
    Column("at", Instant, nullable=False),
    Index("lineage_by_downstream", "downstream", "upstream"),
)

cursors = Table(
    "subscription_cursors",
    metadata,
    Column("subscriber", String(100), primary_key=True),
    Column("sequence", Sequence, nullable=False),
)

outside_changes = Table(
    "outside_changes",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("event_id", String(36), nullable=False),
)

# Runs that systems outside told of; of what they say, only what draws lineage is kept.
outside_runs = Table(
    "outside_runs",
    metadata,
    Column("run_id", String(36), primary_key=True),
    Column("event_type", String(20), primary_key=True),
    Column("job", String(300), nullable=False),
    Column("event_id", String(36), nullable=False),
    Column("at", Instant, nullable=False),
)

# How the columns of one version of a definition come about; `known_by` says how that is known, or that it is not.
column_maps = Table(
    "column_maps",
    metadata,
    Column("downstream", String(300), primary_key=True),
    Column("definition_hash", String(64), primary_key=True),
    Column("known_by", String(20), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("at", Instant, nullable=False),
)

column_edges = Table(
    "column_edges",
    metadata,
    Column("upstream", String(300), primary_key=True),
    Column("upstream_column", String(200), primary_key=True),
    Column("downstream", String(300), primary_key=True),
    Column("downstream_column", String(200), primary_key=True),
    Column("definition_hash", String(64), primary_key=True),
    Column("effect", String(10), nullable=False),
    Index("column_edges_by_downstream", "downstream", "downstream_column"),
)
