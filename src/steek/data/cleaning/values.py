"""Reading values out of text columns, as batches of CSV and JSON bring them, without losing what cannot be read."""

from typing import Any

import polars as pl

# Beyond it not every whole number is a 64-bit float.
_EXACT = 2.0**53


def as_number(name: str, dtype: Any) -> pl.Expr:
    """The column as 64-bit float; null where text is no number."""
    column = pl.col(name)
    return (column.str.strip_chars() if _is_text(dtype) else column).cast(pl.Float64, strict=False)


def write_back(rows: pl.DataFrame, name: str, value: pl.Expr) -> pl.DataFrame:
    """Put `value` in the place of a column.

    Text stays text, in the form that validation reads, with what could not be read as it came: so validation can say
    which rows are bad, and every chunk of a batch has the same types.
    """
    if not _is_text(rows.schema[name]):
        return rows.with_columns(value.alias(name))
    read = as_text(rows.select(value.alias(name)).to_series())
    return rows.with_columns(pl.coalesce(read, rows[name]).alias(name))


def as_text(values: pl.Series) -> pl.Series:
    """Values as text that validation reads back to the same value; whole numbers have no decimal point."""
    if isinstance(values.dtype, pl.Datetime):
        return values.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00")
    if values.dtype.is_float():
        number = pl.col(values.name)
        whole = number.is_finite() & (number == number.round()) & (number.abs() < _EXACT)
        text = (
            pl.when(whole).then(number.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(number.cast(pl.String))
        )
        return values.to_frame().select(text).to_series()
    return values.cast(pl.String)


def size_bytes(rows: pl.DataFrame) -> int:
    """Bytes of the values: UTF-8 length of text, 8 for everything else.

    Counted from the values and not from memory, so it is the same wherever and however rows are held.
    """
    texts = [name for name, dtype in rows.schema.items() if isinstance(dtype, pl.String)]
    inside = int(sum(rows.select(pl.col(texts).str.len_bytes().sum()).row(0))) if texts and rows.height else 0
    return inside + 8 * rows.height * (rows.width - len(texts))


def _is_text(dtype: Any) -> bool:
    return isinstance(dtype, pl.String)
