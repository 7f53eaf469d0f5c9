"""How much a batch may grow while it is read: a few bytes can stand for gigabytes."""

import polars as pl

from steek.data.ingest.shapes import check_cells
from steek.kernel.errors import TooLargeError, UnreadableError

CHUNK_ROWS = 65_536
"""Rows that are worked on at once."""

_WIDTHS: dict[type[pl.DataType], int] = {
    pl.Null: 1, pl.Boolean: 1, pl.Int8: 1, pl.UInt8: 1, pl.Int16: 2, pl.UInt16: 2, pl.Int32: 4, pl.UInt32: 4,
    pl.Float32: 4, pl.Date: 4,
}  # fmt: skip
_WIDTH = 8


class Expansion:
    """Counts what a batch grows to; one object for one reading of one batch.

    Args:
        most_bytes: Bytes of all its rows in memory that are allowed.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0

    def declared(self, size_bytes: int) -> None:
        """Count bytes that the payload itself says it will become.

        Raises:
            TooLargeError: too many.
        """
        self._bytes += size_bytes
        self._check()

    def rows(self, schema: pl.Schema, rows: int) -> None:
        """Refuse more rows than could be held, before they are read; what text holds is not known yet.

        Raises:
            TooLargeError: too many rows or columns.
            UnreadableError: there are rows, but no column that could say how many.
        """
        if rows and not len(schema):
            message = f"the payload has {rows} rows without any column"
            raise UnreadableError(message, next_step="Send the fields of the contract.")
        check_cells(1, len(schema))
        if rows * sum(_WIDTHS.get(dtype.base_type(), _WIDTH) for dtype in schema.dtypes()) > self._most_bytes:
            raise self._refusal(f"{rows} rows of {len(schema)} columns")

    def text(self, frame: pl.DataFrame) -> None:
        """Count the text of rows where one text may have been written once for many rows.

        Raises:
            TooLargeError: too much.
        """
        texts = [
            name for name, dtype in frame.schema.items() if isinstance(dtype, pl.String | pl.Categorical | pl.Enum)
        ]
        if texts:
            sums = frame.select(_lengths(name, frame.schema[name]).cast(pl.Int64).sum() for name in texts)
            self.declared(sum(value or 0 for value in sums.row(0)))

    def _check(self) -> None:
        if self._bytes > self._most_bytes:
            raise self._refusal("the batch")

    def _refusal(self, what: str) -> TooLargeError:
        message = f"{what} would take more than {self._most_bytes} bytes when decompressed"
        return TooLargeError(message, next_step="Send it in parts, each with its own key, or raise max_expanded_bytes.")


def _lengths(name: str, dtype: pl.DataType) -> pl.Expr:
    # Categories stay where they are: as text, each row would hold a copy of its own.
    column = pl.col(name)
    return column.str.len_bytes() if isinstance(dtype, pl.String) else column.cat.len_bytes()
