"""What is pinned to incidents: pictures with their points, and files by the hash of what is in them."""

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, String, Table, Text

from steek.ledger.database import Instant, metadata

pins = Table(
    "incident_pins",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("incident_id", String(20), ForeignKey("incidents.id"), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("title", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("chart", JSON),
    Column("svg", Text),
    Column("pinned_by", String(200), nullable=False),
    Column("pinned_at", Instant, nullable=False),
    Index("incident_pins_by_incident", "incident_id", "pinned_at"),
)
