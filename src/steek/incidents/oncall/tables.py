"""Rotations, people and their contacts, what differs from the turns, and the pages of incidents."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from steek.ledger.database import Instant, metadata

rotations = Table(
    "oncall_rotations",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("document", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("changed_by", String(200), nullable=False),
    Column("changed_at", Instant, nullable=False),
)

# Contacts are personal: they stay in this table, and no event, notice or log line repeats them.
people = Table(
    "oncall_people",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("contacts", JSON, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

exceptions = Table(
    "oncall_exceptions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("rotation", String(200)),
    Column("person", String(200), nullable=False),
    Column("start_at", Instant, nullable=False),
    Column("end_at", Instant, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Column("made_at", Instant, nullable=False),
    Index("oncall_exceptions_by_end", "withdrawn", "end_at"),
)

requests = Table(
    "oncall_requests",
    metadata,
    Column("operation", String(40), primary_key=True),
    Column("key", String(300), primary_key=True),
    Column("result", String(200), nullable=False),
)

# One row for each incident that paged somebody; a storm of alerts finds the row and pages nobody again.
pages = Table(
    "incident_pages",
    metadata,
    Column("incident_id", String(20), ForeignKey("incidents.id"), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("rungs", JSON, nullable=False),
    Column("calls", JSON, nullable=False),
    Column("notice", Text, nullable=False),
    Column("paged_at", Instant, nullable=False),
    # By the clock of the world outside, which counts the minutes until the next rung.
    Column("counted_from_at", Instant, nullable=False),
    Column("acknowledged_by", String(200)),
    Column("acknowledged_at", Instant),
    Index("incident_pages_by_state", "state"),
)
