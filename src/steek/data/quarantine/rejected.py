"""Batches that a person rejected: their rows go from the spool into quarantine."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl
from sqlalchemy import select

from steek.data.datasets import AnyDataset, contract_of
from steek.data.ingest.receipts import Receipt
from steek.data.ingest.spool import Spool
from steek.data.ingest.spool_files import SpoolFile, read_frames
from steek.data.ingest.tables import spool_entries
from steek.data.lake.chunks import Chunks
from steek.data.lake.lake import Lake
from steek.data.quarantine.rows import REASON_SEPARATOR, ROWS_SCHEMA
from steek.kernel.errors import ConflictError
from steek.ledger import Database

# Good rows of a batch do not know their number in it any more; these are beyond any batch.
_FIRST_POSITION = 1 << 40
_RAW = "_raw_"


class RejectedRows:
    """Keeps the rows of rejected batches.

    Of a batch that was cleaned, the values as they came are kept; what was protected on its way stays protected.

    Args:
        lake: Opened for maintenance.
        database: Knows which files belong to a batch.
        spool: Of this machine.
        datasets: Declarations by name, contracts loaded.
    """

    def __init__(self, lake: Lake, database: Database, spool: Spool, datasets: Mapping[str, AnyDataset]) -> None:
        self._lake = lake
        self._database = database
        self._spool = spool
        self._datasets = datasets

    def __call__(self, receipt: Receipt, reason: str) -> None:
        """Append all rows of the batch to the quarantine; again for the same batch does nothing.

        Raises:
            ConflictError: the batch lies in the spool of another machine.
        """
        query = select(spool_entries.c.spool_id, spool_entries.c.files)
        with self._database.reading() as connection:
            entry = connection.execute(query.where(spool_entries.c.receipt_id == receipt.id)).first()
        if entry is None:
            return
        if entry.spool_id != self._spool.id:
            message = f"the rows of receipt {receipt.id} lie in the spool of another machine"
            raise ConflictError(message, next_step="Reject the batch on the machine that took it in.")
        files = [SpoolFile.from_json(file) for file in entry.files]

        def rows() -> Iterator[pl.DataFrame]:
            yield from self._good(receipt, files[0], reason)
            for file in files[1:]:
                for frame in read_frames(self._spool.path(receipt.dataset, file.name)):
                    told = pl.lit(f"{reason}{REASON_SEPARATOR}") + pl.col("reason")
                    yield frame.with_columns(told.alias("reason")).select(list(ROWS_SCHEMA))

        chunks = Chunks(pl.Schema(ROWS_SCHEMA), sum(file.rows for file in files), rows)
        self._lake.append(f"quarantine.{receipt.dataset}", chunks, key=f"rejected:{receipt.id}")

    def _good(self, receipt: Receipt, file: SpoolFile, reason: str) -> Iterator[pl.DataFrame]:
        first = _FIRST_POSITION
        contract = contract_of(self._datasets[receipt.dataset])
        assert contract is not None
        for frame in read_frames(self._spool.path(receipt.dataset, file.name)):
            yield frame.with_row_index("_at").select(
                pl.struct(_as_came(frame, contract.names)).struct.json_encode().alias("row"),
                pl.lit(reason).alias("reason"),
                pl.lit(receipt.id).alias("receipt_id"),
                (pl.col("_at").cast(pl.Int64) + first).alias("position"),
                pl.lit(receipt.received_at, dtype=ROWS_SCHEMA["received_at"]).alias("received_at"),
            )
            first += frame.height


def _as_came(frame: pl.DataFrame, names: Sequence[str]) -> list[pl.Expr]:
    present = [name for name in names if name in frame.columns or f"{_RAW}{name}" in frame.columns]
    return [
        pl.col(f"{_RAW}{name}").alias(name) if f"{_RAW}{name}" in frame.columns else pl.col(name) for name in present
    ]
