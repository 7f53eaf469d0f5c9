"""Tables of serving: routes, their history, and how far the prediction log has been collected."""

from sqlalchemy import JSON, BigInteger, Column, Float, Index, Integer, String, Table

from steek.ledger.database import Instant, metadata

routes = Table(
    "routes",
    metadata,
    Column("model", String(100), primary_key=True),
    Column("primary", Integer, nullable=False),
    Column("candidate", Integer),
    Column("fraction", Float, nullable=False),
    Column("members", JSON, nullable=False),
    Column("previous", JSON, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

route_changes = Table(
    "route_changes",
    metadata,
    Column("model", String(100), primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("key", String(200), nullable=False, unique=True),
    Column("action", String(30), nullable=False),
    Column("primary", Integer, nullable=False),
    Column("candidate", Integer),
    Column("fraction", Float, nullable=False),
    Column("members", JSON, nullable=False),
    Column("previous", JSON, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("reason", String(1000), nullable=False),
    Column("at", Instant, nullable=False),
    Index("route_changes_by_primary", "model", "primary"),
)

prediction_collections = Table(
    "prediction_collections",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("ranges", JSON, nullable=False),
    Column("base_version", Integer),
    Column("rows", BigInteger),
    Column("repeated", BigInteger),
    Column("unreadable", BigInteger),
    Column("table_version", Integer),
    Column("at", Instant, nullable=False),
)

prediction_positions = Table(
    "prediction_positions",
    metadata,
    Column("segment", String(100), primary_key=True),
    Column("position_bytes", BigInteger, nullable=False),
    Column("unreadable", BigInteger, nullable=False),
)

serving_replicas = Table(
    "serving_replicas",
    metadata,
    Column("replica", String(100), primary_key=True),
    Column("model", String(100), primary_key=True),
    Column("version", Integer),
    Column("trained_at", Instant),
    Column("data_until", Instant),
    Column("epoch", Integer, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

masks = Table(
    "serving_masks",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("model", String(100), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("what", String(300), nullable=False),
    Column("reason", String(1000), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("serving_masks_by_end", "ended_at", "model"),
)
