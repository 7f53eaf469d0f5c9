"""The indicators: each a builder for projects and a small function that measures it.

Flows in: declarations, and windows of what the rooms below stored. Flows out: measurements, one for each slice.
"""

from steek.monitoring.indicators.ages import data_age, model_age
from steek.monitoring.indicators.feeding import FeedReceipt, OutsideSeries, SeriesValue
from steek.monitoring.indicators.golden import golden_age, golden_change
from steek.monitoring.indicators.health import MonitorHealth
from steek.monitoring.indicators.indicator import Indicator
from steek.monitoring.indicators.joins import join_against_expected, join_matched
from steek.monitoring.indicators.outcomes import calibration_error, expected_vs_observed, outcome_hit_rate
from steek.monitoring.indicators.outside import outside_series
from steek.monitoring.indicators.pages import candidate_unavailable_share, recommendations_per_page
from steek.monitoring.indicators.predictions import (
    canary_share,
    fallback_share,
    latency,
    prediction_mean,
    prediction_statistic,
)
from steek.monitoring.indicators.profiled import (
    column_mean,
    column_quantile,
    distinct,
    drift,
    non_finite_share,
    null_share,
)
from steek.monitoring.indicators.queues import queue_age
from steek.monitoring.indicators.registry import INDICATORS, indicator_of
from steek.monitoring.indicators.skew import feature_skew
from steek.monitoring.indicators.sources import Sources
from steek.monitoring.indicators.staleness import freshness
from steek.monitoring.indicators.training import training_backlog, training_rate
from steek.monitoring.indicators.user_defined import indicator
from steek.monitoring.indicators.volumes import new_slices, vanished_slices, volume

__all__ = [
    "INDICATORS",
    "FeedReceipt",
    "Indicator",
    "MonitorHealth",
    "OutsideSeries",
    "SeriesValue",
    "Sources",
    "calibration_error",
    "canary_share",
    "candidate_unavailable_share",
    "column_mean",
    "column_quantile",
    "data_age",
    "distinct",
    "drift",
    "expected_vs_observed",
    "fallback_share",
    "feature_skew",
    "freshness",
    "golden_age",
    "golden_change",
    "indicator",
    "indicator_of",
    "join_against_expected",
    "join_matched",
    "latency",
    "model_age",
    "new_slices",
    "non_finite_share",
    "null_share",
    "outcome_hit_rate",
    "outside_series",
    "prediction_mean",
    "prediction_statistic",
    "queue_age",
    "recommendations_per_page",
    "training_backlog",
    "training_rate",
    "vanished_slices",
    "volume",
]
