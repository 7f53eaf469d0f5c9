"""What is new in a table that replaces its predecessor."""

import polars as pl


def unknown_fractions(before: pl.LazyFrame, after: pl.DataFrame) -> dict[str, float | None]:
    """Per column of `after`, the share of its distinct values that `before` did not have, between 0 and 1.

    Nulls are not values. A column without values gives None; one that `before` did not have gives 1.0.
    A key that was issued anew shows as 1.0 where it was near 0 the day before.

    >>> old = pl.LazyFrame({"maker": [1, 2], "name": ["a", "b"]})
    >>> unknown_fractions(old, pl.DataFrame({"maker": [71, 72], "name": ["a", "c"]}))
    {'maker': 1.0, 'name': 0.5}
    """
    known = before.collect_schema()
    shared = [name for name in after.columns if name in known]
    previous = before.select(shared).collect()
    fractions: dict[str, float | None] = {}
    for name in after.columns:
        values = after[name].drop_nulls().unique()
        if values.is_empty():
            fractions[name] = None
        elif name not in known or known[name] != values.dtype:
            fractions[name] = 1.0
        else:
            new = values.to_frame().join(previous.select(name).unique(), on=name, how="anti").height
            fractions[name] = new / len(values)
    return fractions
