"""Tables of groups looked at, refusals and concerns."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from steek.ledger.database import Instant, metadata

group_answers = Table(
    "incident_group_answers",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("incident_id", String(20), ForeignKey("incidents.id"), nullable=False),
    Column("event_id", String(36), nullable=False),
    Column("answers", JSON, nullable=False),
    Column("nobody_because", Text, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Index("incident_group_answers_by_incident", "incident_id", "at"),
)

refusals = Table(
    "incident_refusals",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("key", String(300), nullable=False, unique=True),
    Column("incident_id", String(20), ForeignKey("incidents.id"), nullable=False),
    Column("person", String(200), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("what", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("refused_at", Instant, nullable=False),
    Column("decided_by", String(200)),
    Column("decided_at", Instant),
    Column("decision_note", Text, nullable=False),
    Column("decision_key", String(300), unique=True),
    Index("incident_refusals_by_incident", "incident_id", "refused_at"),
)

# Keys are kept as hashes: a key may tell who chose it.
concerns = Table(
    "concerns",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("ticket_hash", String(64), nullable=False),
    Column("incident_id", String(20), ForeignKey("incidents.id")),
    Column("text", Text, nullable=False),
    Column("raised_by", String(200)),
    Column("to_commander", Boolean, nullable=False),
    Column("commander", String(200)),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("raised_at", Instant, nullable=False),
    Column("acknowledged_by", String(200)),
    Column("acknowledged_at", Instant),
    Column("answer", Text, nullable=False),
    Column("answered_by", String(200)),
    Column("answered_at", Instant),
    Index("concerns_by_state", "state"),
    Index("concerns_by_incident", "incident_id"),
)

concern_requests = Table(
    "concern_requests",
    metadata,
    Column("operation", String(20), primary_key=True),
    Column("key_hash", String(64), primary_key=True),
    Column("concern_id", String(16), nullable=False),
)
