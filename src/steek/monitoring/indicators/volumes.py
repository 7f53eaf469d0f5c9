"""Rows that arrived, in all or for each slice; slices that are gone and slices that are new."""

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from steek.data.volumes import WEIGHT_COLUMN
from steek.kernel.errors import InputError, NotFoundError
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.monitoring.indicators.scans import Reads, rows_of
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import IndicatorSpec

VOLUME = "volume"
VANISHED_SLICES = "vanished_slices"
NEW_SLICES = "new_slices"

# Windows before this one that say which slices there are, and the share of them a slice must be in to be missed.
_WINDOWS_BEFORE = 28
_MISSED_FROM = 0.5
_NAMED = 20


def volume(dataset: str, by: str | None = None, *, minimum_expected: float = 10.0) -> IndicatorSpec:
    """Rows of a dataset with an event time in the window.

    Args:
        dataset: Name of the dataset.
        by: Column whose values are the slices; None watches all rows together.
        minimum_expected: A slice whose middle window has fewer rows is not judged by its size, only by whether it
            falls silent, and then after as many empty windows as its own past makes improbable.
    """
    parameters: dict[str, object] = {"by": by, "minimum_expected": minimum_expected}
    return IndicatorSpec(VOLUME, Urn("dataset", dataset), parameters)


def vanished_slices(dataset: str, by: str) -> IndicatorSpec:
    """Share of the slices that are usually there, in half of the 28 windows before or more, without any row now."""
    return IndicatorSpec(VANISHED_SLICES, Urn("dataset", dataset), {"by": by})


def new_slices(dataset: str, by: str) -> IndicatorSpec:
    """How many values of a column have rows now and had none in the 28 windows before."""
    return IndicatorSpec(NEW_SLICES, Urn("dataset", dataset), {"by": by})


def measure_volume(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Rows of the window; a window without any row is 0 as a whole, and no slice at all when sliced.

    Where the dataset is a sample that carries its weights, rows are scaled back to the whole.
    """
    counted = _counted(sources, spec, window)
    if _column(spec) is None:
        rows = sum(counted.values())
        return [Measurement(None, float(rows), rows)]
    by, whole = _column(spec), sum(counted.values())
    return [
        Measurement(f"{by}={value}", float(rows), rows, {"whole": whole})
        for value, rows in sorted(counted.items(), key=lambda item: str(item[0]))
    ]


def measure_vanished(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Nothing to measure until three windows before have rows; the first slices gone are named in the evidence."""
    now, before = _seen(sources, spec, window)
    windows = before["windows"].max() if before.height else 0
    if not isinstance(windows, int) or windows < 3:
        return [Measurement(None, None, 0)]
    usual = before.filter(pl.col("windows") >= windows * _MISSED_FROM)["slice"].to_list()
    gone = sorted(str(one) for one in usual if one not in now)
    evidence: dict[str, object] = {"gone": gone[:_NAMED], "gone_in_all": len(gone), "usual": len(usual)}
    return [Measurement(None, len(gone) / len(usual) if usual else None, len(usual), evidence)]


def measure_new(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Nothing to measure until a window before has rows; the first new slices are named in the evidence."""
    now, before = _seen(sources, spec, window)
    if not before.height:
        return [Measurement(None, None, 0)]
    new = sorted(str(one) for one in now - set(before["slice"].to_list()))
    evidence: dict[str, object] = {"new": new[:_NAMED], "new_in_all": len(new), "slices": len(now)}
    return [Measurement(None, float(len(new)), len(now), evidence)]


def reads_volume(sources: Sources, spec: IndicatorSpec) -> Reads | None:
    """The event time and the column to slice by; None for a dataset that is not declared with an event time."""
    declared = sources.datasets.get(spec.target.name)
    if declared is None or declared.event_time is None:
        return None
    by = _column(spec)
    columns = frozenset[str]() if by is None else frozenset({by})
    return Reads(spec.target.name, declared.event_time, columns, frozenset({WEIGHT_COLUMN}))


def _column(spec: IndicatorSpec) -> str | None:
    by = spec.parameters["by"]
    assert by is None or isinstance(by, str)
    return by


def _counted(sources: Sources, spec: IndicatorSpec, window: Window) -> dict[str | None, int]:
    """Rows per value of the column, as text; of all rows under None without one."""
    by, reads = _column(spec), reads_volume(sources, spec)
    if reads is None:
        frame = sources.ingestion.volumes(spec.target.name, window.start_at, window.end_at, by=by)
        totals = frame.group_by("slice").agg(pl.col("rows").sum())
        return {value: int(rows) for value, rows in totals.iter_rows()}
    rows = sources.rows(reads, window)
    if rows is None:
        return {}
    weighed = WEIGHT_COLUMN in rows.collect_schema()
    # Rows that came before the dataset was sampled have no weight: each stands for itself.
    number = pl.col(WEIGHT_COLUMN).fill_null(1.0).sum().round() if weighed else pl.len()
    slice_ = pl.lit(None, dtype=pl.String) if by is None else pl.col(by).cast(pl.String)
    found = rows.group_by(slice_.alias("slice")).agg(number.cast(pl.Int64).alias("rows")).collect()
    return dict(found.iter_rows())


def _seen(sources: Sources, spec: IndicatorSpec, window: Window) -> tuple[set[str | None], pl.DataFrame]:
    """Slices of the window, and of each slice before in how many windows it had rows: slice, windows."""
    reads = reads_volume(sources, spec)
    if reads is None:
        message = f"dataset {spec.target.name!r} has no event time, so it has no slices per window"
        raise InputError(message, next_step="Declare event_time.")
    length = window.end_at - window.start_at
    step = min(length, timedelta(days=1))
    start_at = window.start_at - _WINDOWS_BEFORE * step
    rows = rows_of(sources.lake, reads, Window(start_at, window.end_at))
    if rows is None:
        message = f"dataset {spec.target.name!r} has no data yet"
        raise NotFoundError(message)
    by, at = _column(spec), pl.col(reads.at)
    number = ((at - pl.lit(window.start_at)).dt.total_microseconds() // (step // timedelta(microseconds=1))).alias("n")
    found = rows.select(pl.col(str(by)).cast(pl.String).alias("slice"), number).unique().collect()
    before = found.filter(pl.col("n") < 0).group_by("slice").agg(pl.len().cast(pl.Int64).alias("windows"))
    return set(_values(found.filter(pl.col("n") >= 0))), before


def _values(frame: pl.DataFrame) -> Sequence[str | None]:
    return frame["slice"].to_list()
