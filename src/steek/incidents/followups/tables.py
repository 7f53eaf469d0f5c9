"""State of follow-ups; their history is the ledger."""

from sqlalchemy import JSON, Boolean, Column, Index, Integer, String, Table, Text

from steek.ledger.database import Instant, metadata

follow_ups = Table(
    "follow_ups",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("priority", String(2), nullable=False),
    Column("value", Integer, nullable=False),
    Column("cost", Integer, nullable=False),
    Column("owner", String(200), nullable=False),
    Column("due_at", Instant),
    Column("done_means", Text, nullable=False),
    Column("done_check", JSON, nullable=False),
    Column("postmortem", String(60)),
    Column("category", String(80)),
    Column("for_leaders", Boolean, nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(200), nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", String(200), nullable=False),
    Column("ending", JSON, nullable=False),
    Column("review", JSON, nullable=False),
    Column("tracker", JSON, nullable=False),
    Column("escalation_step", Integer, nullable=False),
    Index("follow_ups_by_number", "number", unique=True),
    Index("follow_ups_by_state", "state", "due_at"),
    Index("follow_ups_by_postmortem", "postmortem"),
)

# One row per request that wrote: the same key again finds it and writes nothing. A digest is about no follow-up.
requests = Table(
    "follow_up_requests",
    metadata,
    Column("operation", String(40), primary_key=True),
    Column("key", String(300), primary_key=True),
    Column("follow_up", String(20)),
    Column("at", Instant, nullable=False),
)
