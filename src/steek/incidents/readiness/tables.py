"""Answers of people to the tests that nothing here can measure; the newest one of a test counts until it expires."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from steek.ledger.database import Instant, metadata

answers = Table(
    "readiness_answers",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("model", String(200), nullable=False),
    Column("test", String(60), nullable=False),
    Column("level", String(10), nullable=False),
    Column("text", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("answered_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("readiness_answers_by_number", "number", unique=True),
    Index("readiness_answers_by_model", "model", "test"),
)
