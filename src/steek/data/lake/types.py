"""Types that survive in the lake."""

from typing import Any

import polars as pl

from steek.kernel.errors import InputError

_WIDER: dict[type[pl.DataType], Any] = {
    # Delta has no unsigned integers, no categories and one kind of instant.
    pl.UInt8: pl.Int16(),
    pl.UInt16: pl.Int32(),
    pl.UInt32: pl.Int64(),
    pl.UInt64: pl.Int64(),
    pl.Categorical: pl.String(),
    pl.Enum: pl.String(),
}
_REFUSED = (pl.Duration, pl.Time, pl.Null, pl.Object, pl.Int128)


def storable(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with types that Delta keeps: wider signed integers, text for categories, microseconds UTC.

    Raises:
        InputError: a column of a type that Delta has no place for, or an unsigned value above 2**63 - 1.

    >>> storable(pl.DataFrame({"n": pl.Series([7], dtype=pl.UInt32)})).schema["n"]
    Int64
    """
    given = frame.schema
    wanted = {name: _storable_type(name, dtype) for name, dtype in given.items()}
    if wanted == {**given}:
        return frame
    naive = [name for name, dtype in given.items() if isinstance(dtype, pl.Datetime) and dtype.time_zone is None]
    try:
        return frame.with_columns(pl.col(naive).dt.replace_time_zone("UTC")).cast({**wanted})
    except pl.exceptions.InvalidOperationError:
        # The library's words quote the values.
        wide = [name for name, dtype in frame.schema.items() if dtype == pl.UInt64] or list(frame.columns)
        message = f"values do not fit the types of the lake, in one of: {', '.join(wide)}"
        raise InputError(message, next_step="Unsigned 64-bit integers must stay below 2**63.") from None


def _storable_type(name: str, dtype: Any) -> pl.DataType:
    if isinstance(dtype, _REFUSED):
        message = f"column {name!r} has the type {dtype}, which the lake cannot hold"
        raise InputError(message, next_step="Cast it to a number, text, date or timestamp first.")
    if isinstance(dtype, pl.Datetime):
        return pl.Datetime("us", "UTC")
    if isinstance(dtype, pl.List):
        return pl.List(_storable_type(name, dtype.inner))
    if isinstance(dtype, pl.Array):
        return pl.List(_storable_type(name, dtype.inner))
    if isinstance(dtype, pl.Struct):
        return pl.Struct({field.name: _storable_type(name, field.dtype) for field in dtype.fields})
    return _WIDER.get(dtype.base_type(), dtype)
