"""Table of hypotheses."""

from sqlalchemy import JSON, Column, ForeignKey, Integer, String, Table, Text

from steek.ledger.database import Instant, metadata

hypotheses = Table(
    "incident_hypotheses",
    metadata,
    Column("incident_id", String(20), ForeignKey("incidents.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("test", Text, nullable=False),
    Column("owner", String(200)),
    Column("about", String(36)),
    Column("state", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Column("stated_by", String(200), nullable=False),
    Column("stated_at", Instant, nullable=False),
    Column("changed_by", String(200), nullable=False),
    Column("judged_by", String(200)),
    Column("judged_at", Instant),
)
