"""Table of runs of the test bench; the rows of a run lie in a file that is named by its content."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table

from steek.ledger.database import Instant, metadata

bench_runs = Table(
    "bench_runs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("key", String(300), nullable=False, unique=True),
    Column("model", String(200), nullable=False),
    Column("incident_id", String(20), ForeignKey("incidents.id")),
    Column("hypothesis", Integer),
    Column("question", JSON, nullable=False),
    Column("sides", JSON, nullable=False),
    Column("summary", JSON, nullable=False),
    Column("queries", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("results_sha256", String(64), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("ran_at", Instant, nullable=False),
    Index("bench_runs_by_model", "model", "ran_at"),
    Index("bench_runs_by_incident", "incident_id"),
)
