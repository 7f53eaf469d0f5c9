"""Reading one column as the type its contract asks for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from steek.data.contracts.contract import Field, FieldType
from steek.kernel.errors import ContractViolationError

COLUMN_TYPES: dict[FieldType, pl.DataType] = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us", "UTC"),
}
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
# Rust's chrono: an optional fraction of a second, then an offset with or without a colon.
_ISO_FORMAT = "%Y-%m-%dT%H:%M:%S%.f%#z"


@dataclass(frozen=True, slots=True)
class Converted:
    """How to read a column: the value in its contract's type (null where that fails), and where it fails.

    `unreadable` is None when no value of the column can fail, `unchanged` says that `value` is the column itself.
    """

    name: str
    value: pl.Expr
    unreadable: pl.Expr | None
    unchanged: bool = False


def converted(field: Field, dtype: Any, *, textual: bool) -> Converted:
    """Expressions that read a column of type `dtype` as `field`; a missing column (None) reads as nulls.

    Naive moments and dates are taken as UTC. Fractions do not become integers. Text stands for other types only
    in a textual batch.

    Raises:
        ContractViolationError: no value of that type can be what the contract asks for.
    """
    wanted = COLUMN_TYPES[field.type]
    column = pl.col(field.name)
    if dtype == wanted:
        return Converted(field.name, column, None, unchanged=True)
    if dtype is None:
        return Converted(field.name, pl.lit(None, dtype=wanted), None)
    if isinstance(dtype, pl.Null):
        return Converted(field.name, column.cast(wanted), None)
    if textual and isinstance(dtype, pl.String) and field.type != "string":
        return _fallible(field.name, _FROM_TEXT[field.type](column.str.strip_chars()))
    if field.type == "integer":
        return _integer(field, dtype)
    value = _typed(field.type, column, dtype)
    if value is None:
        raise _impossible(field, dtype)
    return Converted(field.name, value, None)


def _integer(field: Field, dtype: Any) -> Converted:
    column = pl.col(field.name)
    whole = column.cast(pl.Int64, strict=False)
    if isinstance(dtype, pl.UInt64 | pl.Int128):
        return _fallible(field.name, whole)
    if dtype.is_integer():
        return Converted(field.name, whole, None)
    if dtype.is_float() or dtype.is_decimal():
        # 1.5 would be cut to 1, so a value counts as read only when nothing was cut off.
        return _fallible(field.name, pl.when(whole.cast(dtype) == column).then(whole))
    raise _impossible(field, dtype)


def _typed(type: FieldType, column: pl.Expr, dtype: Any) -> pl.Expr | None:
    if type == "timestamp":
        return _typed_moment(column, dtype)
    fits = {
        "number": dtype.is_numeric(),
        "string": isinstance(dtype, pl.String | pl.Categorical | pl.Enum),
        "boolean": isinstance(dtype, pl.Boolean),
        "date": isinstance(dtype, pl.Date),
    }
    return column.cast(COLUMN_TYPES[type]) if fits[type] else None


def _typed_moment(column: pl.Expr, dtype: Any) -> pl.Expr | None:
    if isinstance(dtype, pl.Date):
        return column.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if not isinstance(dtype, pl.Datetime):
        return None
    aware = column.dt.replace_time_zone("UTC") if dtype.time_zone is None else column.dt.convert_time_zone("UTC")
    return aware.dt.cast_time_unit("us")


def _fallible(name: str, value: pl.Expr) -> Converted:
    return Converted(name, value, pl.col(name).is_not_null() & value.is_null())


def _moment(text: pl.Expr) -> pl.Expr:
    return (
        text.str.replace(r"^(\d{4}-\d\d-\d\d)$", "${1}T00:00:00")
        .str.replace(" ", "T", literal=True)
        .str.replace("Z$", "+00:00")
        .str.replace(r"^(\d{4}-\d\d-\d\dT[0-9:.]+)$", "${1}+00:00")
        .str.to_datetime(_ISO_FORMAT, time_unit="us", strict=False)
    )


def _boolean(text: pl.Expr) -> pl.Expr:
    return text.str.to_lowercase().replace_strict(_BOOLEANS, default=None, return_dtype=pl.Boolean)


def _impossible(field: Field, dtype: Any) -> ContractViolationError:
    message = f"column {field.name!r} has the type {dtype}; its contract says {field.type}"
    step = "Send the type of the contract, or change the contract."
    return ContractViolationError(message, next_step=step, details={"mistyped_columns": [field.name]})


_FROM_TEXT: dict[FieldType, Callable[[pl.Expr], pl.Expr]] = {
    "integer": lambda text: text.cast(pl.Int64, strict=False),
    "number": lambda text: text.cast(pl.Float64, strict=False),
    "boolean": _boolean,
    "date": lambda text: text.str.to_date("%Y-%m-%d", strict=False),
    "timestamp": _moment,
}
