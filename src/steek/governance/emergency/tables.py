"""Tables of access in an emergency; no value of a row is ever in them."""

from sqlalchemy import JSON, Boolean, Column, Index, Integer, String, Table, Text

from steek.ledger.database import Instant, metadata

grants = Table(
    "emergency_grants",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("incident", String(20), nullable=False),
    Column("asker", String(200), nullable=False),
    Column("asker_token", String(32)),
    Column("purpose", Text, nullable=False),
    Column("why_raw", Text, nullable=False),
    Column("why_not_first", Text, nullable=False),
    Column("pseudonymised_first", Boolean, nullable=False),
    Column("openings", JSON, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("most_rows", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed_by", String(200), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("decided_by", String(200)),
    Column("decided_at", Instant),
    Column("decision_note", Text, nullable=False),
    Column("until_at", Instant),
    Column("ended_by", String(200)),
    Column("ended_at", Instant),
    Column("uses", Integer, nullable=False),
    Column("rows_given", Integer, nullable=False),
    Column("reviewed_by", String(200)),
    Column("reviewed_at", Instant),
    Column("verdict", String(20)),
    Column("review_note", Text, nullable=False),
    Index("emergency_grants_by_incident", "incident", "asked_at"),
    Index("emergency_grants_by_state", "state"),
)

# One row per request that wrote: the same key again finds it and writes nothing.
grant_requests = Table(
    "emergency_requests",
    metadata,
    Column("operation", String(20), primary_key=True),
    Column("key", String(300), primary_key=True),
    Column("grant_id", String(16), nullable=False),
)
