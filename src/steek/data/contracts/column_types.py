"""What type the values of a column have, tried with the very expressions that ingestion reads them by."""

from typing import Any

import polars as pl

from steek.data.contracts.contract import Field, FieldType
from steek.data.validation.converting import converted

# From the narrowest: each later type reads what an earlier one reads, or nothing of it.
_TRIED: tuple[FieldType, ...] = ("boolean", "integer", "number", "date", "timestamp")
# A leading zero is part of a code ("00123"), which a number would lose.
_CODE = r"^\s*[+-]?0\d"
_WORDS = ("true", "false")
# Dates as people write them, which ingestion does not read by itself: the order of day and month is a guess.
_LOCAL_DATE = r"^\s*\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(\s.*)?$"


def column_type(values: pl.Series, *, textual: bool) -> FieldType | None:
    """The narrowest type that ingestion can read every value as; None for what the lake's contracts cannot hold.

    A column without values is a string. Text is looked into only in a textual batch (CSV, JSON).
    """
    if isinstance(values.dtype, pl.String | pl.Categorical | pl.Enum | pl.Null):
        known = values.drop_nulls()
        return _of_text(known) if textual and isinstance(values.dtype, pl.String) and len(known) else "string"
    if values.dtype.is_integer():
        return "integer"
    if values.dtype.is_numeric():
        return "number"
    plain: dict[Any, FieldType] = {pl.Boolean: "boolean", pl.Date: "date", pl.Datetime: "timestamp"}
    return plain.get(values.dtype.base_type())


def looks_like_local_dates(values: pl.Series) -> bool:
    """Whether every value is a date with its year last, such as 03/04/2017, which may be March or April."""
    known = values.drop_nulls()
    return isinstance(values.dtype, pl.String) and len(known) > 0 and bool(known.str.contains(_LOCAL_DATE).all())


def typed(values: pl.Series, field: Field, *, textual: bool) -> pl.Series:
    """The values as the type of `field`, null where they cannot be read so."""
    column = converted(field, values.dtype, textual=textual)
    return values.to_frame(field.name).select(column.value.alias(field.name)).to_series()


def _of_text(known: pl.Series) -> FieldType:
    if known.str.contains(_CODE).any() and not known.str.contains(r"^\s*[+-]?0\.").any():
        return "string"
    for type in _TRIED:
        if type == "boolean" and not known.str.strip_chars().str.to_lowercase().is_in(_WORDS).all():
            continue
        read = typed(known, Field(known.name or "value", type), textual=True)
        if not read.null_count() and (type != "number" or read.is_finite().all()):
            return type
    return "string"
