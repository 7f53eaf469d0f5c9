"""Tables of the data room: versions of lake tables, receipts, refusals, contracts, derivations and joins."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, Index, Integer, String, Table, Text, UniqueConstraint

from steek.ledger.database import Instant, metadata
from steek.ledger.tables import Sequence

table_versions = Table(
    "table_versions",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("key", String(300), nullable=False),
    Column("at", Instant, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("operation", String(20), nullable=False),
    UniqueConstraint("name", "key"),
)

receipts = Table(
    "receipts",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("dataset", String(200), nullable=False),
    Column("key", String(300), nullable=False),
    Column("accepted_rows", BigInteger, nullable=False),
    Column("quarantined_rows", BigInteger, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("contract_hash", String(64), nullable=False),
    Column("table_version", Integer),
    Column("unchanged", Boolean, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("steps", JSON, nullable=False),
    Column("group_id", String(32)),
    UniqueConstraint("dataset", "key"),
    Index("receipts_by_state", "dataset", "state", "sequence"),
)

refused_batches = Table(
    "refused_batches",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("dataset", String(200), nullable=False),
    Column("key", String(300), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("code", String(40), nullable=False),
    Column("at", Instant, nullable=False),
)

contract_versions = Table(
    "contract_versions",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("dataset", String(200), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("version", String(40), nullable=False),
    Column("document", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("contract_versions_by_dataset", "dataset", "sequence"),
)

derivations = Table(
    "derivations",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("dataset", String(200), nullable=False),
    Column("key", String(300), nullable=False),
    Column("window_start_at", Instant, nullable=False),
    Column("window_end_at", Instant, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("table_version", Integer),
    Column("inputs", JSON, nullable=False),
    Column("definition_hash", String(64), nullable=False),
    Column("rows_before", BigInteger),
    Column("unexpected", Text),
    Column("at", Instant, nullable=False),
    UniqueConstraint("dataset", "key"),
)

join_reports = Table(
    "join_reports",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("dataset", String(200), nullable=False),
    Column("key", String(300), nullable=False),
    Column("name", String(200), nullable=False),
    Column("window_start_at", Instant, nullable=False),
    Column("window_end_at", Instant, nullable=False),
    Column("left_rows", BigInteger, nullable=False),
    Column("matched_rows", BigInteger, nullable=False),
    Column("several_rows", BigInteger),
    Column("point_in_time", Boolean, nullable=False),
    Column("expected_fraction", Float),
    Column("slices", JSON, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("dataset", "key", "name"),
    Index("join_reports_by_window", "dataset", "name", "window_start_at"),
)
