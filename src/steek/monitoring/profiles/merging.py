"""Merging profiles: any number of parts become one for each slice and column, whatever their windows.

Counts, extremes and cells come out as if computed on all rows at once; moments too, up to rounding. Sketches keep the
bounds that they state: quantiles their error of rank, distinct counts their relative error, frequent values the sum of
the errors of the parts. What only some of the parts have is not claimed for the whole: cells on edges of different
versions, or a sketch that a part lacks, come out as absent.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steek.measures.sketching import (
    Hitters,
    Moments,
    merge_distinct,
    merge_hitters,
    merge_moments,
    merge_quantiles,
)
from steek.monitoring.profiles.table import CELL_COLUMNS, SCHEMA, SKETCHES, WHOLE, ProfileTable
from steek.monitoring.profiles.whole import MOST_HITTERS, hitter_columns

_NAMES = ["slice", "column"]
_ADDED = ("rows", "nulls", "non_finite", "count")
# Parts are merged whenever so many rows have come together, which bounds the memory of long stretches.
_MOST_ROWS = 1_500_000
_Ints = NDArray[np.int64]


def merge(tables: Iterable[ProfileTable | pl.DataFrame]) -> ProfileTable:
    """One row for each slice and column of all tables; their window reaches from the first start to the last end.

    Frames may lack columns of sketches, which then are absent from the result.
    """
    waiting: list[pl.DataFrame] = []
    rows = 0
    for table in tables:
        frame = table.frame if isinstance(table, ProfileTable) else table
        if frame.height:
            waiting.append(frame)
            rows += frame.height
        if rows > _MOST_ROWS and len(waiting) > 1:
            waiting = [_merged(waiting)]
            rows = waiting[0].height
    return ProfileTable(_merged(waiting)) if waiting else ProfileTable.empty()


def _merged(frames: list[pl.DataFrame]) -> pl.DataFrame:
    frame = pl.concat(frames, how="diagonal") if len(frames) > 1 else frames[0]
    names, group = _groups(frames, frame)
    if names.height == frame.height:
        return _complete(frame.with_columns(pl.col("window_start").min(), pl.col("window_end").max()))
    found = _exact(frame, group, names.height)
    merged = names.with_columns(
        pl.lit(frame["window_start"].min(), SCHEMA["window_start"]).alias("window_start"),
        pl.lit(frame["window_end"].max(), SCHEMA["window_end"]).alias("window_end"),
        *(pl.Series(name, values) for name, values in found.items()),
    )
    sketches = _sketches(frame)
    if sketches is not None:
        merged = merged.join(sketches, on=_NAMES, how="left", maintain_order="left")
    return _complete(merged)


def _complete(frame: pl.DataFrame) -> pl.DataFrame:
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in SCHEMA.items() if name not in frame.columns]
    return frame.with_columns(*missing).select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())


def _groups(frames: list[pl.DataFrame], frame: pl.DataFrame) -> tuple[pl.DataFrame, _Ints]:
    """Slices and columns, each once, and for each row of the whole frame the one that it is about."""
    first = frames[0]
    alike = (all(one[name].equals(first[name]) for name in _NAMES) for one in frames[1:])
    if len(frames) > 1 and all(alike):
        # Days mostly come with the same slices in the same order.
        names, group = _numbered(first)
        return names, np.tile(group, len(frames))
    return _numbered(frame)


def _numbered(frame: pl.DataFrame) -> tuple[pl.DataFrame, _Ints]:
    names = frame.select(_NAMES).unique(maintain_order=True)
    if names.height == frame.height:
        return names, np.arange(frame.height, dtype=np.int64)
    joined = frame.select(_NAMES).join(names.with_row_index("group"), on=_NAMES, how="left", maintain_order="left")
    return names, joined["group"].cast(pl.Int64).to_numpy()


def _exact(frame: pl.DataFrame, group: _Ints, groups: int) -> dict[str, Any]:
    def total(name: str) -> _Ints:
        # Sums of whole numbers below 2**53 are exact in 64-bit floats.
        return np.bincount(group, weights=frame[name].fill_null(0).to_numpy(), minlength=groups).astype(np.int64)

    found: dict[str, Any] = {name: total(name) for name in _ADDED}
    last = np.zeros(groups, np.int64)
    last[group] = np.arange(frame.height)
    found["kind"] = frame["kind"].gather(last)
    mean = frame["mean"]
    known = (frame["count"] > 0) & mean.is_not_null()
    parts = Moments(
        np.where(known.to_numpy(), frame["count"].to_numpy(), 0),
        *(frame[name].fill_null(0.0).to_numpy() for name in ("mean", "m2", "m3", "m4")),
    )
    moments = merge_moments(parts, group, groups)
    # Moments are those of all values or of none.
    absent = pl.Series((moments.count == 0) | (moments.count != found["count"]))
    for name in ("mean", "m2", "m3", "m4"):
        found[name] = pl.Series(getattr(moments, name)).set(absent, None)
    low, high = np.full(groups, np.inf), np.full(groups, -np.inf)
    np.minimum.at(low, group, frame["minimum"].fill_null(np.inf).to_numpy())
    np.maximum.at(high, group, frame["maximum"].fill_null(-np.inf).to_numpy())
    found["minimum"] = pl.Series(low).set(pl.Series(np.isposinf(low)), None)
    found["maximum"] = pl.Series(high).set(pl.Series(np.isneginf(high)), None)
    return found | _cells(frame, group, groups)


def _cells(frame: pl.DataFrame, group: _Ints, groups: int) -> dict[str, Any]:
    # A part without values has nothing to put into cells, whatever its edges.
    counted = frame["count"].to_numpy() > 0
    version = frame["edges"].cast(pl.Int64).fill_null(0).to_numpy()
    least, most = np.full(groups, np.iinfo(np.int64).max), np.full(groups, -1)
    np.minimum.at(least, group[counted], version[counted])
    np.maximum.at(most, group[counted], version[counted])
    absent = pl.Series((least != most) | (most < 1))
    found: dict[str, Any] = {"edges": pl.Series(most).set(absent, None)}
    for name in CELL_COLUMNS:
        summed = np.bincount(group, weights=frame[name].fill_null(0).to_numpy(), minlength=groups)
        found[name] = pl.Series(summed.astype(np.int64)).set(absent, None)
    return found


def _sketches(frame: pl.DataFrame) -> pl.DataFrame | None:
    if any(name not in frame.columns for name in SKETCHES):
        return None
    whole = frame.filter((pl.col("slice") == WHOLE) & pl.col("kind").is_in(["number", "category"]))
    if not whole.height:
        return None
    rows = [
        {"slice": WHOLE, "column": column, **_sketch(parts)}
        for (column,), parts in whole.group_by("column", maintain_order=True)
    ]
    types = {"slice": pl.String(), "column": pl.String(), **{name: SCHEMA[name] for name in SKETCHES}}
    return pl.DataFrame(rows, schema=types)


def _sketch(parts: pl.DataFrame) -> dict[str, Any]:
    filled = parts.filter(pl.col("count") > 0)
    found: dict[str, Any] = dict.fromkeys(SKETCHES)
    if not filled.height:
        return found
    if not filled["distinct"].null_count():
        found["distinct"] = merge_distinct(filled["distinct"].to_list())
    if not filled["quantiles"].null_count():
        found["quantiles"] = merge_quantiles(filled["quantiles"].to_list())
    if not filled["places"].null_count():
        bins = filled.select(pl.col("places", "place_rows").explode()).drop_nulls().group_by("places").sum()
        ordered = bins.sort("places")
        found |= {"places": ordered["places"].to_list(), "place_rows": ordered["place_rows"].to_list()}
    return found | hitter_columns(merge_hitters(_hitters(filled), MOST_HITTERS))


def _hitters(filled: pl.DataFrame) -> list[Hitters]:
    """What each part knows of frequent values; one that kept none may hide as many rows of a value as it has."""
    columns = filled.select("hitters", "hitter_rows", "hitter_error", "count").iter_rows()
    return [
        Hitters({}, count) if values is None else Hitters(dict(zip(values, rows, strict=True)), error or 0)
        for values, rows, error, count in columns
    ]
