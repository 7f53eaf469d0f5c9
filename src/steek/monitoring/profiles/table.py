"""Profiles as rows: one for each window, slice and column, so that they can be stored, filtered and merged as tables.

Of every slice, exact columns are kept: rows, nulls, non-finite values, extremes, moments and counts in sixteen cells
on versioned edges. They are plain numbers, so a thousand slices of fifty columns are fifty thousand short rows that
merge by addition. What needs more room is kept of the whole alone: bins cut from the bits of numbers, which merge
whatever the edges, the most frequent values, and the sketches of distinct values and quantiles.
"""

from dataclasses import dataclass

import polars as pl

CELLS = 16
CELL_COLUMNS = tuple(f"c{number:02}" for number in range(CELLS))
WHOLE = ""
_INSTANT = pl.Datetime("us", "UTC")
KEYS = ("window_start", "window_end", "slice", "column")
# Values that are kept of the whole alone.
SKETCHES = ("places", "place_rows", "hitters", "hitter_rows", "hitter_error", "distinct", "quantiles")
SCHEMA = pl.Schema(
    {
        "window_start": _INSTANT,
        "window_end": _INSTANT,
        "slice": pl.String(),
        "column": pl.String(),
        "kind": pl.String(),
        "edges": pl.Int32(),
        "rows": pl.Int64(),
        "nulls": pl.Int64(),
        "non_finite": pl.Int64(),
        "count": pl.Int64(),
        "mean": pl.Float64(),
        "m2": pl.Float64(),
        "m3": pl.Float64(),
        "m4": pl.Float64(),
        "minimum": pl.Float64(),
        "maximum": pl.Float64(),
        **dict.fromkeys(CELL_COLUMNS, pl.Int64()),
        "places": pl.List(pl.Int32()),
        "place_rows": pl.List(pl.Int64()),
        "hitters": pl.List(pl.String()),
        "hitter_rows": pl.List(pl.Int64()),
        "hitter_error": pl.Int64(),
        "distinct": pl.Binary(),
        "quantiles": pl.Binary(),
    }
)
EXACT = tuple(name for name in SCHEMA if name not in SKETCHES)


@dataclass(frozen=True, slots=True)
class ProfileTable:
    """Profiles of any number of windows and slices.

    Args:
        frame: Columns of `SCHEMA`. "edges" is the version of the edges that the cells are counted on; null, as the
            cells, where there are none. The slice of the whole is "". Moments are central sums; null without values.
    """

    frame: pl.DataFrame

    @classmethod
    def empty(cls) -> "ProfileTable":
        """No profile at all."""
        return cls(SCHEMA.to_frame(eager=True))


def concat(tables: list[ProfileTable]) -> ProfileTable:
    """All rows of all tables, unmerged."""
    return ProfileTable(pl.concat([table.frame for table in tables])) if tables else ProfileTable.empty()
