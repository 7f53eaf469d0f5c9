"""Tables of profiles: edges by version, runs of catching up, the parts that windows are made of, and slices seen."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from steek.ledger.database import Instant, metadata
from steek.ledger.tables import Sequence

profile_edges = Table(
    "profile_edges",
    metadata,
    Column("what", String(200), primary_key=True),
    Column("column", String(200), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", JSON, nullable=False),
    Column("learned_at", Instant, nullable=False),
)

# A run is written down before anything is read, so that whoever comes after a crash does the same again.
profile_runs = Table(
    "profile_runs",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("key", String(300), nullable=False, unique=True),
    Column("what", String(200), nullable=False),
    Column("last_version", Integer),
    Column("plan", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("note", Text),
    Column("planned_at", Instant, nullable=False),
    Column("done_at", Instant),
    Index("profile_runs_by_what", "what", "state", "sequence"),
)

profile_parts = Table(
    "profile_parts",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("what", String(200), primary_key=True),
    Column("window_start_at", Instant, primary_key=True),
    Column("window_end_at", Instant, nullable=False),
    # A part that replaces stands for all there is of its window at that version; None was computed elsewhere.
    Column("source_version", Integer),
    Column("replaces", Boolean, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("slices", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Index("profile_parts_by_window", "what", "window_start_at"),
)

profile_slices = Table(
    "profile_slices",
    metadata,
    Column("what", String(200), primary_key=True),
    Column("slice", String(300), primary_key=True),
    Column("first_seen_at", Instant, nullable=False),
)
