"""Tables of thresholds: what was learned and when, changes that were announced, and what rules would have done."""

from sqlalchemy import JSON, Boolean, Column, Float, Index, Integer, LargeBinary, String, Table

from steek.ledger.database import Instant, metadata

learnings = Table(
    "learned_thresholds",
    metadata,
    Column("monitor", String(120), primary_key=True),
    Column("in_force_at", Instant, primary_key=True),
    Column("rule", String(64), nullable=False),
    Column("learned_at", Instant, nullable=False),
    Column("first_window_at", Instant, nullable=True),
    Column("last_window_at", Instant, nullable=True),
    Column("windows", Integer, nullable=False),
    Column("slices", Integer, nullable=False),
    Column("shared_width", Float, nullable=False),
    Column("incidents", JSON, nullable=False),
    Column("reason", String(500), nullable=False),
    Column("stale", Boolean, nullable=False),
    Column("drifts", JSON, nullable=False),
    Column("body", LargeBinary, nullable=True),
)

expected_changes = Table(
    "expected_changes",
    metadata,
    Column("event", String(64), primary_key=True),
    Column("subject", String(300), primary_key=True),
    Column("name", String(300), nullable=False),
    Column("since_at", Instant, nullable=False),
    Column("until_at", Instant, nullable=False),
    Index("expected_changes_by_subject", "subject", "since_at"),
)

back_tests = Table(
    "back_tests",
    metadata,
    Column("monitor", String(120), primary_key=True),
    Column("rule", String(64), nullable=False),
    Column("until_at", Instant, nullable=False),
    Column("days", Integer, nullable=False),
    Column("windows", Integer, nullable=False),
    Column("fired", Integer, nullable=False),
    Column("per_week", Float, nullable=False),
    Column("budget_per_week", Float, nullable=False),
    Column("within_budget", Boolean, nullable=False),
    Column("sentence", String(500), nullable=False),
    Column("firings", JSON, nullable=False),
    Column("made_at", Instant, nullable=False),
)
