"""Tables of the registry: definitions, trained models, freezes and what they hold back."""

from sqlalchemy import JSON, BigInteger, Column, Integer, String, Table, Text

from steek.ledger.database import Instant, metadata

model_definitions = Table(
    "model_definitions",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
    Column("content", JSON, nullable=False),
    Column("owner", String(200), nullable=False),
    Column("registered_at", Instant, nullable=False),
)

trained_models = Table(
    "trained_models",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("key", String(200), nullable=False, unique=True),
    Column("definition_hash", String(64), nullable=False),
    Column("data_until", Instant, nullable=False),
    Column("trained_at", Instant, nullable=False),
    Column("window_start_at", Instant, nullable=False),
    Column("window_end_at", Instant, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("feature_names", JSON, nullable=False),
    Column("format", String(50), nullable=False),
    Column("artifact_sha256", String(64), nullable=False),
    Column("artifact_bytes", BigInteger, nullable=False),
    Column("members", Integer),
    Column("learner_report", JSON, nullable=False),
    Column("inputs", JSON, nullable=False),
    Column("state", String(20), nullable=False),
    Column("owner", String(200), nullable=False),
)

freezes = Table(
    "freezes",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("subject", String(300), nullable=False, index=True),
    Column("actions", JSON, nullable=False),
    Column("reason", String(1000), nullable=False),
    Column("incident", String(300), nullable=False, index=True),
    Column("actor", String(200), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
)

# One row for each change that a freeze held back, however often it was tried.
held_changes = Table(
    "held_changes",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("fingerprint", String(64), nullable=False, unique=True),
    Column("incident", String(300), nullable=False, index=True),
    Column("subject", String(300), nullable=False, index=True),
    Column("action", String(20), nullable=False),
    Column("what", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("held_by", String(200), nullable=False),
    Column("held_at", Instant, nullable=False),
    Column("asked_by", String(200)),
    Column("asked_at", Instant),
    Column("asked_reason", Text),
    Column("decided_by", String(200)),
    Column("decided_at", Instant),
    Column("decided_reason", Text),
    Column("approved_until", Instant),
    Column("passed_by", String(200)),
    Column("passed_at", Instant),
    Column("passed_key", String(300)),
)
