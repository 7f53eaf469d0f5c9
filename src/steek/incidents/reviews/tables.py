"""Findings that people added, and the reviews that were held."""

from sqlalchemy import JSON, Column, Index, Integer, String, Table, Text

from steek.ledger.database import Instant, metadata

entries = Table(
    "architecture_entries",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("id", String(20), nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", String(30), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("text", Text, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("settled_at", Instant),
    Column("settled_by", String(200)),
    Column("settled_because", Text),
    Index("architecture_entries_by_id", "id", unique=True),
)

reviews = Table(
    "architecture_reviews",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("id", String(20), nullable=False),
    Column("number", Integer, nullable=False),
    Column("reviewed_at", Instant, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("note", Text, nullable=False),
    Column("findings", JSON, nullable=False),
    Index("architecture_reviews_by_id", "id", unique=True),
)
