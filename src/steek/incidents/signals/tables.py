"""State of signals and of the prompts that bring them together."""

from sqlalchemy import JSON, Column, ForeignKey, Index, String, Table, Text

from steek.ledger.database import Instant, metadata

signals = Table(
    "incident_signals",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("key", String(300), nullable=False, unique=True),
    Column("text", Text, nullable=False),
    Column("system", String(300), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("source", String(200), nullable=False),
    Column("state", String(10), nullable=False),
    Column("filed_at", Instant, nullable=False),
    Column("said_at", Instant),
    Column("incident_id", String(20), ForeignKey("incidents.id")),
    Column("decided_by", String(200)),
    Column("reason", Text),
    Column("event_id", String(36), nullable=False),
    Index("incident_signals_by_state", "state", "filed_at"),
    Index("incident_signals_by_incident", "incident_id"),
)

# One prompt per first signal: what is noticed later about the same trouble makes it grow instead of a second one.
prompts = Table(
    "incident_prompts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("system", String(300), nullable=False),
    Column("state", String(10), nullable=False),
    Column("signals", JSON, nullable=False),
    Column("alerts", JSON, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("prompted_at", Instant, nullable=False),
    Column("incident_id", String(20), ForeignKey("incidents.id")),
    Column("decided_by", String(200)),
    Column("reason", Text),
    Index("incident_prompts_by_state", "state", "prompted_at"),
)
