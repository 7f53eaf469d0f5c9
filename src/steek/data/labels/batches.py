"""Batches of statements as records, and their rows in the database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, RowMapping, insert, select

from steek.data.labels.tables import label_batches


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelBatch:
    """One batch of statements about examples.

    Args:
        id: Its name.
        name: Whose labels.
        table_version: Version of the lake table that first holds it; orders the statements.
        key: The sender's own name for it.
        content_hash: Of its statements.
        rows: Statements.
        new_rows: About examples that nothing was said of before.
        repeated_rows: That say what held already.
        corrected_rows: That say something else than what held.
        late_rows: Stated after the label window of their example.
        early_rows: Stated before it ended, so the label may still change.
        first_moment_at: Earliest moment of its examples; None without rows.
        last_moment_at: Latest one.
        known_at: Processing time from which they are known.
        reason: Why labels were corrected; empty where none was.
        actor: Who sent them.
    """

    id: str
    name: str
    table_version: int
    key: str
    content_hash: str
    rows: int
    new_rows: int
    repeated_rows: int
    corrected_rows: int
    late_rows: int
    early_rows: int
    first_moment_at: datetime | None
    last_moment_at: datetime | None
    known_at: datetime
    reason: str
    actor: str


def write(connection: Connection, batch: LabelBatch) -> None:
    """Write a batch down."""
    values = {name: getattr(batch, name) for name in LabelBatch.__dataclass_fields__}
    connection.execute(insert(label_batches).values(**values))


def by_key(connection: Connection, name: str, key: str) -> LabelBatch | None:
    """The batch that was sent with `key`, or None."""
    query = select(label_batches).where(label_batches.c.name == name, label_batches.c.key == key)
    row = connection.execute(query).mappings().first()
    return None if row is None else _batch(row)


def by_id(connection: Connection, batch_id: str) -> LabelBatch | None:
    """The batch of that id, or None."""
    row = connection.execute(select(label_batches).where(label_batches.c.id == batch_id)).mappings().first()
    return None if row is None else _batch(row)


def listed(connection: Connection, name: str, *, limit: int | None = None) -> list[LabelBatch]:
    """Batches of `name`, newest first."""
    query = select(label_batches).where(label_batches.c.name == name)
    query = query.order_by(label_batches.c.table_version.desc())
    return [_batch(row) for row in connection.execute(query if limit is None else query.limit(limit)).mappings()]


def places(connection: Connection, name: str) -> pl.DataFrame:
    """Of every batch of `name`: batch_id, number (its version) and known_at."""
    columns = label_batches.c
    query = select(columns.id, columns.table_version, columns.known_at).where(columns.name == name)
    schema = {"batch_id": pl.String, "number": pl.Int64, "known_at": pl.Datetime("us", "UTC")}
    return pl.DataFrame([tuple(row) for row in connection.execute(query)], schema=schema, orient="row")


def _batch(row: RowMapping) -> LabelBatch:
    values: dict[str, Any] = {name: row[name] for name in LabelBatch.__dataclass_fields__}
    return LabelBatch(**values)
