"""Tables of watching: the spans of a source that were taken, and which versions were collected from."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from steek.ledger.database import Instant, metadata

watched_spans = Table(
    "watched_spans",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("dataset", String(200), nullable=False),
    Column("part", Text, nullable=False),
    Column("start", Text, nullable=False),
    Column("end", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("receipt", String(32)),
    Column("rows", BigInteger, nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("done_at", Instant),
    Index("watched_spans_by_dataset", "dataset", "state", "begun_at"),
)

watched_collections = Table(
    "watched_collections",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("model", String(120), nullable=False),
    Column("what", String(20), nullable=False),
    Column("source_version", Integer, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("repeated", BigInteger, nullable=False),
    Column("unusable", BigInteger, nullable=False),
    Column("table_version", Integer),
    Column("at", Instant, nullable=False),
    Index("watched_collections_by_model", "model", "what", "source_version"),
)

watched_versions = Table(
    "watched_versions",
    metadata,
    Column("model", String(120), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("number", Integer, nullable=False),
)
