"""Handovers of roles, and stakeholders that people added besides those of the project."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, String, Table, Text

from steek.ledger.database import Instant, metadata

handovers = Table(
    "incident_handovers",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("incident_id", String(20), ForeignKey("incidents.id"), nullable=False),
    Column("role", String(20), nullable=False),
    Column("giver", String(200)),
    Column("taker", String(200), nullable=False),
    Column("summary", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("offered_by", String(200), nullable=False),
    Column("offered_at", Instant, nullable=False),
    Column("ended_by", String(200)),
    Column("ended_at", Instant),
    Column("reason", Text),
    Index("incident_handovers_by_incident", "incident_id", "offered_at"),
)

stakeholders = Table(
    "incident_stakeholders",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("person", String(200), nullable=False),
    Column("part", String(20), nullable=False),
    Column("sees", String(20), nullable=False),
    Column("covers", JSON, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("changed_by", String(200), nullable=False),
    Column("changed_at", Instant, nullable=False),
)
