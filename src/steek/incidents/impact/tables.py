"""The latest word on each dimension of an incident's impact; earlier ones are events."""

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, String, Table, Text

from steek.ledger.database import Instant, metadata

impacts = Table(
    "incident_impacts",
    metadata,
    Column("incident_id", String(20), ForeignKey("incidents.id"), primary_key=True),
    Column("dimension", String(20), primary_key=True),
    Column("low", Float),
    Column("high", Float),
    Column("unit", String(60), nullable=False),
    Column("names", JSON, nullable=False),
    Column("text", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("machine", Boolean, nullable=False),
    Column("assessed_by", String(200), nullable=False),
    Column("assessed_at", Instant, nullable=False),
)
