"""Whether values look as before, by figures that few rows and wild values do not bend: their size, and their hours."""

import math
from datetime import timedelta

import polars as pl

from steek.kernel.errors import InputError
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.monitoring.indicators.scans import Reads, rows_of
from steek.monitoring.indicators.slicing import By, columns_of, grouped, slice_name, sliced_by
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import IndicatorSpec

VALUE_SIZE = "value_size"
ODD_HOURS_SHARE = "odd_hours_share"
_BEFORE = timedelta(days=28)
# An hour of the day is odd that saw less than one in a hundred rows.
_ODD = 0.01
# Even where all rows of a window are of one size, the next ones may be twice as large.
_LEAST_DEVIATION = math.log10(2)


def value_size(dataset: str, column: str, by: By = None) -> IndicatorSpec:
    """Mean decimal logarithm of the sizes of a column's values; dollars that come as cents raise it by 2.

    Args:
        dataset: A dataset with an event time.
        column: A number; its sign, zeros and what is no number do not count.
        by: Columns to slice by.
    """
    return IndicatorSpec(VALUE_SIZE, Urn("dataset", dataset), {"column": column, "by": columns_of(by)})


def odd_hours_share(dataset: str, by: By = None) -> IndicatorSpec:
    """Share of the rows at hours of the day, in UTC, that saw less than 1% of all rows in the 28 days before.

    Clocks in another time zone move rows there, as do a job that fills in a constant moment and a late batch that is
    stamped by its arrival.
    """
    return IndicatorSpec(ODD_HOURS_SHARE, Urn("dataset", dataset), {"by": columns_of(by)})


def measure_value_size(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Per slice, over the values that have a size; the standard deviation of one is in the evidence.

    Raises:
        InputError: the dataset has no event time, or lacks a column.
    """
    column, columns = str(spec.parameters["column"]), sliced_by(spec)
    rows = sources.rows(_required(reads_value_size(sources, spec), spec), window)
    if rows is None:
        return [] if columns else [Measurement(None, None, 0)]
    value = pl.col(column).cast(pl.Float64).abs()
    size = value.filter(value.is_finite() & (value > 0)).log10()
    what = [size.mean().alias("value"), size.count().alias("rows"), size.std().alias("std")]
    found = [
        Measurement(slice_name(columns, row), row["value"], int(row["rows"]), _deviation(row["std"]))
        for row in grouped(rows, columns, what).iter_rows(named=True)
        if row["rows"] or not columns
    ]
    return found or ([] if columns else [Measurement(None, None, 0)])


def measure_odd_hours(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Per slice; nothing to measure without rows before. The odd hours are in the evidence.

    Raises:
        InputError: the dataset has no event time, or lacks a column.
    """
    reads, columns = _required(reads_odd_hours(sources, spec), spec), sliced_by(spec)
    nothing = [] if columns else [Measurement(None, None, 0)]
    earlier = Window(window.start_at - _BEFORE, window.start_at)
    before = rows_of(sources.lake, Reads(reads.table, reads.at, frozenset()), earlier)
    rows = sources.rows(reads, window)
    if before is None or rows is None:
        return nothing
    hour = pl.col(reads.at).dt.hour().cast(pl.Int64)
    known = before.group_by(hour.alias("hour")).len().collect()
    if not known.height:
        return nothing
    usual = known.filter(pl.col("len") >= pl.col("len").sum() * _ODD)["hour"].to_list()
    odd = sorted(set(range(24)) - set(usual))
    what = [hour.is_in(odd).mean().alias("value"), pl.len().alias("rows")]
    found = [
        Measurement(slice_name(columns, row), row["value"], int(row["rows"]), {"odd_hours": odd})
        for row in grouped(rows, columns, what).iter_rows(named=True)
        if row["rows"]
    ]
    return found or nothing


def reads_value_size(sources: Sources, spec: IndicatorSpec) -> Reads | None:
    """The column and those to slice by; None for a dataset that is not declared with an event time."""
    return _reads(sources, spec, frozenset({str(spec.parameters["column"]), *sliced_by(spec)}))


def reads_odd_hours(sources: Sources, spec: IndicatorSpec) -> Reads | None:
    """The moments, and the columns to slice by; None for a dataset that is not declared with an event time."""
    return _reads(sources, spec, frozenset(sliced_by(spec)))


def _reads(sources: Sources, spec: IndicatorSpec, columns: frozenset[str]) -> Reads | None:
    declared = sources.datasets.get(spec.target.name)
    if declared is None or declared.event_time is None:
        return None
    return Reads(spec.target.name, declared.event_time, columns)


def _required(reads: Reads | None, spec: IndicatorSpec) -> Reads:
    if reads is None:
        message = f"{spec.target.name!r} is no declared dataset with an event time"
        raise InputError(message, next_step="Declare event_time.")
    return reads


def _deviation(found: float | None) -> dict[str, object]:
    return {"standard_deviation": max(found or 0.0, _LEAST_DEVIATION)}
