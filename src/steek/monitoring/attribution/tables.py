"""The table of attributions."""

from sqlalchemy import JSON, Column, Index, String, Table

from steek.ledger.database import Instant, metadata

attributions = Table(
    "attributions",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("id", String(16), nullable=False, unique=True),
    Column("dataset", String(300), nullable=False),
    Column("monitor", String(120), nullable=True),
    Column("alert", String(16), nullable=True),
    Column("window_start_at", Instant, nullable=False),
    Column("window_end_at", Instant, nullable=False),
    Column("question", JSON, nullable=False),
    Column("against", JSON, nullable=False),
    Column("left_out", JSON, nullable=False),
    Column("result", JSON, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("made_at", Instant, nullable=False),
    Index("attributions_by_dataset", "dataset", "made_at"),
    Index("attributions_by_monitor", "monitor", "window_end_at"),
)
