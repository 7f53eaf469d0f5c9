"""Table of trainings that failed; those that succeeded are the registry's trained models."""

from sqlalchemy import Column, String, Table

from steek.ledger.database import Instant, metadata

training_failures = Table(
    "training_failures",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("reason", String(2000), nullable=False),
    Column("failed_at", Instant, nullable=False),
)
