"""Table of recovery: the watch after each resolution."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from steek.ledger.database import Instant, metadata

watches = Table(
    "incident_watches",
    metadata,
    # The id of the event that says it was resolved: one watch for each resolution.
    Column("id", String(40), primary_key=True),
    Column("incident_id", String(20), ForeignKey("incidents.id"), nullable=False),
    Column("state", String(10), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("until_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("reason", Text),
    Index("incident_watches_by_state", "state", "until_at"),
    Index("incident_watches_by_incident", "incident_id"),
)
