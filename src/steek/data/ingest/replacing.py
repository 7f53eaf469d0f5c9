"""What is new in a table that replaces its predecessor."""

from collections.abc import Callable, Iterable

import polars as pl


def unknown_fractions(
    before: pl.LazyFrame, schema: pl.Schema, after: Callable[[], Iterable[pl.DataFrame]]
) -> dict[str, float | None]:
    """Per new column, the share of its distinct values that `before` did not have, between 0 and 1.

    Nulls are not values. A column without values gives None; one that `before` did not have gives 1.0.
    A key that was issued anew shows as 1.0 where it was near 0 the day before. Memory is bounded by the distinct
    values of one column.

    Args:
        before: The table so far.
        schema: Columns and types of the new one.
        after: Begins the rows of the new one, in chunks.

    >>> old = pl.LazyFrame({"maker": [1, 2], "name": ["a", "b"]})
    >>> new = pl.DataFrame({"maker": [71, 72], "name": ["a", "c"]})
    >>> unknown_fractions(old, new.schema, lambda: [new])
    {'maker': 1.0, 'name': 0.5}
    """
    known = before.collect_schema()
    fractions: dict[str, float | None] = {}
    for name, dtype in schema.items():
        values = _distinct(after(), name, dtype)
        if values.is_empty():
            fractions[name] = None
        elif name not in known or known[name] != dtype:
            fractions[name] = 1.0
        else:
            new = values.to_frame().join(before.select(name).unique().collect(), on=name, how="anti").height
            fractions[name] = new / len(values)
    return fractions


def _distinct(chunks: Iterable[pl.DataFrame], name: str, dtype: pl.DataType) -> pl.Series:
    values = pl.Series(name, [], dtype=dtype)
    for chunk in chunks:
        values = pl.concat([values, chunk[name].drop_nulls().unique()]).unique()
    return values
