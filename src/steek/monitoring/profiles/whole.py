"""The profile of one column over all rows of a window: exact counts, and every sketch."""

from typing import Any

import numpy as np
import polars as pl

from steek.measures.sketching import (
    Hitters,
    bin_counts,
    cell_counts,
    distinct_of_numbers,
    distinct_of_texts,
    moments_of,
    most_frequent,
    quantile_sketch,
)
from steek.monitoring.profiles.columns import Values, values_of
from steek.monitoring.profiles.edges import ColumnEdges
from steek.monitoring.profiles.spec import ColumnKind
from steek.monitoring.profiles.table import CELL_COLUMNS

MOST_HITTERS = 256
_PEEK = 10_000
# A column of numbers whose beginning has more different values than this measures something: no value is frequent.
_MOST_CODES = 1000
# Beyond it a 64-bit float does not hold every whole number.
_EXACT = 1 << 53


def profile_column(column: pl.Series, kind: ColumnKind, edges: ColumnEdges | None) -> dict[str, Any]:
    """A row of the table without its keys."""
    nulls = column.null_count()
    row: dict[str, Any] = {"kind": kind, "rows": len(column), "nulls": nulls, "non_finite": 0}
    row["count"] = len(column) - nulls
    if kind == "category":
        return row | _of_category(column, edges)
    if kind == "bare":
        return row
    values = values_of(column, kind)
    row["count"] = len(values.finite)
    row["non_finite"] = len(column) - nulls - len(values.finite)
    row |= _exact(values, edges)
    return row if kind == "moment" else row | _sketches(column, values)


def _exact(values: Values, edges: ColumnEdges | None) -> dict[str, Any]:
    finite = values.finite
    if not len(finite):
        return {}
    moments = moments_of(finite)
    found = {name: float(getattr(moments, name)[0]) for name in ("mean", "m2", "m3", "m4")}
    found |= {"minimum": float(finite.min()), "maximum": float(finite.max())}
    if edges is None or edges.kind != "number":
        return found
    return found | cells_of(cell_counts(finite, edges.numbers).tolist(), edges)


def cells_of(counts: list[int], edges: ColumnEdges) -> dict[str, Any]:
    """Counts as columns of the table; cells that the edges do not have are empty."""
    padded = counts + [0] * (len(CELL_COLUMNS) - len(counts))
    return {"edges": edges.version, **dict(zip(CELL_COLUMNS, padded, strict=True))}


def _sketches(column: pl.Series, values: Values) -> dict[str, Any]:
    finite = values.finite
    bins = bin_counts(finite)
    whole = column.dtype.is_integer() and column.null_count() == 0
    hashed = column.cast(pl.Int64, strict=False).to_numpy() if whole and _fits(finite) else None
    if hashed is None and column.dtype.is_integer():
        hashed = finite.astype(np.int64) if _fits(finite) else None
    found: dict[str, Any] = {
        "places": list(bins),
        "place_rows": list(bins.values()),
        "distinct": distinct_of_numbers(finite if hashed is None else hashed),
        "quantiles": quantile_sketch(finite),
    }
    present = column.drop_nulls()
    if present.head(_PEEK).n_unique() > _MOST_CODES:
        return found | hitter_columns(Hitters({}, len(finite)))
    shown = present.filter(present.is_finite()) if present.dtype.is_float() else present
    return found | hitter_columns(_counted(shown))


def _fits(finite: Any) -> bool:
    return not len(finite) or float(np.abs(finite).max()) < _EXACT


def _of_category(column: pl.Series, edges: ColumnEdges | None) -> dict[str, Any]:
    texts = column.cast(pl.String)
    counted = _values(texts)
    found = hitter_columns(most_frequent(counted, MOST_HITTERS)) | {"distinct": distinct_of_texts(counted)}
    if edges is None or edges.kind != "category":
        return found
    own = [counted.get(category, 0) for category in edges.categories]
    return found | cells_of([sum(counted.values()) - sum(own), *own], edges)


def hitter_columns(found: Hitters) -> dict[str, Any]:
    """Frequent values as columns of the table."""
    return {
        "hitters": list(found.counts),
        "hitter_rows": list(found.counts.values()),
        "hitter_error": found.error,
    }


def _counted(values: pl.Series) -> Hitters:
    return most_frequent(_values(values), MOST_HITTERS)


def _values(values: pl.Series) -> dict[str, int]:
    # Values become text after counting: a few, not a million.
    counts = values.drop_nulls().alias("value").value_counts(name="rows")
    return dict(zip(counts["value"].cast(pl.String).to_list(), counts["rows"].to_list(), strict=True))
