"""Slices of an indicator: the columns it is sliced by, and the name of each slice."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from steek.monitoring.monitor import IndicatorSpec

By = tuple[str, ...] | str | None


def columns_of(by: By) -> list[str]:
    """What was declared as a list.

    >>> columns_of(None), columns_of("store_id"), columns_of(("a", "b"))
    ([], ['store_id'], ['a', 'b'])
    """
    return [] if by is None else [by] if isinstance(by, str) else list(by)


def sliced_by(spec: IndicatorSpec) -> tuple[str, ...]:
    """Columns that a declared indicator is sliced by; () for the whole alone."""
    by = spec.parameters.get("by")
    if by is None or isinstance(by, str):
        return tuple(columns_of(by))
    assert isinstance(by, Sequence)
    return tuple(str(column) for column in by)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def slice_name(columns: Sequence[str], row: Mapping[str, Any]) -> str | None:
    """The slice of a row of grouped values, e.g. "store_id=367"; None for the whole."""
    return ", ".join(f"{column}={row[column]}" for column in columns) or None


def grouped(rows: pl.LazyFrame, columns: Sequence[str], what: Sequence[pl.Expr]) -> pl.DataFrame:
    """Values per slice, ordered by slice; without columns one row for the whole."""
    if not columns:
        return rows.select(what).collect()
    return rows.group_by(columns).agg(what).sort(columns).collect()
