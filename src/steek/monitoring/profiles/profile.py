"""A profile as people and indicators read it: one window, one slice, every column."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite, sqrt
from typing import Any

import polars as pl

from steek.kernel.windows import Window
from steek.measures.sketching import (
    DistinctCount,
    Hitters,
    Moments,
    cell_quantiles,
    distinct_count,
    rank_error,
    sketch_quantiles,
)
from steek.monitoring.profiles.edges import ColumnEdges
from steek.monitoring.profiles.spec import ColumnKind
from steek.monitoring.profiles.table import CELL_COLUMNS


@dataclass(frozen=True, slots=True)
class ColumnSummary:
    """What one column looked like. What is not known, or not kept of a column of this kind, is None.

    Args:
        name: Column.
        kind: "number"; "category" (text); "moment" (a time: extremes in seconds since 1970); "bare" (personal, or of
            a type that has no values to compare: only rows and nulls are counted).
        rows: Rows of the window and slice.
        nulls: Rows without a value.
        non_finite: Rows with NaN or infinity.
        count: Rows with a finite value, or a text.
        mean, deviation, skewness, kurtosis: Of the finite values; deviation is that of a sample, kurtosis is 0 for a
            normal distribution.
        minimum, maximum: Of the finite values.
        edges: What the cells are counted on.
        cells: Values per cell of the edges.
        places: Values per bin cut from the bits of the numbers, see `bin_counts`; of the whole only.
        hitters: The most frequent values, with the bound on what may be missing; of the whole only.
        distinct_sketch, quantile_sketch: HLL and KLL sketches of DataSketches; of the whole only.
    """

    name: str
    kind: ColumnKind
    rows: int
    nulls: int
    non_finite: int
    count: int
    mean: float | None = None
    deviation: float | None = None
    skewness: float | None = None
    kurtosis: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    edges: ColumnEdges | None = None
    cells: tuple[int, ...] | None = None
    places: Mapping[int, int] | None = None
    hitters: Hitters | None = None
    distinct_sketch: bytes | None = field(default=None, repr=False)
    quantile_sketch: bytes | None = field(default=None, repr=False)

    @property
    def null_fraction(self) -> float:
        """Share of rows without a value; 0 without rows."""
        return self.nulls / self.rows if self.rows else 0.0

    @property
    def non_finite_fraction(self) -> float:
        """Share of rows with NaN or infinity; 0 without rows."""
        return self.non_finite / self.rows if self.rows else 0.0

    @property
    def distinct(self) -> DistinctCount | None:
        """Different values, with bounds; None for slices and for kinds that are not counted."""
        return None if self.distinct_sketch is None else distinct_count(self.distinct_sketch)

    @property
    def quantile_error(self) -> float | None:
        """How far the rank of a quantile may be off, as a fraction of all values; None where it comes from cells."""
        return None if self.quantile_sketch is None else rank_error(self.quantile_sketch)

    def quantiles(self, *fractions: float) -> tuple[float, ...] | None:
        """Values below which these fractions of all lie; from the sketch, for slices from the cells (off by the width
        of a cell at most). None without values, and for columns that are not numbers.
        """
        if self.quantile_sketch is not None:
            return sketch_quantiles(self.quantile_sketch, fractions)
        known = self.edges is not None and self.cells is not None and self.kind == "number"
        if not known or self.minimum is None or self.maximum is None:
            return None
        assert self.edges is not None and self.cells is not None  # noqa: PT018
        counts = self.cells[: len(self.edges.numbers) + 1]
        return cell_quantiles(counts, self.edges.numbers, (self.minimum, self.maximum), fractions)

    def quantile(self, fraction: float) -> float | None:
        """One quantile, see `quantiles`."""
        found = self.quantiles(fraction)
        return None if found is None else found[0]


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile.

    Args:
        what: What was profiled, as `Profiled` names it.
        window: The stretch of time that was asked for.
        slice: "store_id=367"; None is the whole.
        rows: Rows of the window and slice.
        columns: By name.
    """

    what: str
    window: Window
    slice: str | None
    rows: int
    columns: Mapping[str, ColumnSummary]


def summaries(frame: pl.DataFrame, edges: Mapping[tuple[str, int], ColumnEdges]) -> dict[str, ColumnSummary]:
    """Summaries of the columns of one slice.

    Args:
        frame: Rows of a merged table, all of one slice.
        edges: By column and version.
    """
    return {row["column"]: _summary(row, edges.get((row["column"], row["edges"] or 0))) for row in frame.to_dicts()}


def _summary(row: Mapping[str, Any], edges: ColumnEdges | None) -> ColumnSummary:
    places, hitters = row["places"], row["hitters"]
    return ColumnSummary(
        name=row["column"],
        kind=row["kind"],
        rows=row["rows"],
        nulls=row["nulls"],
        non_finite=row["non_finite"],
        count=row["count"],
        **_moments(row),
        minimum=row["minimum"],
        maximum=row["maximum"],
        edges=edges,
        cells=None if edges is None else tuple(row[name] for name in CELL_COLUMNS[: len(edges.labels())]),
        places=None if places is None else dict(zip(places, row["place_rows"], strict=True)),
        hitters=None
        if hitters is None
        else Hitters(dict(zip(hitters, row["hitter_rows"], strict=True)), row["hitter_error"] or 0),
        distinct_sketch=row["distinct"],
        quantile_sketch=row["quantiles"],
    )


def _moments(row: Mapping[str, Any]) -> dict[str, Any]:
    if row["mean"] is None:
        return {}
    one = pl.DataFrame({name: [row[name]] for name in ("count", "mean", "m2", "m3", "m4")})
    moments = Moments(*(one[name].to_numpy() for name in one.columns))
    found = {
        "mean": row["mean"],
        "deviation": sqrt(float(moments.variance()[0])) if row["m2"] >= 0 and row["count"] > 1 else None,
        "skewness": float(moments.skewness()[0]),
        "kurtosis": float(moments.kurtosis()[0]),
    }
    return {name: value if value is not None and isfinite(value) else None for name, value in found.items()}
