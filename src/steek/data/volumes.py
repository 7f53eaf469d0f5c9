"""How many rows, per window and slice."""

from datetime import datetime

import polars as pl

from steek.kernel.windows import Window

WEIGHT_COLUMN = "_sampling_weight"
_SCHEMA = {"window_start": pl.Datetime("us", "UTC"), "slice": pl.String, "rows": pl.Int64}


def count_volumes(rows: pl.LazyFrame, event_time: str, window: Window, by: str | None) -> pl.DataFrame:
    """Rows per 24 hours from the start of `window`, and per value of the column `by`.

    Args:
        rows: The dataset. Where it is a sample that carries its weights, rows are scaled back to the whole.
        event_time: Its timestamp column.
        window: Stretch of event time; its last piece may be shorter than a day.
        by: Column whose values are the slices; None counts all rows together.

    Returns:
        Columns window_start, slice (the value as text, null without `by`), rows; ordered by window and slice.
        Every slice seen anywhere in the stretch has a row for each window, with 0 where it was absent.
    """
    starts = pl.Series("window_start", [piece.start_at for piece in window.days()], dtype=_SCHEMA["window_start"])
    inside = rows.filter(pl.col(event_time).is_between(window.start_at, window.end_at, closed="left"))
    slice_value = pl.lit(None, dtype=pl.String) if by is None else pl.col(by).cast(pl.String)
    # Rows that came before the dataset was sampled have no weight: each stands for itself.
    weighed = WEIGHT_COLUMN in rows.collect_schema()
    number = pl.col(WEIGHT_COLUMN).fill_null(1.0).sum().round() if weighed else pl.len()
    weight = [WEIGHT_COLUMN] if weighed else []
    counted = (
        inside.select(_start_of(event_time, window.start_at).alias("window_start"), slice_value.alias("slice"), *weight)
        .group_by("window_start", "slice")
        .agg(number.cast(pl.Int64).alias("rows"))
        .collect()
    )
    slices = (
        pl.DataFrame({"slice": [None]}, schema={"slice": pl.String}) if by is None else counted.select("slice").unique()
    )
    grid = starts.to_frame().join(slices, how="cross")
    filled = grid.join(counted, on=["window_start", "slice"], how="left", nulls_equal=True)
    return filled.with_columns(pl.col("rows").fill_null(0)).sort("window_start", "slice").cast({**_SCHEMA})


def volume_lines(counted: pl.DataFrame) -> list[tuple[str | None, list[int]]]:
    """What `count_volumes` gave as one line per slice, the largest in all first: slice, rows per window in order.

    >>> rows = {"window_start": [1, 1, 2, 2], "slice": ["a", "b", "a", "b"], "rows": [3, 9, 0, 4]}
    >>> volume_lines(pl.DataFrame(rows))
    [('b', [9, 4]), ('a', [3, 0])]
    """
    sizes = counted.group_by("slice", maintain_order=True).agg(pl.col("rows"))
    return sorted(sizes.iter_rows(), key=lambda line: (-sum(line[1]), str(line[0])))


def _start_of(event_time: str, origin: datetime) -> pl.Expr:
    days = (pl.col(event_time) - pl.lit(origin, dtype=_SCHEMA["window_start"])).dt.total_days()
    return pl.lit(origin, dtype=_SCHEMA["window_start"]) + pl.duration(days=days)
