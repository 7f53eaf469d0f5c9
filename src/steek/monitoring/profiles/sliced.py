"""The profiles of one column over many slices at once: exact counts only."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steek.measures.sketching import cell_indices, grouped_moments
from steek.monitoring.profiles.columns import values_of
from steek.monitoring.profiles.edges import ColumnEdges
from steek.monitoring.profiles.spec import ColumnKind
from steek.monitoring.profiles.table import CELL_COLUMNS, CELLS

Counts = NDArray[np.int64]


class Groups:
    """Rows that lie slice by slice. `starts` says where each slice starts; none is empty."""

    def __init__(self, starts: Counts, rows: int) -> None:
        self.starts = starts
        self.sizes: Counts = np.diff(np.append(starts, rows)).astype(np.int64)
        self.number: Counts = np.repeat(np.arange(len(starts), dtype=np.int64), self.sizes)

    def count(self, marked: NDArray[np.bool_] | None) -> Counts:
        """Marked rows of each slice; None marks no row."""
        if marked is None:
            return np.zeros(len(self.starts), np.int64)
        return np.add.reduceat(marked.astype(np.int64), self.starts)


def profile_slices(column: pl.Series, kind: ColumnKind, edges: ColumnEdges | None, groups: Groups) -> pl.DataFrame:
    """One row a slice, in their order, without keys; columns that have no value anywhere are left out."""
    nulls = groups.count(column.is_null().to_numpy() if column.null_count() else None)
    found: dict[str, Any] = {"rows": groups.sizes, "nulls": nulls}
    if kind == "category":
        found["count"] = groups.sizes - nulls
        if edges is not None and edges.kind == "category":
            found |= _cells(_category_cells(column, edges), groups.number, len(nulls), edges)
    elif kind == "bare":
        found["count"] = groups.sizes - nulls
    else:
        found |= _numbers(column, kind, edges, groups, nulls)
    return pl.DataFrame(found)


def _numbers(
    column: pl.Series, kind: ColumnKind, edges: ColumnEdges | None, groups: Groups, nulls: Counts
) -> dict[str, Any]:
    values = values_of(column, kind)
    finite, slices = values.finite, len(groups.starts)
    if values.kept is None:
        count, numbers, starts = groups.sizes, groups.number, groups.starts
        filled = slice(None)
    else:
        count, numbers = groups.count(values.kept), groups.number[values.kept]
        # Slices without any value must not be in the way of those that have some.
        filled = np.flatnonzero(count)
        starts = (np.cumsum(count) - count)[filled]
    found: dict[str, Any] = {"count": count, "non_finite": groups.sizes - nulls - count}
    if not len(finite):
        return found
    moments = grouped_moments(finite, starts)
    known = {name: getattr(moments, name) for name in ("mean", "m2", "m3", "m4")}
    known |= {"minimum": np.minimum.reduceat(finite, starts), "maximum": np.maximum.reduceat(finite, starts)}
    for name, there in known.items():
        spread = np.full(slices, np.nan)
        spread[filled] = there
        found[name] = pl.Series(spread).set(pl.Series(count == 0), None)
    if edges is not None and edges.kind == "number":
        found |= _cells(cell_indices(finite, edges.numbers), numbers, slices, edges)
    return found


def _cells(cells: Counts, numbers: Counts, slices: int, edges: ColumnEdges) -> dict[str, Any]:
    counted = np.bincount(numbers[cells >= 0] * CELLS + cells[cells >= 0], minlength=slices * CELLS)
    table = counted.reshape(slices, CELLS)
    by_cell = {name: table[:, at] for at, name in enumerate(CELL_COLUMNS)}
    return {"edges": np.full(slices, edges.version, np.int32), **by_cell}


def _category_cells(column: pl.Series, edges: ColumnEdges) -> Counts:
    """The cell of each row, -1 where it has no value."""
    cells = column.cast(pl.String).replace_strict(
        list(edges.categories), list(range(1, len(edges.categories) + 1)), default=0, return_dtype=pl.Int64
    )
    return cells.set(column.is_null(), -1).to_numpy()
