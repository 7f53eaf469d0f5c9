"""How old rows and versions of lake tables are, read from their files."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl
from sqlalchemy import func, select

from steek.data.erasure.table_files import TableFiles
from steek.data.lake.delta import open_table
from steek.data.lake.horizons import horizons
from steek.data.tables import table_versions
from steek.ledger import Database


@dataclass(frozen=True, slots=True)
class Age:
    """Rows before a moment, and the oldest row; (0, None) for a table without rows."""

    over: int
    oldest_at: datetime | None


def rows_before(files: TableFiles, name: str, column: str, before_at: datetime) -> Age:
    """Rows of the present version with `column` before a moment; bounds of files spare reading most of them."""
    table = open_table(files.uri(name), files.options)
    if table is None or not table.file_uris():
        return Age(0, None)
    moment = pl.col(column)
    frame = pl.scan_delta(table, storage_options=files.options or None).select(moment)
    older = frame.filter(moment < before_at)
    counted, oldest = pl.collect_all([older.select(pl.len()), frame.select(moment.min())])
    return Age(counted.item(), oldest.item())


def versions_before(database: Database, name: str, before_at: datetime) -> int:
    """Versions that can still be read, were written before a moment, and are not the latest."""
    first = horizons(database, [name]).get(name, 0)
    latest = select(func.max(table_versions.c.version)).where(table_versions.c.name == name).scalar_subquery()
    query = select(func.count()).where(
        table_versions.c.name == name,
        table_versions.c.version >= first,
        table_versions.c.version < latest,
        table_versions.c.at < before_at,
    )
    with database.reading() as connection:
        return connection.execute(query).scalar_one()
