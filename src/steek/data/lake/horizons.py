"""Horizons: from which version on a table can be read, because what lay before was erased."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Column, Connection, Integer, String, Table, insert, select

from steek.data.lake.tables import ended_versions
from steek.kernel.errors import NotFoundError
from steek.ledger import Database
from steek.ledger.database import Instant, metadata

table_horizons = Table(
    "table_horizons",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("cause", String(300), nullable=False),
    Column("at", Instant, nullable=False),
)


def add_horizon(connection: Connection, name: str, version: int, *, cause: str, at: datetime) -> None:
    """Note that versions of a table before `version` are gone, and why, e.g. "erasure 1f0c9a"; once per version."""
    where = (table_horizons.c.name == name, table_horizons.c.version == version)
    if connection.execute(select(table_horizons.c.name).where(*where)).first() is None:
        connection.execute(insert(table_horizons).values(name=name, version=version, cause=cause, at=at))


def check_readable(database: Database, name: str, version: int) -> None:
    """Refuse a version that an erasure, a retention or a vacuum ended.

    Raises:
        NotFoundError: names what ended it, when, and the first version that can be read.
    """
    table = table_horizons
    query = select(table).where(table.c.name == name, table.c.version > version).order_by(table.c.version)
    gone = select(ended_versions.c.at).where(ended_versions.c.name == name, ended_versions.c.version == version)
    with database.reading() as connection:
        ends = connection.execute(query).all()
        cleared_at = connection.execute(gone).scalar_one_or_none()
    if cleared_at is not None:
        message = f"version {version} of table {name!r} was ended by a vacuum at {cleared_at.isoformat()}"
        raise NotFoundError(message, next_step=f"'steek lake versions {name}' lists those that can be read.")
    if ends:
        message = f"version {version} of table {name!r} was ended by {ends[0].cause} at {ends[0].at.isoformat()}"
        raise NotFoundError(message, next_step=f"The first version that can be read is {ends[-1].version}.")


def readable_version(database: Database, name: str, version: int) -> int:
    """The version itself, or, where it was ended, the first one that can be read.

    For those who read what they once pinned and can do without the rows that were erased.
    """
    return max(horizons(database, [name]).get(name, version), version)


def horizons(database: Database, names: Iterable[str] | None = None) -> dict[str, int]:
    """Table to its first readable version, for tables that have lost earlier ones."""
    query = select(table_horizons.c.name, table_horizons.c.version).order_by(table_horizons.c.version)
    if names is not None:
        query = query.where(table_horizons.c.name.in_(list(names)))
    with database.reading() as connection:
        return {row.name: row.version for row in connection.execute(query)}
