"""Status updates, how often they are due, links for outsiders, and questions."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from steek.ledger.database import Instant, metadata

updates = Table(
    "incident_updates",
    metadata,
    Column("incident_id", String(20), ForeignKey("incidents.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("impact", Text, nullable=False),
    Column("doing", Text, nullable=False),
    Column("phase", String(20), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("next_due_at", Instant),
    Column("actor", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Column("outside_text", Text, nullable=False),
    Column("outside_state", String(10), nullable=False),
    Column("approved_by", String(200)),
    Column("approved_at", Instant),
    Column("outside_next_at", Instant),
    Column("corrected_at", Instant),
    Column("corrected_by", String(200)),
)

cadences = Table(
    "incident_cadences",
    metadata,
    Column("incident_id", String(20), ForeignKey("incidents.id"), primary_key=True),
    Column("every_minutes", Integer),
    Column("reminded_of_at", Instant),
    Column("overdue_since_at", Instant),
)

# The token is the key to a page without a name on it: it stands here and in no event.
links = Table(
    "incident_links",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("incident_id", String(20), ForeignKey("incidents.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    Index("incident_links_by_incident", "incident_id"),
)

questions = Table(
    "incident_questions",
    metadata,
    Column("incident_id", String(20), ForeignKey("incidents.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("asked_by", String(200), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("answer", Text),
    Column("answered_by", String(200)),
    Column("answered_at", Instant),
    Column("asked_as", String(20)),
)
