"""Tables of the lake's upkeep: pins, compactions, vacuums and the versions that a vacuum ended."""

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table

from steek.ledger.database import Instant, metadata
from steek.ledger.tables import Sequence

lake_pins = Table(
    "lake_pins",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("key", String(300), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("reason", String(500), nullable=False),
    Column("holder", String(200), nullable=False),
    Column("pinned_at", Instant, nullable=False),
    Column("released_at", Instant),
    Column("released_by", String(200)),
    Index("lake_pins_by_name", "name", "version"),
)

compactions = Table(
    "lake_compactions",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("version", Integer),
    Column("clustered_by", String(200)),
    Column("files_before", Integer, nullable=False),
    Column("files_after", Integer, nullable=False),
    Column("size_bytes_before", BigInteger, nullable=False),
    Column("size_bytes_after", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
)

vacuums = Table(
    "lake_vacuums",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("kept_since", Instant, nullable=False),
    Column("ended_versions", JSON, nullable=False),
    Column("kept_versions", Integer, nullable=False),
    Column("deleted_files", Integer, nullable=False),
    Column("despite_pins", String(500)),
    Column("at", Instant, nullable=False),
)

# A version stands here from the moment a vacuum decides that it ends, before the first of its files goes.
ended_versions = Table(
    "ended_table_versions",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("key", String(300), nullable=False),
    Column("at", Instant, nullable=False),
)
