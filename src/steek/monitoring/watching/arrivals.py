"""Rows of a dataset in the order in which they came, whatever order the lake keeps its files in."""

import polars as pl
from sqlalchemy import select

from steek.data import Lake
from steek.data.lake.lake import RECEIPT_COLUMN
from steek.data.tables import receipts
from steek.kernel.errors import InputError
from steek.ledger import Database

ARRIVED_IN = "_arrived_in"
"""Column with the table version that brought a row."""
_ORDER = "_order"


def arrivals(
    lake: Lake, database: Database, dataset: str, columns: tuple[str, ...], *, after: int | None, version: int
) -> pl.DataFrame:
    """Rows of the batches that were committed after one version (None: from the beginning) and up to another.

    Returns:
        `columns` and `ARRIVED_IN`, the batch that came first on top.

    Raises:
        InputError: a column is closed to the one that watches.
    """
    query = select(receipts.c.id, receipts.c.sequence, receipts.c.table_version).where(
        receipts.c.dataset == dataset, receipts.c.table_version <= version
    )
    query = query if after is None else query.where(receipts.c.table_version > after)
    with database.reading() as connection:
        found = connection.execute(query).all()
    order = pl.DataFrame(
        [tuple(row) for row in found],
        schema={RECEIPT_COLUMN: pl.String(), _ORDER: pl.Int64(), ARRIVED_IN: pl.Int64()},
        orient="row",
    )
    rows = lake.scan(dataset, version=lake.readable_version(dataset, version), technical=True)
    there = rows.collect_schema().names()
    closed = [column for column in columns if column not in there]
    if closed:
        message = f"{', '.join(closed)} of {dataset} cannot be read by the one that watches"
        step = "Pseudonymise a personal id in the contract of both datasets, or open it by a policy."
        raise InputError(message, next_step=step)
    taken = rows.select(*columns, RECEIPT_COLUMN).join(
        order.lazy(), on=RECEIPT_COLUMN, how="inner", maintain_order="left"
    )
    return taken.collect().sort(_ORDER, maintain_order=True).select(*columns, ARRIVED_IN)
