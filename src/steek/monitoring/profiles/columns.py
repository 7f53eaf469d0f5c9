"""What a column is to a profile, and its values as numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steek.monitoring.profiles.spec import ColumnKind, ProfileSpec, columns_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Values:
    """The numbers of a column.

    Args:
        finite: Finite values, in the order of the rows.
        kept: Which rows they are of; None where it is all rows.
        nulls: Rows without a value.
    """

    finite: Floats
    kept: NDArray[np.bool_] | None
    nulls: NDArray[np.bool_] | None


def kind_of(name: str, dtype: Any, spec: ProfileSpec) -> ColumnKind:
    """How a column of this name and type is profiled."""
    if name in spec.bare:
        return "bare"
    if dtype.is_numeric() or isinstance(dtype, pl.Boolean):
        return "number"
    if isinstance(dtype, pl.Datetime | pl.Date):
        return "moment"
    return "category" if isinstance(dtype, pl.String | pl.Categorical | pl.Enum) else "bare"


def profiled_columns(frame: pl.DataFrame | pl.LazyFrame, spec: ProfileSpec) -> dict[str, ColumnKind]:
    """Columns that a profile is made of, with their kinds."""
    schema = frame.collect_schema()
    names = schema.names() if spec.columns is None else [name for name in spec.columns if name in schema]
    return {name: kind_of(name, schema[name], spec) for name in names}


def needed_columns(frame: pl.LazyFrame, spec: ProfileSpec) -> list[str]:
    """Columns that have to be read: those of the profile, of the slices, and the event time."""
    schema = frame.collect_schema()
    sliced = [name for by in spec.by for name in columns_of(by)]
    wanted = [*profiled_columns(frame, spec), *sliced, *([spec.event_time] if spec.event_time else [])]
    return [name for name in dict.fromkeys(wanted) if name in schema]


def values_of(column: pl.Series, kind: ColumnKind) -> Values:
    """A column of numbers or moments (as seconds since 1970) as an array of its finite values."""
    nulls = column.is_null().to_numpy() if column.null_count() else None
    if kind == "moment":
        column = column.cast(pl.Datetime("us")).to_physical() / 1e6
    numbers: Floats = column.cast(pl.Float64).to_numpy()
    finite = np.isfinite(numbers)
    if finite.all():
        return Values(numbers, None, nulls)
    return Values(numbers[finite], finite, nulls)
