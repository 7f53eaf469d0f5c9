"""Tables of indicators: series fed from outside, and how each monitor itself is doing."""

from sqlalchemy import JSON, Column, Float, Index, Integer, String, Table

from steek.ledger.database import Instant, metadata

# The whole is the slice "", because NULL cannot be part of a key.
WHOLE = ""

series_values = Table(
    "series_values",
    metadata,
    Column("series", String(120), primary_key=True),
    Column("slice", String(300), primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("value", Float, nullable=False),
    Column("received_at", Instant, nullable=False),
    Index("series_values_by_time", "series", "at"),
)

series_feeds = Table(
    "series_feeds",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("series", String(120), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("receipt", JSON, nullable=False),
    Column("received_at", Instant, nullable=False),
)

monitor_health = Table(
    "monitor_health",
    metadata,
    Column("monitor", String(120), primary_key=True),
    Column("definition", String(64), nullable=False),
    Column("first_window_end_at", Instant, nullable=False),
    Column("window_end_at", Instant, nullable=False),
    Column("evaluated_at", Instant, nullable=False),
    Column("took_ms", Float, nullable=False),
    Column("value_window_end_at", Instant, nullable=True),
    Column("empty_windows", Integer, nullable=False),
    Column("slices", Integer, nullable=False),
    Column("folded", Integer, nullable=False),
    Column("problem", String(500), nullable=True),
    Column("note", String(500), nullable=True),
    Column("condition", String(16), nullable=False),
)
