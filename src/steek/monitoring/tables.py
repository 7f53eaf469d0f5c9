"""Tables of monitoring: measured points, the latest state of each monitor, evaluations, alerts and holds."""

from sqlalchemy import JSON, Column, Float, Index, Integer, String, Table, text

from steek.ledger.database import Instant, metadata

# The whole is the slice "", because NULL cannot be part of a key.
WHOLE = ""

points = Table(
    "indicator_points",
    metadata,
    Column("monitor", String(120), primary_key=True),
    Column("slice", String(300), primary_key=True),
    Column("window_start_at", Instant, primary_key=True),
    Column("window_end_at", Instant, nullable=False),
    Column("value", Float, nullable=True),
    Column("rows", Integer, nullable=False),
    Column("lower", Float, nullable=True),
    Column("upper", Float, nullable=True),
    Column("verdict", String(16), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("drift", String(500), nullable=True),
    Column("measured_at", Instant, nullable=False),
    Index("indicator_points_by_window", "monitor", "window_start_at"),
)

states = Table(
    "monitor_states",
    metadata,
    Column("monitor", String(120), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("slice", String(300), nullable=False),
    Column("value", Float, nullable=True),
    Column("rows", Integer, nullable=False),
    Column("lower", Float, nullable=True),
    Column("upper", Float, nullable=True),
    Column("reason", String(500), nullable=False),
    Column("slices", Integer, nullable=False),
    Column("failing", Integer, nullable=False),
    Column("undecided", Integer, nullable=False),
    Column("window_start_at", Instant, nullable=False),
    Column("window_end_at", Instant, nullable=False),
    Column("evaluated_at", Instant, nullable=False),
)

evaluations = Table(
    "monitor_evaluations",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("monitor", String(120), primary_key=True),
    Column("window_start_at", Instant, nullable=False),
    Column("window_end_at", Instant, nullable=False),
    Column("alerts", JSON, nullable=False),
    Column("evaluated_at", Instant, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("monitor", String(120), nullable=False),
    Column("slice", String(300), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("state", String(16), nullable=False),
    Column("severity", String(8), nullable=False),
    Column("declare", String(8), nullable=True),
    Column("window_start_at", Instant, nullable=False),
    Column("window_end_at", Instant, nullable=False),
    Column("last_window_end_at", Instant, nullable=False),
    Column("value", Float, nullable=True),
    Column("lower", Float, nullable=True),
    Column("upper", Float, nullable=True),
    Column("onset_start_at", Instant, nullable=False),
    Column("onset_end_at", Instant, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("acknowledged_by", String(200), nullable=True),
    Column("acknowledged_at", Instant, nullable=True),
    Column("resolved_at", Instant, nullable=True),
    Column("resolution", String(500), nullable=True),
    Column("group_id", String(16), nullable=True),
    Column("silence_id", String(16), nullable=True),
    Column("flapping_since_at", Instant, nullable=True),
    Column("affected", JSON, nullable=True),
    Column("size", JSON, nullable=True),
    Index("alerts_by_state", "state", "opened_at"),
    Index("alerts_by_group", "group_id"),
    Index("alerts_by_opening", "opened_at"),
    Index(
        "one_open_alert",
        "monitor",
        "slice",
        unique=True,
        sqlite_where=text("state <> 'resolved'"),
        postgresql_where=text("state <> 'resolved'"),
    ),
)

holds = Table(
    "threshold_holds",
    metadata,
    Column("incident", String(64), primary_key=True),
    Column("subject", String(300), primary_key=True),
    Column("since_at", Instant, nullable=False),
    Column("until_at", Instant, nullable=True),
    Index("threshold_holds_by_subject", "subject"),
)
