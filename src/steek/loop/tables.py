"""How far each night has come."""

from sqlalchemy import JSON, Column, String, Table

from steek.ledger.database import Instant, metadata

nights = Table(
    "nights",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("stage", String(120), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("report", JSON, nullable=False),
)
