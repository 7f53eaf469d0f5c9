"""Tables of alerting: groups by cause with the onsets in them, silences, verdicts, keys of requests, noise reports."""

from sqlalchemy import JSON, Boolean, Column, Index, Integer, String, Table

from steek.ledger.database import Instant, metadata

groups = Table(
    "alert_groups",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("head", String(16), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("severity", String(8), nullable=False),
    Column("onset_start_at", Instant, nullable=False),
    Column("onset_end_at", Instant, nullable=False),
    Column("is_told", Boolean, nullable=False),
    Column("merged_into", String(16), nullable=True),
    Column("opened_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("resolved_at", Instant, nullable=True),
    Index("alert_groups_by_state", "state", "changed_at"),
)

# Alerts of one monitor that began together are one row, however many slices they are of.
group_onsets = Table(
    "alert_group_onsets",
    metadata,
    Column("group_id", String(16), primary_key=True),
    Column("subject", String(300), primary_key=True),
    Column("onset_start_at", Instant, primary_key=True),
    Column("onset_end_at", Instant, primary_key=True),
    Column("head", String(16), nullable=False),
    Column("severity", String(8), nullable=False),
)

silences = Table(
    "alert_silences",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("monitor", String(120), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("slice", String(300), nullable=False),
    Column("covers_pages", Boolean, nullable=False),
    Column("hides", JSON, nullable=False),
    Column("reason", String(500), nullable=False),
    Column("author", String(200), nullable=False),
    Column("state", String(16), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=True),
    Column("ended_by", String(200), nullable=True),
    Index("alert_silences_by_state", "state", "ends_at"),
)

verdicts = Table(
    "alert_verdicts",
    metadata,
    Column("alert", String(16), primary_key=True),
    Column("verdict", String(16), nullable=False),
    Column("note", String(500), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Column("version", Integer, nullable=False),
)

requests = Table(
    "alert_requests",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("operation", String(16), primary_key=True),
    Column("target", String(16), nullable=False),
    Column("alerts", JSON, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", Instant, nullable=False),
)

noise_reports = Table(
    "alert_noise_reports",
    metadata,
    Column("week_start_at", Instant, primary_key=True),
    Column("noisy", JSON, nullable=False),
    Column("unheard", JSON, nullable=False),
    Column("fired", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
)
