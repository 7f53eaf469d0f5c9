"""Tables of evaluation: runs with their figures, golden sets with the answers to them, decisions of gates."""

from sqlalchemy import JSON, Column, Float, ForeignKey, Index, Integer, String, Table

from steek.ledger.database import Instant, metadata

evaluation_runs = Table(
    "evaluation_runs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    Column("version", Integer, nullable=False),
    Column("against", Integer),
    Column("evaluated_at", Instant, nullable=False),
    Index("evaluation_runs_by_model", "name", "version"),
)

evaluations = Table(
    "evaluations",
    metadata,
    Column("run", Integer, ForeignKey("evaluation_runs.number"), primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("distribution", String(100), nullable=False),
    Column("window_start_at", Instant, nullable=False),
    Column("window_end_at", Instant, nullable=False),
    Column("slice", String(300)),
    Column("metric", String(100), nullable=False),
    Column("value", Float),
    Column("low", Float),
    Column("high", Float),
    Column("rows", Integer, nullable=False),
    Column("reference", String(300)),
)

comparisons = Table(
    "evaluation_comparisons",
    metadata,
    Column("run", Integer, ForeignKey("evaluation_runs.number"), primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("distribution", String(100), nullable=False),
    Column("metric", String(100), nullable=False),
    Column("other", String(300), nullable=False),
    Column("value", Float),
    Column("other_value", Float),
    Column("difference", Float),
    Column("low", Float),
    Column("high", Float),
    Column("rows", Integer, nullable=False),
)

calibration_bins = Table(
    "evaluation_calibration",
    metadata,
    Column("run", Integer, ForeignKey("evaluation_runs.number"), primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("distribution", String(100), nullable=False),
    Column("bin", Integer, nullable=False),
    Column("score_low", Float, nullable=False),
    Column("score_high", Float, nullable=False),
    Column("predicted", Float, nullable=False),
    Column("observed", Float),
    Column("low", Float),
    Column("high", Float),
    Column("rows", Integer, nullable=False),
)

golden_sets = Table(
    "golden_sets",
    metadata,
    Column("table_name", String(200), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("distribution", String(100), nullable=False),
    Column("table_version", Integer, nullable=False),
    Column("queries", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("pinned_at", Instant, nullable=False),
)

golden_answers = Table(
    "golden_answers",
    metadata,
    Column("table_name", String(200), ForeignKey("golden_sets.table_name"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("answers", JSON, nullable=False),
    Column("answered_at", Instant, nullable=False),
)

gate_decisions = Table(
    "gate_decisions",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    Column("version", Integer, nullable=False),
    Column("against", Integer),
    Column("verdict", String(20), nullable=False),
    Column("checks", JSON, nullable=False),
    Column("blocking", JSON, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Index("gate_decisions_by_model", "name", "version"),
)

gate_overrides = Table(
    "gate_overrides",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    Column("version", Integer, nullable=False),
    Column("approver", String(200), nullable=False),
    Column("reason", String(2000), nullable=False),
    Column("at", Instant, nullable=False),
    Index("gate_overrides_by_model", "name", "version"),
)

outcome_joins = Table(
    "outcome_joins",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("window_start_at", Instant, nullable=False),
    Column("window_end_at", Instant, nullable=False),
    Column("predictions", Integer, nullable=False),
    Column("matched", Integer, nullable=False),
    Column("table_version", Integer),
    Column("joined_at", Instant, nullable=False),
)
