"""What was collected from a dataset into the prediction log or into outcomes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, insert, select

from steek.monitoring.watching.tables import watched_collections


@dataclass(frozen=True, slots=True)
class Collected:
    """One collection.

    Args:
        key: Its idempotency key.
        model: The watched model.
        what: "predictions" or "outcomes".
        source_version: Version of the dataset up to which rows were considered.
        rows: Rows added.
        repeated: Answers left out because their id was there already.
        unusable: Rows without id, moment or a finite score.
        table_version: Version that holds the rows.
        at: Processing time.
    """

    key: str
    model: str
    what: str
    source_version: int
    rows: int
    repeated: int
    unusable: int
    table_version: int | None
    at: datetime


def write_collection(connection: Connection, collected: Collected) -> None:
    """Store a collection."""
    values = {name: getattr(collected, name) for name in Collected.__slots__}
    connection.execute(insert(watched_collections).values(values))


def collected_version(connection: Connection, model: str, what: str) -> int | None:
    """Version of the dataset up to which rows were considered; None before the first collection."""
    table = watched_collections
    query = select(func.max(table.c.source_version)).where(table.c.model == model, table.c.what == what)
    return connection.execute(query).scalar_one()


def latest_collections(connection: Connection, model: str, limit: int) -> list[Collected]:
    """Collections of a model, latest first."""
    table = watched_collections
    query = select(table).where(table.c.model == model).order_by(table.c.at.desc(), table.c.what).limit(limit)
    return [_collected(row) for row in connection.execute(query).mappings()]


def _collected(row: RowMapping) -> Collected:
    return Collected(**row)
