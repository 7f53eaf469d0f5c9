"""Tables of objectives: their slots, how each stands, its episodes, checks that were done, exclusions, imports."""

from sqlalchemy import JSON, BigInteger, Column, Float, Index, String, Table, text

from steek.ledger.database import Instant, metadata

# An exclusion of everything has no objective.
EVERYTHING = ""

objective_windows = Table(
    "objective_windows",
    metadata,
    Column("objective", String(120), primary_key=True),
    Column("window_start_at", Instant, primary_key=True),
    Column("window_end_at", Instant, nullable=False),
    Column("good", BigInteger, nullable=True),
    Column("total", BigInteger, nullable=True),
    Column("reason", String(500), nullable=False),
    Column("measured_at", Instant, nullable=False),
)

objective_states = Table(
    "objective_states",
    metadata,
    Column("objective", String(120), primary_key=True),
    Column("phase", String(16), nullable=False),
    Column("since_at", Instant, nullable=False),
    Column("episode", String(16), nullable=True),
    Column("verdict", String(16), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("left_fraction", Float, nullable=True),
    Column("as_of", Instant, nullable=False),
    Column("checked_at", Instant, nullable=False),
)

objective_episodes = Table(
    "objective_episodes",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("objective", String(120), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("phase", String(16), nullable=False),
    Column("severity", String(8), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("left_fraction", Float, nullable=True),
    Column("onset_start_at", Instant, nullable=False),
    Column("onset_end_at", Instant, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=True),
    Index(
        "one_open_episode",
        "objective",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)

objective_checks = Table(
    "objective_checks",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("objective", String(120), primary_key=True),
    Column("window_start_at", Instant, nullable=False),
    Column("window_end_at", Instant, nullable=False),
    Column("told", String(40), nullable=True),
    Column("checked_at", Instant, nullable=False),
)

objective_exclusions = Table(
    "objective_exclusions",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("key", String(300), nullable=False, unique=True),
    Column("objective", String(120), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("start_at", Instant, nullable=False),
    Column("end_at", Instant, nullable=False),
    Column("reason", String(500), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("withdrawn_at", Instant, nullable=True),
    Column("withdrawn_by", String(200), nullable=True),
    Column("withdrawn_because", String(500), nullable=True),
    Index("objective_exclusions_by_time", "objective", "start_at"),
)

objective_imports = Table(
    "objective_imports",
    metadata,
    Column("objective", String(120), primary_key=True),
    Column("key", String(300), nullable=False),
    Column("document", JSON, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("imported_at", Instant, nullable=False),
    Column("retired_at", Instant, nullable=True),
)
