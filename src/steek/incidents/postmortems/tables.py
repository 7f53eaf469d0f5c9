"""State of postmortems; a version that was stored is never changed."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from steek.ledger.database import Instant, metadata

reports = Table(
    "postmortem_reports",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("incident_id", String(20), ForeignKey("incidents.id"), unique=True),
    Column("stage", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("document", JSON, nullable=False),
    Column("writers", JSON, nullable=False),
    Column("asked_by", String(200)),
    Column("reviewed_by", String(200)),
    Column("source_name", String(300)),
    Column("source_hash", String(64)),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", String(200), nullable=False),
    Column("published_at", Instant),
    Index("postmortem_reports_by_source", "source_hash", unique=True),
)

# Every version that ever stood; `revision` is its number when it was published.
versions = Table(
    "postmortem_versions",
    metadata,
    Column("postmortem_id", String(60), ForeignKey("postmortem_reports.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("revision", Integer),
    Column("stage", String(20), nullable=False),
    Column("step", String(20), nullable=False),
    Column("document", JSON, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", Instant, nullable=False),
)

# One row per request that wrote: the same key again finds it and writes nothing.
requests = Table(
    "postmortem_requests",
    metadata,
    Column("operation", String(40), primary_key=True),
    Column("key", String(300), primary_key=True),
    Column("postmortem_id", String(60), ForeignKey("postmortem_reports.id"), nullable=False),
    Column("version", Integer, nullable=False),
)

comments = Table(
    "postmortem_comments",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("postmortem_id", String(60), ForeignKey("postmortem_reports.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("about", String(300)),
    Column("text", Text, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Index("postmortem_comments_by_postmortem", "postmortem_id", "at"),
)

# What somebody wrote while somebody else was faster; shown to both until one of them settles it.
unsettled = Table(
    "postmortem_unsettled",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("postmortem_id", String(60), ForeignKey("postmortem_reports.id"), nullable=False),
    Column("field", String(300), nullable=False),
    Column("text", Text, nullable=False),
    Column("seen", Integer, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Index("postmortem_unsettled_by_postmortem", "postmortem_id", "at"),
)

taxonomies = Table(
    "taxonomies",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changes", JSON, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("key", String(300), nullable=False, unique=True),
    Column("at", Instant, nullable=False),
)
