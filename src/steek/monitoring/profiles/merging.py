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
_MOMENTS = ("mean", "m2", "m3", "m4")
_NO_VERSION = np.iinfo(np.int64).max
_ADDED = ("rows", "nulls", "non_finite", "count")
# Parts are merged whenever so many rows have come together, which bounds the memory of long stretches.
_MOST_ROWS = 600_000
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
    frame = (pl.concat(frames, how="diagonal_relaxed") if len(frames) > 1 else frames[0]).rechunk()
    names, summing = _groups(frames, frame)
    if names.height == frame.height:
        return _complete(frame.with_columns(pl.col("window_start").min(), pl.col("window_end").max()))
    found = _exact(frame, summing)
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


class _Summing:
    """Which rows belong together: `group` has a number for each row, from 0 to `groups`; where `times` is given, the
    groups come in order so many times.
    """

    def __init__(self, group: _Ints, groups: int, times: int | None = None) -> None:
        self.group = group
        self.groups = groups
        self.times = times

    def total(self, values: _Ints) -> _Ints:
        """Sums of whole numbers."""
        if self.times is not None:
            return values.reshape(self.times, self.groups).sum(axis=0, dtype=np.int64)
        # Sums below 2**53 are exact in 64-bit floats.
        return np.bincount(self.group, weights=values, minlength=self.groups).astype(np.int64)

    def least(self, values: NDArray[Any]) -> NDArray[Any]:
        """Smallest values."""
        if self.times is not None:
            return values.reshape(self.times, self.groups).min(axis=0)
        found = np.full(self.groups, values.max())
        np.minimum.at(found, self.group, values)
        return found


def _groups(frames: list[pl.DataFrame], frame: pl.DataFrame) -> tuple[pl.DataFrame, _Summing]:
    """Slices and columns, each once, and which rows of the whole frame are about the same."""
    first = frames[0]
    alike = (all(one[name].equals(first[name]) for name in _NAMES) for one in frames[1:])
    if len(frames) > 1 and all(alike):
        # Days mostly come with the same slices in the same order.
        names, group = _numbered(first)
        times = len(frames) if names.height == first.height else None
        return names, _Summing(np.tile(group, len(frames)), names.height, times)
    names, group = _numbered(frame)
    return names, _Summing(group, names.height)


def _numbered(frame: pl.DataFrame) -> tuple[pl.DataFrame, _Ints]:
    columns, wide = _codes(frame["column"])
    slices, many = _codes(frame["slice"])
    key = slices * wide + columns
    used = np.zeros(many * wide, bool)
    used[key] = True
    groups = int(used.sum())
    if groups == frame.height:
        return frame.select(_NAMES), np.arange(groups, dtype=np.int64)
    group = (np.cumsum(used) - 1)[key]
    # Each number is written where it is first met, because later ones are overwritten by earlier ones.
    first = np.zeros(groups, np.int64)
    first[group[::-1]] = np.arange(frame.height - 1, -1, -1)
    return frame.select(_NAMES)[first], group


def _codes(names: pl.Series) -> tuple[_Ints, int]:
    """A small number for each name, and how many different ones there are."""
    codes = names.cast(pl.Categorical).to_physical().to_numpy()
    used = np.zeros(int(codes.max()) + 1, bool)
    used[codes] = True
    return (np.cumsum(used) - 1)[codes], int(used.sum())


def _exact(frame: pl.DataFrame, summing: _Summing) -> dict[str, Any]:
    # In one go, which uses all cores; columns become arrays without another copy.
    dense = frame.select(
        pl.col(*_ADDED, *CELL_COLUMNS).fill_null(0),
        pl.col("edges").cast(pl.Int64).fill_null(0),
        pl.col(*_MOMENTS).fill_null(0.0),
        pl.when(pl.col("mean").is_null()).then(0).otherwise("count").alias("known"),
        pl.col("minimum").fill_null(np.inf),
        (-pl.col("maximum")).fill_null(np.inf),
    )
    values = {name: dense[name].to_numpy() for name in dense.columns}
    found: dict[str, Any] = {name: summing.total(values[name]) for name in _ADDED}
    last = np.zeros(summing.groups, np.int64)
    last[summing.group] = np.arange(frame.height)
    found["kind"] = frame["kind"].gather(last)
    parts = Moments(values["known"].astype(np.int64, copy=False), *(values[name] for name in _MOMENTS))
    moments = merge_moments(parts, summing.group, summing.groups)
    # Moments are those of all values or of none.
    absent = pl.Series((moments.count == 0) | (moments.count != found["count"]))
    for name in _MOMENTS:
        found[name] = pl.Series(getattr(moments, name)).set(absent, None)
    for name, sign in (("minimum", 1.0), ("maximum", -1.0)):
        least = summing.least(values[name])
        found[name] = pl.Series(sign * least).set(pl.Series(np.isposinf(least)), None)
    return found | _cells(values, summing)


def _cells(values: dict[str, NDArray[Any]], summing: _Summing) -> dict[str, Any]:
    # A part without values has nothing to put into cells, whatever its edges.
    counted, version = values["count"] > 0, values["edges"]
    least = summing.least(np.where(counted, version, _NO_VERSION))
    most = -summing.least(np.where(counted, -version, 0))
    absent = pl.Series((least != most) | (most < 1))
    found: dict[str, Any] = {"edges": pl.Series(most).set(absent, None)}
    for name in CELL_COLUMNS:
        found[name] = pl.Series(summing.total(values[name])).set(absent, None)
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
