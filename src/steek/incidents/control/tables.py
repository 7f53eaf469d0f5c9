"""Tables of control: agreements to mitigations, and what each mitigation turned out to do."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from steek.ledger.database import Instant, metadata

agreements = Table(
    "incident_agreements",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("incident_id", String(20), ForeignKey("incidents.id"), nullable=False),
    Column("mitigation", String(100), nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("of", String(100), nullable=False),
    Column("state", String(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("asked_by", String(200), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("answered_by", String(200)),
    Column("answered_at", Instant),
    Column("answer", Text),
    Index("incident_agreements_by_incident", "incident_id", "asked_at"),
)

mitigation_effects = Table(
    "incident_mitigation_effects",
    metadata,
    Column("action_key", String(300), ForeignKey("incident_actions.key"), primary_key=True),
    Column("incident_id", String(20), ForeignKey("incidents.id"), nullable=False),
    Column("mitigation", String(100), nullable=False),
    Column("verdict", String(10), nullable=False),
    Column("confidence", Text, nullable=False),
    Column("indicators", JSON, nullable=False),
    Column("verified_at", Instant, nullable=False),
    Index("incident_mitigation_effects_by_incident", "incident_id"),
)
