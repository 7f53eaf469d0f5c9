"""What came of the answers: the hit rate, and observed against expected."""

from typing import Any

import polars as pl

from steek.evaluation import OUTCOMES
from steek.kernel.errors import InputError, NotFoundError
from steek.kernel.units import parse_duration
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import IndicatorSpec

OUTCOME_HIT_RATE = "outcome_hit_rate"
EXPECTED_VS_OBSERVED = "expected_vs_observed"
_BASELINE = "baseline_"


def outcome_hit_rate(model: str, by: tuple[str, ...] | str | None = None, *, delay: str = "0s") -> IndicatorSpec:
    """Share of requests whose answers held a right one.

    Args:
        model: Name of the model.
        by: Columns of the outcomes; one slice for each combination of their values.
        delay: How long outcomes take, e.g. "7d": each evaluation measures the window that lies this far back.
    """
    parameters: dict[str, object] = {"by": _columns(by)}
    return IndicatorSpec(OUTCOME_HIT_RATE, Urn("model", model), parameters, parse_duration(delay).total_seconds())


def expected_vs_observed(model: str, by: tuple[str, ...] | str | None = None, *, delay: str = "0s") -> IndicatorSpec:
    """What was observed over what the model expected, as sums; 1 is as expected. Arguments as `outcome_hit_rate`."""
    parameters: dict[str, object] = {"by": _columns(by)}
    return IndicatorSpec(EXPECTED_VS_OBSERVED, Urn("model", model), parameters, parse_duration(delay).total_seconds())


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


def _outcomes(sources: Sources, spec: IndicatorSpec, window: Window) -> pl.LazyFrame | None:
    try:
        outcomes = sources.lake.scan(OUTCOMES)
    except NotFoundError:
        return None
    _require(spec, outcomes.collect_schema().names())
    return outcomes.filter(
        pl.col("moment") >= window.start_at, pl.col("moment") < window.end_at, pl.col("model") == spec.target.name
    )


def _grouped(outcomes: pl.LazyFrame, spec: IndicatorSpec, what: list[pl.Expr]) -> pl.DataFrame:
    columns = _by(spec)
    if not columns:
        return outcomes.select(what).collect()
    return outcomes.group_by(columns).agg(what).sort(columns).collect()


def _hit_rate(row: dict[str, Any], slice_: str | None) -> Measurement:
    baselines = {name: value for name, value in row.items() if name.startswith(_BASELINE)}
    return Measurement(slice_, row["value"], row["rows"], baselines)


def _ratio(row: dict[str, Any], slice_: str | None) -> Measurement:
    expected, observed = row["expected"], row["observed"]
    value = observed / expected if expected else None
    return Measurement(slice_, value, row["rows"], {"expected": expected, "observed": observed})


def _nothing(spec: IndicatorSpec) -> list[Measurement]:
    return [] if _by(spec) else [Measurement(None, None, 0)]


def _require(spec: IndicatorSpec, names: list[str]) -> None:
    missing = [column for column in _by(spec) if column not in names]
    if missing:
        message = f"outcomes have no column {', '.join(missing)}; there are: {', '.join(sorted(names))}"
        raise InputError(message, next_step=f"Correct by= of the {spec.name} indicator of {spec.target.name}.")


def _slice(spec: IndicatorSpec, row: dict[str, Any]) -> str | None:
    return ", ".join(f"{column}={row[column]}" for column in _by(spec)) or None


def _columns(by: tuple[str, ...] | str | None) -> list[str]:
    return [] if by is None else [by] if isinstance(by, str) else list(by)


def _by(spec: IndicatorSpec) -> list[str]:
    by = spec.parameters["by"]
    assert isinstance(by, list)
    return [str(column) for column in by]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
