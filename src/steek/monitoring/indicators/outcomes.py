"""What came of the answers: the hit rate, observed against expected, and whether expectations mean what they say."""

from typing import Any

import numpy as np
import polars as pl

from steek.evaluation import OUTCOMES
from steek.kernel.units import parse_duration
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.measures.calibration import calibration_table
from steek.monitoring.indicators.scans import Reads
from steek.monitoring.indicators.slicing import By, columns_of, grouped, slice_name, sliced_by
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import IndicatorSpec

OUTCOME_HIT_RATE = "outcome_hit_rate"
EXPECTED_VS_OBSERVED = "expected_vs_observed"
CALIBRATION_ERROR = "calibration_error"
_BASELINE = "baseline_"
_LEAST_ROWS = 20


def outcome_hit_rate(model: str, by: By = None, *, delay: str = "0s") -> IndicatorSpec:
    """Share of requests whose answers held a right one.

    Args:
        model: Name of the model.
        by: Columns of the outcomes; one slice for each combination of their values.
        delay: How long outcomes take, e.g. "7d": each evaluation measures the window that lies this far back.
    """
    return _spec(OUTCOME_HIT_RATE, model, by, delay)


def expected_vs_observed(model: str, by: By = None, *, delay: str = "0s") -> IndicatorSpec:
    """What was observed over what the model expected, as sums; 1 is as expected. Arguments as `outcome_hit_rate`."""
    return _spec(EXPECTED_VS_OBSERVED, model, by, delay)


def calibration_error(model: str, by: By = None, *, delay: str = "0s") -> IndicatorSpec:
    """How far what was observed lies from what was expected in ten bins of expectation, as a share of the latter.

    0 means that every expectation, low or high, means what it says; too low here and too high there does not cancel
    out, as it does in `expected_vs_observed`. A learned threshold on it watches calibration drift. Arguments as
    `outcome_hit_rate`.
    """
    return _spec(CALIBRATION_ERROR, model, by, delay)


def measure_hit_rate(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Over outcomes of moments in the window; baselines on the same requests are in the evidence."""
    outcomes = _outcomes(sources, spec, window)
    if outcomes is None:
        return _nothing(spec)
    names = outcomes.collect_schema().names()
    baselines = [pl.col(name).cast(pl.Float64).mean() for name in names if name.startswith(_BASELINE)]
    hit = pl.col("hit").cast(pl.Float64)
    frame = _grouped(outcomes, spec, [hit.mean().alias("value"), hit.count().alias("rows"), *baselines])
    return [_hit_rate(row, _slice(spec, row)) for row in frame.iter_rows(named=True)]


def measure_expected_vs_observed(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Over outcomes of moments in the window that have both an expected and an observed number."""
    outcomes = _outcomes(sources, spec, window)
    if outcomes is None:
        return _nothing(spec)
    both = outcomes.filter(pl.col("expected").is_not_null(), pl.col("observed").is_not_null())
    sums = [pl.col("expected").sum(), pl.col("observed").sum(), pl.len().alias("rows")]
    return [_ratio(row, _slice(spec, row)) for row in _grouped(both, spec, sums).iter_rows(named=True)]


def measure_calibration_error(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Over outcomes as for `measure_expected_vs_observed`; no value below 20 of them.

    The expected calibration error of Naeini, Cooper and Hauskrecht (2015), over the mean expectation, so that it
    says the same of rare and of frequent things; bins hold equal shares of the expected total.
    """
    outcomes = _outcomes(sources, spec, window)
    if outcomes is None:
        return _nothing(spec)
    columns = sliced_by(spec)
    both = outcomes.filter(pl.col("expected").is_finite(), pl.col("observed").is_not_null()).collect()
    parts = both.partition_by(columns, maintain_order=False) if columns else [both]
    found = [_calibration(part, slice_name(columns, part.row(0, named=True)) if columns else None) for part in parts]
    return sorted(found, key=lambda one: one.slice or "")


def reads_outcomes(_sources: Sources, spec: IndicatorSpec) -> Reads:
    """Everything these indicators look at, so that they share one scan; baselines by their names."""
    columns = {"model", *sliced_by(spec)}
    return Reads(OUTCOMES, "moment", frozenset(columns), frozenset({"hit", "expected", "observed"}), (_BASELINE,))


def _calibration(rows: pl.DataFrame, slice_: str | None) -> Measurement:
    if rows.height < _LEAST_ROWS:
        return Measurement(slice_, None, rows.height)
    labels, scores = (rows[name].to_numpy().astype(np.float64) for name in ("observed", "expected"))
    table = calibration_table(labels, scores)
    off = sum(abs((each.observed.value or 0.0) - each.predicted) * each.observed.rows for each in table)
    expected = float(np.abs(scores).sum())
    evidence: dict[str, object] = {"bins": [[each.predicted, each.observed.value] for each in table]}
    return Measurement(slice_, off / expected if expected else None, rows.height, evidence)


def _outcomes(sources: Sources, spec: IndicatorSpec, window: Window) -> pl.LazyFrame | None:
    outcomes = sources.rows(reads_outcomes(sources, spec), window)
    return None if outcomes is None else outcomes.filter(pl.col("model") == spec.target.name)


def _grouped(outcomes: pl.LazyFrame, spec: IndicatorSpec, what: list[pl.Expr]) -> pl.DataFrame:
    return grouped(outcomes, sliced_by(spec), what)


def _hit_rate(row: dict[str, Any], slice_: str | None) -> Measurement:
    baselines = {name: value for name, value in row.items() if name.startswith(_BASELINE)}
    return Measurement(slice_, row["value"], row["rows"], baselines)


def _ratio(row: dict[str, Any], slice_: str | None) -> Measurement:
    expected, observed = row["expected"], row["observed"]
    value = observed / expected if expected else None
    return Measurement(slice_, value, row["rows"], {"expected": expected, "observed": observed})


def _nothing(spec: IndicatorSpec) -> list[Measurement]:
    return [] if sliced_by(spec) else [Measurement(None, None, 0)]


def _slice(spec: IndicatorSpec, row: dict[str, Any]) -> str | None:
    return slice_name(sliced_by(spec), row)


def _spec(name: str, model: str, by: By, delay: str) -> IndicatorSpec:
    parameters: dict[str, object] = {"by": columns_of(by)}
    return IndicatorSpec(name, Urn("model", model), parameters, parse_duration(delay).total_seconds())
