"""State of incidents; their history is the ledger."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from steek.ledger.database import Instant, metadata

incidents = Table(
    "incidents",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("year", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("subject", String(300), nullable=False),
    Column("systems", JSON, nullable=False),
    Column("severity", String(10), nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("machine", Boolean, nullable=False),
    Column("frozen", Boolean, nullable=False),
    Column("roles", JSON, nullable=False),
    Column("declared_at", Instant, nullable=False),
    Column("declared_by", String(200), nullable=False),
    Column("changed_by", String(200), nullable=False),
    Column("resolved_at", Instant),
    Column("closed_at", Instant),
    Column("said_at", Instant),
    Column("severity_reason", Text),
    Column("merged_into", String(20)),
    Column("near_miss", Text),
    Index("incidents_by_state", "state"),
    Index("incidents_by_number", "year", "number", unique=True),
)

# One row per request that wrote: the same key again finds it and writes nothing.
requests = Table(
    "incident_requests",
    metadata,
    Column("operation", String(40), primary_key=True),
    Column("key", String(300), primary_key=True),
    Column("incident_id", String(20), ForeignKey("incidents.id"), nullable=False),
    Column("event_id", String(36), nullable=False),
)

alerts = Table(
    "incident_alerts",
    metadata,
    Column("alert_id", String(200), primary_key=True),
    Column("incident_id", String(20), ForeignKey("incidents.id"), nullable=False),
    Column("event_id", String(36), nullable=False),
    Column("monitor", String(200), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("onset_earliest_at", Instant),
    Column("onset_latest_at", Instant),
    Column("opened_at", Instant, nullable=False),
    Column("attached_at", Instant, nullable=False),
    Index("incident_alerts_by_incident", "incident_id"),
)

actions = Table(
    "incident_actions",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("incident_id", String(20), ForeignKey("incidents.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("mitigation", String(100), nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    Column("result", JSON, nullable=False),
    Column("error", Text),
    Column("error_code", String(60)),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("process", String(200)),
    Index("incident_actions_by_incident", "incident_id", "number", unique=True),
)
