"""Lists of recommendations: how long they are, and how often there was nothing to recommend."""

import polars as pl

from steek.kernel.urn import Urn
from steek.kernel.windows import Window
from steek.monitoring.indicators.predictions import ask
from steek.monitoring.indicators.slicing import By, columns_of
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.judgement import Measurement
from steek.monitoring.monitor import IndicatorSpec

RECOMMENDATIONS_PER_PAGE = "recommendations_per_page"
CANDIDATE_UNAVAILABLE_SHARE = "candidate_unavailable_share"


def recommendations_per_page(model: str, by: By = None) -> IndicatorSpec:
    """Mean number of answers that a request got back, whoever answered."""
    return IndicatorSpec(RECOMMENDATIONS_PER_PAGE, Urn("model", model), {"by": columns_of(by)})


def candidate_unavailable_share(model: str, by: By = None) -> IndicatorSpec:
    """Share of requests for which there was no candidate at all, so that no model could have answered."""
    return IndicatorSpec(CANDIDATE_UNAVAILABLE_SHARE, Urn("model", model), {"by": columns_of(by)})


def measure_per_page(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Over requests about a moment in the window."""
    length = pl.col("answers").list.len().cast(pl.Float64)
    what = [length.mean().alias("value"), pl.len().alias("rows"), length.std().alias("standard_deviation")]
    return ask(sources, spec, window, [*what, (length == 0).sum().alias("empty_pages")])


def measure_unavailable(sources: Sources, spec: IndicatorSpec, window: Window) -> list[Measurement]:
    """Over requests about a moment in the window."""
    nothing = (pl.col("candidates") == 0).sum()
    what = [(nothing / pl.len()).alias("value"), pl.len().alias("rows"), nothing.alias("without_candidates")]
    return ask(sources, spec, window, what)
