"""Tables of notices: what was to be told, of which members it consists, how each target stands, alerts of others."""

from sqlalchemy import JSON, Column, Float, ForeignKey, Index, Integer, String, Table, Text, text

from steek.ledger.database import Instant, metadata

notices = Table(
    "notices",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("group_name", String(200), nullable=False),
    Column("state", String(16), nullable=False),
    Column("purpose", String(8), nullable=False),
    Column("severity", String(8), nullable=False),
    Column("owner", String(200), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("title", String(300), nullable=False),
    Column("body", Text, nullable=False),
    Column("url", String(500), nullable=False),
    Column("labels", JSON, nullable=False),
    Column("members", Integer, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("came_back_at", Instant, nullable=True),
    Index("notices_by_change", "changed_at"),
    Index(
        "one_open_notice",
        "group_name",
        unique=True,
        sqlite_where=text("state <> 'resolved'"),
        postgresql_where=text("state <> 'resolved'"),
    ),
)

notice_members = Table(
    "notice_members",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("notice", String(200), ForeignKey("notices.key"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("title", String(300), nullable=False),
    Column("changed_at", Instant, nullable=False),
    Index("notice_members_by_notice", "notice"),
)

deliveries = Table(
    "notice_deliveries",
    metadata,
    Column("notice", String(200), ForeignKey("notices.key"), primary_key=True),
    Column("target", String(60), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("wanted", String(16), nullable=False),
    Column("told", String(16), nullable=True),
    Column("reason", String(500), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("leased_until", Instant, nullable=True),
    Column("last_at", Instant, nullable=True),
    Column("last_error", String(500), nullable=True),
    Column("delivered_at", Instant, nullable=True),
    Index("notice_deliveries_by_target", "target", "state", "due_at"),
)

target_states = Table(
    "notice_targets",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("tokens", Float, nullable=False),
    Column("refilled_at", Instant, nullable=False),
    Column("repeated_at", Instant, nullable=True),
    Column("delivered_at", Instant, nullable=True),
    Column("failed_at", Instant, nullable=True),
    Column("last_error", String(500), nullable=True),
)

requests = Table(
    "notice_requests",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("operation", String(20), nullable=False),
    Column("result", JSON, nullable=False),
    Column("at", Instant, nullable=False),
)

outside_alerts = Table(
    "outside_alerts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("severity", String(40), nullable=False),
    Column("state", String(16), nullable=False),
    Column("summary", String(500), nullable=False),
    Column("labels", JSON, nullable=False),
    Column("url", String(500), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=True),
    Column("received_at", Instant, nullable=False),
    Column("event_id", String(36), nullable=False),
    Index("outside_alerts_by_state", "state", "started_at"),
)
