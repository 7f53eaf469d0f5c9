"""What a model answered: the mean of its scores, and how often something else answered for it."""

import polars as pl

from steek.kernel.errors import NotFoundError
from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import IndicatorSpec
from steek.serving import PREDICTIONS

PREDICTION_MEAN = "prediction_mean"
FALLBACK_SHARE = "fallback_share"


def prediction_mean(model: str) -> IndicatorSpec:
    """Mean score of the answers that the model itself gave; answers of a fallback are on another scale."""
    return IndicatorSpec(PREDICTION_MEAN, Urn("model", model))


def fallback_share(model: str) -> IndicatorSpec:
    """Share of answers that a link of the fallback chain had to give."""
    return IndicatorSpec(FALLBACK_SHARE, Urn("model", model))


def measure_prediction_mean(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Over requests about a moment in the window; each request weighs the same."""
    own = pl.col("score_mean").filter(pl.col("fallback").is_null())
    mean, rows, spread = _ask(sources, spec, window, [own.mean(), own.count().alias("rows"), own.std().alias("std")])
    if not rows:
        return [Measurement(None, None, 0)]
    return [Measurement(None, mean, int(rows), {"standard_deviation": spread})]


def measure_fallback_share(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Over requests about a moment in the window."""
    fell = pl.col("fallback").is_not_null()
    fallbacks, rows = _ask(sources, spec, window, [fell.sum(), pl.len().alias("rows")])
    if not rows:
        return [Measurement(None, None, 0)]
    return [Measurement(None, (fallbacks or 0) / rows, int(rows), {"fallbacks": fallbacks})]


def _ask(sources: Sources, spec: IndicatorSpec, window: Window, what: list[pl.Expr]) -> tuple[float | None, ...]:
    try:
        answers = sources.lake.scan(PREDICTIONS)
    except NotFoundError:
        return (None,) * len(what)
    of_window = answers.filter(
        pl.col("at") >= window.start_at, pl.col("at") < window.end_at, pl.col("model") == spec.target.name
    )
    return of_window.select(what).collect().row(0)
